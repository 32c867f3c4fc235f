"""The words that a user says how to say: entries, the file they are in, and PLS of the W3C.

Start with `lexicon.Lexicon`, which puts the entries into a text; `lexicon_file` reads and writes
the file, `pls_import` reads W3C's format.

Public: `lexicon`, `lexicon_entry`, `lexicon_file`, `pls_import`.
"""
