"""The command `onset`: one module a command.

Start with `main`, which lists them.
"""
