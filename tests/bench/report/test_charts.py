"""Charts show what they are given, failures included, and are none without values."""

import re
from xml.etree import ElementTree as ET

from bench_runs import after, made_run
from onset.bench.analysis.comparison import ArmPair, compare
from onset.bench.analysis.summary import StageTimes, summarise
from onset.bench.records.plan import Arm, Case, LoadShape
from onset.bench.records.recording import RequestOutcome
from onset.bench.report.charts import (
    distribution,
    load,
    ratios,
    stage_bars,
    timeline,
)
from onset.drawing.stage_chart import Figure
from scripted_server import recorded


def lines(figure: Figure | None) -> list[list[tuple[float, float]]]:
    """The points of every line of a picture."""
    assert figure is not None
    ET.fromstring(figure.svg)
    found = re.findall(r'<polyline class="[^"]+" points="([^"]+)"', figure.svg)
    return [[(float(x), float(y)) for x, y in map(split, line.split())] for line in found]


def split(point: str) -> tuple[str, str]:
    """x and y of a point."""
    x, _, y = point.partition(",")
    return x, y


def test_a_curve_with_failures_ends_below_the_top() -> None:
    whole, half = lines(distribution("TTFA", [("a", (100.0, 200.0)), ("b", (100.0, None))]))
    assert half[-1][1] > whole[-1][1]
    assert distribution("TTFA", [("a", (None, None))]) is None


def test_axes_of_time_begin_at_zero_unless_the_values_are_far_apart() -> None:
    near = distribution("TTFA", [("a", (100.0, 200.0))])
    far = distribution("TTFA", [("a", (10.0, 2000.0))])
    assert near is not None and far is not None
    assert ">0<" in near.svg and "axis from zero" in near.caption
    assert "(logarithmic)" in far.svg and "logarithmic" in far.caption


def test_the_target_is_in_the_chart() -> None:
    figure = distribution("TTFA", [("a", (100.0,))], [(400.0, "promised 400 ms")])
    assert figure is not None and "promised 400 ms" in figure.svg


def test_stages_below_a_millisecond_have_no_colour() -> None:
    told = StageTimes("p50", 7, 200.0, {"queue": 0.2, "trunk": 80.0, "generator": 110.0})
    figure = stage_bars([("sentence", told)])
    assert figure is not None
    assert [name for _, name in figure.key] == ["trunk", "generator"]
    assert figure.svg.count("<rect") == 2
    assert stage_bars([]) is None


def test_names_of_stages_cannot_leave_the_picture() -> None:
    figure = stage_bars([("sentence", StageTimes("p50", 7, 200.0, {"<script>": 80.0}))])
    assert figure is not None and "<script>" not in figure.svg


def test_a_stall_is_shaded_where_it_was() -> None:
    figure = timeline("stream", recorded((0.1, 1.0), (1.6, 1.0)))
    assert figure is not None
    assert figure.svg.count('class="stall"') == 1
    assert "stall of 500 ms at 1.10 s" in figure.svg
    received, played = lines(figure)
    assert received[-1][1] == played[-1][1]


def test_a_stream_without_a_stall_says_so() -> None:
    figure = timeline("stream", after(0.2))
    assert figure is not None and "no stall" in figure.caption
    assert timeline("stream", recorded(outcome=RequestOutcome.FAILED)) is None


def test_latency_over_load_has_a_point_a_case() -> None:
    cases = [Case(f"c={c}", LoadShape.CLOSED, c) for c in (1, 2, 4)]
    (scenario,) = summarise(made_run(lambda c, i, a: after(0.2), 8, cases)).scenarios
    figure = load("Load", scenario.cases, 800.0)
    assert figure is not None
    assert figure.svg.count("<circle") == 2 * len(cases)  # no p95 of eight requests
    assert load("Load", scenario.cases[:1], None) is None


def test_cases_that_differ_in_something_else_are_no_load() -> None:
    cases = [Case("short"), Case("long")]
    (scenario,) = summarise(made_run(lambda c, i, a: after(0.2), 8, cases)).scenarios
    assert load("Load", scenario.cases, None) is None


def test_a_ratio_has_its_interval_and_the_line_of_equality() -> None:
    arms = Arm("a", "http://127.0.0.1:1"), Arm("b", "http://127.0.0.1:2")
    run = made_run(lambda c, i, arm: after(0.2 if arm == "a" else 0.6 + i / 1000), 20, arms=arms)
    figure = ratios(compare(ArmPair(*arms, run, run)).cells, "a", "b")
    assert figure is not None
    assert figure.svg.count('class="whisker"') == figure.svg.count('class="limit"') == 1
    assert ratios([], "a", "b") is None
