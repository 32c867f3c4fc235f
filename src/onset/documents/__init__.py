"""Documents: what people read, as chapters of paragraphs, each read when it is wanted.

Imports nothing but the top's modules; the libraries for HTML, EPUB and PDF are the extra
`documents`, loaded for a document of their kind. Start with `document_kinds`, which opens what
`retrieval` has read; `html_blocks` finds the paragraphs of HTML, and so of Markdown and EPUB.

Public: `document`, `document_kinds`, `retrieval`.
"""
