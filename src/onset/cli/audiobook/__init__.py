"""`onset read --output`: a document as an audiobook, made piece by piece, resumed after a kill.

Start with `audiobook`; `part_journal` keeps what was made beside the file until the file is whole.
"""
