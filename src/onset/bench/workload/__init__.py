"""The texts that a benchmark sends: from seeded templates, none twice in a run.

`texts` gives the texts of each class and checks their lengths, `templates` makes single sentences;
the words are in `onset/data/texts.toml`. Start with `texts`. Imports nothing else of ours.

Public: `texts`.
"""
