"""What other programs read: rules for Prometheus, a dashboard for Grafana, spans.

Made of the tables of metrics and alerts, so that they cannot disagree with what the server counts.
Start with `prometheus_rules`.

Public: `grafana_dashboard`, `prometheus_rules`, `span_export`.
"""
