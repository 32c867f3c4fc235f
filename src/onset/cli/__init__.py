"""The command `onset`: one module a command, and what commands share.

Start with `main`, then `command_group`, which loads them. It may import every folder, and none
imports it.

Public: `main`.
"""
