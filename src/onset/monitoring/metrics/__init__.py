"""What `GET /metrics` counts: a table of all metrics, and the meters that count them.

Imports `answer_record`, `server_state` and protocol. Start with `metric_table`.

Public: `gc_watch`, `meters`, `metric_table`.
"""
