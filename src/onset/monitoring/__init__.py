"""What the server knows of its own answers: records, metrics, live figures, history, alerts.

Imports audio, stats and protocol; knows no engine and no connection. Start with `answer_record`:
all else is made of these records.

Public: `answer_record`, `delivery`, `live_window`, `server_monitor`, `server_state`, `snapshots`.
"""
