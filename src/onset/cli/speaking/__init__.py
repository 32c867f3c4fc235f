"""Who speaks for `onset say`, and where its audio goes.

Start with `speakers`: a server that runs, the daemon, or an engine in this process.
"""
