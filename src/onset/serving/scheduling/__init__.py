"""Whose turn it is at the engine, and who is let in when it is busy.

Start with `scheduler`.
"""
