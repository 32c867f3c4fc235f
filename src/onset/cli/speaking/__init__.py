"""Who speaks for `onset say`, and where its audio goes.

Start with `speakers`: a server that runs, or an engine in this process. The audio goes to a file
(`outputs`) or is played (`through_daemon`). Only `cli` imports this folder.
"""
