"""Chinese and Japanese notation in words of their own: numbers, dates, money, signs, codes.

Imports only what `text` shares between languages. Start with `cjk_notation`, which has the rules of
each language in the order they are read. The words are in `data/chinese.toml` and
`data/japanese.toml`.

Public: `cjk_notation`.
"""
