"""Streaming audio held against exact decoding, on texts that nothing was fitted on.

Start with `evaluate`.
"""
