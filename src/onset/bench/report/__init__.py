"""Reports of the figures in `analysis`: terminal, Markdown, HTML, JUnit.

Tables, charts and sentences are made once (`tables`, `charts` on top of `svg`, `sentences`) and
then rendered by `terminal`, `markdown` and `html`. Start with `write`, which derives all files of a
run. Imports `analysis` and `records`; nothing here computes a figure.
"""
