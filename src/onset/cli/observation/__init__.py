"""Commands that tell how a server does: live, its history, its alerts.

Imports monitoring, protocol and client. Start with `answer_history`.
"""
