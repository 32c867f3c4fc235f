"""`onset read`: documents into speech.

Start with `read`, the command; `narration` speaks paragraph by paragraph through the daemon,
`cli/audiobook` writes files.
"""
