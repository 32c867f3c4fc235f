"""Documents: what people read, as chapters of paragraphs, each read when it is wanted.

Imports how Markdown is read from `text`, and the top's modules. The libraries for HTML, EPUB and
PDF are the extra `documents`, loaded for a document of their kind. Start with `document_kinds`,
which opens what `retrieval` has read; `html_blocks` finds the paragraphs of HTML, so of EPUB too.

Public: `document`, `document_kinds`, `retrieval`.
"""
