"""Texts with markup as what is spoken of them: SSML; how Markdown, code and LaTeX are read.

Start with `ssml.parse_ssml`, which gives the parts of a document (`speech_script`). Imports what
cuts text into sentences and what writes phonemes.

Public: `latex_reading`, `markdown_reading`, `reading_modes`, `speech_script`, `ssml`,
`ssml_start`, `voice_turns`.
"""
