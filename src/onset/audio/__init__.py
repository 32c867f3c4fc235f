"""Samples to bytes, where speech becomes audible, and subtitles.

Both the speaking and the listening side import it.
"""
