"""English notation in the words of a reader, a module a kind.

Imports the rules and tables of `text`. Start with `english_notation.spoken_english`, which reads
the kinds in their order.

Public: `english_notation`.
"""
