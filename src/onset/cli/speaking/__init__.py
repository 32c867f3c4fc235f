"""Who speaks for `onset say`, and where its audio goes.

Start with `speakers`.
"""
