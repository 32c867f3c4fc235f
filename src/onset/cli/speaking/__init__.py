"""Who speaks for `onset say`, and where its audio goes.

Start with `speakers`; the audio goes to a file (`outputs`) or is played (`through_daemon`).

Public: `outputs`, `speakers`, `through_daemon`.
"""
