"""What Spanish, French, Hindi, Italian and Portuguese write, as their readers say it.

Imports nothing but the tables and the rules of `text`. Start with `locale_rules`, which sets the
order in which everything is read; `locale_table` is what a language's table in `data/locales.toml`
may hold. Whole numbers stay in figures, which espeak-ng reads.

Public: `locale_rules`, `locale_table`.
"""
