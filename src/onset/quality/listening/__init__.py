"""The blind listening test: a page that asks people whether they hear how speech was made.

Start with `listening_test`, which renders each of the `listening_items` under all `conditions`,
makes the clips alike in loudness and length (`clips`), and writes the page (`listening_page`).
`answer_files` reads what listeners export, `tally` counts it. The page's own script, which asks,
keeps and counts answers, is `listening_page.js`. It may import what `quality` imports.

Public: `answer_files`, `conditions`, `listening_items`, `listening_test`, `tally`.
"""
