"""The command `onset`: one module a command, and what commands share.

Start with `main`, which lists them. It may import every folder, and none imports it. `speaking`
holds the parts of `onset say`.
"""
