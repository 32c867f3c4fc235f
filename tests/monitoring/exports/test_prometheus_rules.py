"""Rules and dashboard are those of the tables, and Prometheus can read them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from onset.monitoring.alerts.alert_rules import AUDIBLE_STALL, alert_rules
from onset.monitoring.exports.grafana_dashboard import grafana_dashboard
from onset.monitoring.exports.prometheus_rules import alert_name, expression, prometheus_lines
from onset.monitoring.metrics.metric_table import PROCESS_METRICS, SERVER_METRICS

PROMTOOL = shutil.which("promtool")
installed = pytest.mark.skipif(PROMTOOL is None, reason="promtool (Debian: prometheus) is missing")

ENDS = {
    "counter": ["_total"],
    "histogram": ["_bucket", "_count", "_sum"],
    "gauge": [""],
    "info": ["_info"],
}

KNOWN = {
    name + end: row
    for row, name in [
        *((row, row.full_name) for row in SERVER_METRICS),
        *((row, row.name) for row in PROCESS_METRICS),
    ]
    for end in ENDS[row.kind]
}
"""Every name that a server's page of metrics can have."""


def expressions() -> Iterator[str]:
    """All PromQL of the dashboard."""
    for panel in grafana_dashboard()["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def promtool(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None
    return subprocess.run(
        [PROMTOOL, *arguments], input=text, capture_output=True, text=True, check=False, timeout=60
    )


def names(promql: str) -> set[str]:
    return set(re.findall(r"\b(?:onset|process)_\w+", promql))


def test_every_alert_is_a_rule() -> None:
    text = "\n".join(prometheus_lines())
    assert re.findall(r"- alert: (\w+)", text) == [alert_name(rule) for rule in alert_rules()]
    assert "OnsetTtfaFast" in text and "OnsetSlowerMachine" in text


def test_rules_and_dashboard_ask_for_nothing_that_is_not_counted() -> None:
    for promql in [*map(expression, alert_rules()), *expressions()]:
        assert names(promql) and names(promql) <= set(KNOWN), promql


def test_labels_are_those_of_the_metrics() -> None:
    for promql in [*map(expression, alert_rules()), *expressions()]:
        for name, matchers in re.findall(r"\b((?:onset|process)_\w+)\{([^}]*)\}", promql):
            asked = set(re.findall(r"(\w+)(?:=~|!~|=|!=)\"", matchers))
            assert asked <= {*KNOWN[name].labels, "le"}, promql


def test_a_stall_is_an_edge_of_the_buckets() -> None:
    (row,) = (row for row in SERVER_METRICS if row.name == "required_prebuffer_seconds")
    assert AUDIBLE_STALL in row.buckets


def test_every_metric_has_a_panel() -> None:
    shown = set().union(*map(names, expressions()))
    rows = {row.name for row in KNOWN.values()}
    assert rows - {row.name for name, row in KNOWN.items() if name in shown} == set()


def test_the_dashboard_is_what_grafana_reads() -> None:
    board = json.loads(json.dumps(grafana_dashboard()))
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]
    assert len(set(places)) == len(places) and all(x + w <= 24 for x, _, w, _ in places)
    assert len({panel["id"] for panel in board["panels"]}) == len(places)
    assert all(panel["targets"] and panel["title"] for panel in board["panels"])


def written(folder: Path, promql: Iterable[str]) -> Path:
    """A rule file that records expressions: what promtool can read of a dashboard."""
    rules = [f"  - record: a{n}\n    expr: {json.dumps(each)}" for n, each in enumerate(promql)]
    path = folder / "rules.yaml"
    path.write_text("groups:\n- name: a\n  rules:\n" + "\n".join(rules) + "\n")
    return path


@installed
def test_prometheus_reads_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "onset.yaml"
    path.write_text("\n".join(prometheus_lines()) + "\n")
    done = promtool("check", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(alert_rules())} rules found" in done.stdout
    path.write_text(path.read_text().replace(">=", "=>"))
    assert promtool("check", "rules", str(path)).returncode != 0, "the check can fail"


@installed
def test_prometheus_reads_the_dashboard(tmp_path: Path) -> None:
    asked = [
        promql.replace("$__rate_interval", "5m").replace("$__range", "1h")
        for promql in expressions()
    ]
    done = promtool("check", "rules", str(written(tmp_path, asked)))
    assert done.returncode == 0, done.stdout + done.stderr


RULE_TEST = """
rule_files: [onset.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'onset_slo_events_total{slo="ttfa",result="good",instance="a",job="b"}'
        values: '%s'
      - series: 'onset_slo_events_total{slo="ttfa",result="bad",instance="a",job="b"}'
        values: '%s'
      - {series: 'onset_build_info{instance="a",job="b"}', values: '1x120'}
    alert_rule_test:
      - eval_time: 90m
        alertname: OnsetTtfaFast
        exp_alerts: [%s]
      - {eval_time: 90m, alertname: OnsetDown, exp_alerts: []}
"""

ALERT = """{exp_labels: {severity: page, service: onset, instance: a, job: b},
          exp_annotations: {summary: "Many of the newest answers were not audible within 800 ms.",
          check: "onset bench ttfa"}}"""


@installed
@pytest.mark.parametrize(
    ("good", "bad", "fires"),
    [("0+2x120", "0+2x120", True), ("0+98x120", "0+2x120", False), ("0x120", "0x60 1x60", False)],
    ids=["half are late", "two in a hundred", "one in a quiet hour"],
)
def test_prometheus_fires_where_the_server_would(
    tmp_path: Path, good: str, bad: str, fires: bool
) -> None:
    (tmp_path / "onset.yaml").write_text("\n".join(prometheus_lines()) + "\n")
    path = tmp_path / "test.yaml"
    path.write_text(RULE_TEST % (good, bad, ALERT if fires else ""))
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
