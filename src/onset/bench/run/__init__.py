"""A run in progress: which servers are started, which scenarios are played.

Start with `runner`.
"""
