"""From what a user sends to words with phonemes, cut into segments.

Start with `normalize`; `incremental` is the same for text that is still being written.
"""
