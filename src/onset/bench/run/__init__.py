"""A run in progress: which servers are started, and what each kind of scenario asks them.

Uses the records, the traffic and the texts; what comes of a run is judged elsewhere, from its
folder alone. Start with `runner`, then `session` and `scenario_kinds`.

Public: `arms`, `fingerprint`, `monitor`, `processes`, `request_sender`, `runner`, `session`.
"""
