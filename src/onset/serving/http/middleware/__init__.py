"""What every request passes: its name, the log, keys, limits.

One ASGI middleware a module.
"""
