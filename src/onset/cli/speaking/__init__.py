"""Who speaks for `onset say`, where its audio goes, and how words are said (`lexicon_commands`).

Start with `speakers`; the audio goes to a file (`outputs`) or is played (`through_daemon`).

Public: `options`, `outputs`, `speakers`, `spoken_phonemes`, `through_daemon`.
"""
