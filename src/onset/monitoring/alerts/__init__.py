"""What must be told at once: rules, the state of every alert, and how notices go out.

Imports `answer_record` and protocol. Start with `alert_rules`: a rule is a table of
data/alerts.toml.

Public: `alert_engine`, `alert_rules`, `alert_simulation`, `alert_webhook`.
"""
