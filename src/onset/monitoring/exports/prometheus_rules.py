"""The alerts as rules for Prometheus: `onset alerts --prometheus`.

The server counts answers; Prometheus knows windows of time. A rule over answers becomes a pair of
windows, the shares of bad answers the same: one alone would fire on a single answer of a quiet
hour, or go on firing for hours. What only the server can judge is taken from `onset_alerts`.
"""

import json
from collections.abc import Iterator, Mapping

from onset.monitoring.alerts.alert_engine import KEEP_SECONDS
from onset.monitoring.alerts.alert_rules import AlertRule, alert_rules

WINDOWS = {"page": ("5m", "1h"), "ticket": ("30m", "6h")}
"""The short and the long window, by severity. The ratios, one to twelve, are those of Google's SRE
workbook, "Alerting on SLOs"."""

WAITED = 'traffic=~"http|http-fast"'
"""Users who waited over HTTP for an answer to be made, whichever model spoke."""

COUNTED: Mapping[str, tuple[str, str]] = {
    "late": (
        'onset_slo_events_total{result="bad"}',
        'onset_slo_events_total{result=~"good|bad"}',
    ),
    "failed": (
        f'onset_answers_total{{{WAITED},outcome=~"failed|late"}}',
        f'onset_answers_total{{{WAITED},outcome!~"refused|stopped"}}',
    ),
}
"""Signals of answers: the counter of bad ones, and of all that tell."""

SMOOTH = "onset_required_prebuffer_seconds"
"""Has an edge at 20 ms, above which a stall is one (`alert_rules.AUDIBLE_STALL`)."""

FIGURES: Mapping[str, str] = {
    "refused_lately": 'sum by (instance, job) (increase(onset_refusals_total{reason="full"}[10m]))',
    "resident_bytes": "process_resident_memory_bytes and on (instance, job) onset_build_info",
}
"""Signals of the whole server that its metrics have."""


def prometheus_lines() -> Iterator[str]:
    """The rule file, line by line: YAML whose strings are JSON's."""
    yield "# Alerts of Onset for Prometheus, written by `onset alerts --prometheus`."
    yield "groups:"
    yield "  - name: onset"
    yield "    rules:"
    for rule in alert_rules():
        yield f"      - alert: {alert_name(rule)}"
        yield f"        expr: {json.dumps(expression(rule))}"
        if rule.signal == "seconds_down":
            yield f"        for: {rule.fire_at:g}s"
        yield f"        keep_firing_for: {KEEP_SECONDS:g}s"
        yield "        labels:"
        yield f"          severity: {rule.severity}"
        yield "          service: onset"
        yield "        annotations:"
        yield f"          summary: {json.dumps(rule.says)}"
        yield f"          check: {json.dumps(rule.check)}"


def alert_name(rule: AlertRule) -> str:
    """Its name by the conventions of Prometheus: "ttfa-fast" is OnsetTtfaFast."""
    return "Onset" + "".join(part.title() for part in rule.name.split("-"))


def expression(rule: AlertRule) -> str:
    """When it fires, in PromQL."""
    if rule.fire:
        return _burning(rule)
    if rule.signal == "seconds_down":
        return "absent(onset_build_info)"
    if rule.signal in FIGURES:
        return f"{FIGURES[rule.signal]} >= {rule.fire_at:.10g}"
    return f'onset_alerts{{alert="{rule.name}"}} == 1'


def _burning(rule: AlertRule) -> str:
    """Bad shares in both windows, of as many answers as the shorter pair needs at least."""
    (k, n), *_ = pairs = sorted(rule.fire, key=lambda pair: pair[1])
    windows = zip(WINDOWS[rule.severity], (pairs[0], pairs[-1]), strict=True)
    shares = (f"{bad_share(rule.signal, window)} >= {k / n:.10g}" for window, (k, n) in windows)
    enough = f"{_increase(_all(rule.signal), WINDOWS[rule.severity][1])} >= {n}"
    return " and ".join([*shares, enough])


def bad_share(signal: str, window: str) -> str:
    """The share of bad answers in a window, in PromQL."""
    if signal == "stalled":
        smooth = _increase(f'{SMOOTH}_bucket{{{WAITED},le="0.02"}}', window)
        return f"(1 - {smooth} / {_increase(_all(signal), window)})"
    bad, _ = COUNTED[signal]
    return f"({_increase(bad, window)} / {_increase(_all(signal), window)})"


def _all(signal: str) -> str:
    return f"{SMOOTH}_count{{{WAITED}}}" if signal == "stalled" else COUNTED[signal][1]


def _increase(series: str, window: str) -> str:
    return f"sum by (instance, job) (increase({series}[{window}]))"
