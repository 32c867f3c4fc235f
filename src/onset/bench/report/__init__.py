"""Reports of the figures in `analysis`: terminal, Markdown, HTML, JUnit.

`page` puts sentences, `tables` and `charts` (on top of `drawing`) together once; `render` and
`terminal` show them. Start with `write`, which derives all files of a run. Imports `analysis` and
`records`; nothing here computes a figure.

Public: `formatting`, `render`, `tables`, `terminal`, `write`.
"""
