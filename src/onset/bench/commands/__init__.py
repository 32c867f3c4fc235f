"""The commands `onset bench ...`, one module for a few that belong together.

Start with `root`.
"""
