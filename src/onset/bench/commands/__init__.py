"""The commands `onset bench ...`.

Start with `root`.
"""
