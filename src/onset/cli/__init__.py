"""The command `onset`: one module a command, and what commands share.

Start with `main`, which lists them. Nothing imports this folder.
"""
