"""Clients of a speech server, blocking and async.

Part of the listening side: it imports `protocol` and `audio` only.
"""
