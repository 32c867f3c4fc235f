"""The load generator: sends requests when they are due, and notes what arrives when.

Uses the records alone, and never a server of ours. Start with `recorder`, which listens to one
answer, and `arrivals`, which decides when requests are sent.

Public: `arrivals`, `http_exchange`, `recorder`, `streamed_text`.
"""
