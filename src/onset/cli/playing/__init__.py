"""The playback daemon from the command line: run it, and control what it plays.

Start with `control`, which imports no more than a stop needs.

Public: `adjustment`, `control`.
"""
