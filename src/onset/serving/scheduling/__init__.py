"""Whose turn it is at the engines, and who is admitted when they are busy.

Knows streams of chunks, but no HTTP, formats or messages. Start with `scheduler`.

Public: `admission`, `scheduler`, `stream`.
"""
