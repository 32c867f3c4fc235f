"""A dashboard for Grafana, made of the table of metrics: `onset alerts --grafana`.

The first row answers what the page of the server does; below it is one panel for every metric.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from onset.monitoring.answer_record import TARGET
from onset.monitoring.exports.prometheus_rules import bad_share
from onset.monitoring.metrics.metric_table import PROCESS_METRICS, SERVER_METRICS, MetricRow

COLUMNS, WIDTH, HEIGHT = 3, 8, 7
"""Panels beside each other, and their size in Grafana's grid of 24."""

SOURCE = {"type": "prometheus", "uid": "${source}"}

UNITS = (("_seconds", "s"), ("_bytes", "bytes"), ("_ratio", "percentunit"), ("_hertz", "hertz"))
"""By the end of a name without `_total`."""

QUANTILES = (0.5, 0.95)

Panel = dict[str, Any]


def grafana_dashboard() -> dict[str, Any]:
    """The dashboard, as Grafana imports it; it asks which Prometheus to look at."""
    panels = [*_headline(), *map(_panel, SERVER_METRICS), *map(_process_panel, PROCESS_METRICS)]
    for number, panel in enumerate(panels):
        row, column = divmod(number, COLUMNS)
        panel |= {
            "id": number + 1,
            "datasource": SOURCE,
            "gridPos": {"x": column * WIDTH, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        }
    query = {"type": "datasource", "query": "prometheus"}
    return {
        "title": "Onset",
        "uid": "onset",
        "schemaVersion": 39,
        "tags": ["speech"],
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [query | {"name": "source", "label": "Prometheus"}]},
        "panels": panels,
    }


def _headline() -> Iterator[Panel]:
    late = bad_share("late", "$__range")
    yield _made("Answers audible in time", "stat", "percentunit", [(f"1 - {late}", "")])
    slowest = _quantiles(SERVER_METRICS[_place("ttfa_seconds")], '{traffic="http"}')
    panel = _made("Time to the first audible audio", "timeseries", "s", slowest)
    steps = [{"color": "green", "value": None}, {"color": "red", "value": TARGET}]
    panel["fieldConfig"]["defaults"]["thresholds"] = {"mode": "absolute", "steps": steps}
    panel["fieldConfig"]["defaults"]["custom"] = {"thresholdsStyle": {"mode": "line"}}
    yield panel
    name = "onset_stage_seconds"
    mean = (
        f'sum by (stage) (rate({name}_sum{{traffic="http"}}[$__rate_interval]))'
        f' / ignoring (stage) group_left sum(rate(onset_first_audio_seconds_count{{traffic="http"}}'
        "[$__rate_interval]))"
    )
    title = "Where the time of an answer goes, mean"
    panel = _made(title, "timeseries", "s", [(mean, "{{stage}}")])
    panel["fieldConfig"]["defaults"]["custom"] = {"stacking": {"mode": "normal"}, "fillOpacity": 60}
    yield panel


def _place(name: str) -> int:
    return next(i for i, row in enumerate(SERVER_METRICS) if row.name == name)


def _panel(row: MetricRow) -> Panel:
    return _of_kind(row, row.full_name)


def _process_panel(row: MetricRow) -> Panel:
    return _of_kind(row, row.name, " and on (instance, job) onset_build_info")


def _of_kind(row: MetricRow, name: str, ours: str = "") -> Panel:
    legend = " ".join(f"{{{{{label}}}}}" for label in row.labels)
    unit = next((unit for end, unit in UNITS if name.endswith(end)), "short")
    if row.kind == "histogram":
        return _made(row.meaning, "timeseries", unit, _quantiles(row))
    if row.kind == "counter":
        by = f"sum by ({', '.join(row.labels)}) " if row.labels else "sum "
        rate = f"{by}(rate({name}_total[$__rate_interval]{ours}))"
        if ours:
            rate = f"rate({name}_total[$__rate_interval]){ours}"
        # Seconds a second are cores, or shares of the time.
        return _made(row.meaning, "timeseries", "short" if unit == "s" else "ops", [(rate, legend)])
    if row.kind == "info":
        return _made(row.meaning, "table", "short", [(f"{name}_info", "")])
    return _made(row.meaning, "timeseries", unit, [(f"{name}{ours}", legend)])


def _quantiles(row: MetricRow, matching: str = "") -> list[tuple[str, str]]:
    by = ", ".join(["le", *row.labels]) if not matching else "le"
    rate = f"sum by ({by}) (rate({row.full_name}_bucket{matching}[$__rate_interval]))"
    legend = " ".join(f"{{{{{label}}}}}" for label in row.labels) if not matching else ""
    return [
        (f"histogram_quantile({share}, {rate})", f"p{100 * share:.0f} {legend}".strip())
        for share in QUANTILES
    ]


def _made(title: str, kind: str, unit: str, queries: list[tuple[str, str]]) -> Panel:
    letters = chain("ABCDEFGH")
    targets = [
        {"refId": letter, "expr": expr, "legendFormat": legend or "__auto"}
        for letter, (expr, legend) in zip(letters, queries, strict=False)
    ]
    return {
        "title": title[:1].upper() + title[1:],
        "type": kind,
        "targets": targets,
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
    }
