"""A request spoken in several ways, to be compared.

Start with `renditions.speak_twice`: streaming and exact, read alike. `memoizing_backend` computes
what they share once, `word_contours` tells what was read of each word and when it is heard, and
`fragments` reads as Onset did when it cut sentences. It may import what `quality` may.

Public: `fragments`, `memoizing_backend`, `renditions`, `word_contours`.
"""
