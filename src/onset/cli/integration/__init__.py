"""Commands that other programs start, and that talk with them over standard input and output.

`speechd` is a module of speech-dispatcher.

Public: .
"""
