"""What the newest answers show, and what they do not."""

from dataclasses import replace

import numpy as np
import pytest

from answers import STAGES, record
from onset.monitoring.answer_record import AnswerRecord, StreamOutcome, Way
from onset.monitoring.live_window import (
    FEWEST,
    KEPT,
    LONGEST_AGE,
    LiveWindow,
    counted,
    flow_figures,
    judged,
    pipeline,
    plan_figures,
    population_figures,
    promised,
    recent_answers,
    trend,
    ttfa_figures,
)
from onset.protocol.http_api import PlaybackReport
from speaking import Clock

FAILED = {"outcome": StreamOutcome.FAILED, "ttfa": None, "first_audio": None, "stages": None}


def of(*times: float | None) -> list[AnswerRecord]:
    """Answers with these TTFA; None is one that failed."""
    return [record(**FAILED) if ttfa is None else record(ttfa=ttfa) for ttfa in times]


def test_the_window_is_bounded_by_number_and_by_age() -> None:
    clock = Clock()
    window = LiveWindow(clock)
    for n in range(KEPT + 10):
        window.add(record(at=float(n)))
    assert len(window.records()) == KEPT and window.records()[-1].at == KEPT + 9
    clock.now = LONGEST_AGE + 1000.0
    assert [each.at for each in window.records()] == [float(n) for n in range(1000, KEPT + 10)]


def test_only_audible_devices_were_heard() -> None:
    told = {"first_ms": 60, "taken_ms": 80, "latency_ms": 20}
    window = LiveWindow()
    for audible, heard in ((True, 100), (True, 200), (False, 9000)):
        fields = told | {"audible": audible, "heard_ms": heard}
        window.add_report(PlaybackReport.model_validate(fields))
    assert (window.heard().n, window.heard().heard_ms, window.heard().latency_ms) == (2, 150, 20)


def test_failures_count_and_make_no_answer_fast() -> None:
    figures = ttfa_figures(of(*[0.2] * 18, None, None))
    assert (figures.n, figures.achievement_rate, figures.p50_ms) == (20, 0.9, 200)
    assert figures.p95_ms is None, "its rank falls on a failure"
    assert figures.interval is not None
    assert figures.interval == pytest.approx((0.683, 0.988), abs=0.001)


def test_what_tells_nothing_is_told_apart() -> None:
    figures = ttfa_figures([*of(0.2), record(outcome=StreamOutcome.LEFT, ttfa=None, lasted=0.1)])
    assert (figures.n, figures.unmeasured, figures.current_ms) == (1, 1, 200)


def test_the_current_figure_is_the_newest_answers() -> None:
    assert ttfa_figures(of(0.1, 0.3, None)).current_ms == 300
    assert ttfa_figures([]).current_ms is None and ttfa_figures([]).p50_ms is None


def test_a_tail_needs_twenty_answers() -> None:
    assert ttfa_figures(of(*[0.2] * 19)).p95_ms is None
    assert ttfa_figures(of(*[0.2] * 20)).p95_ms == 200


def noisy(level: float, n: int, seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    values: list[float] = (level * np.exp(random.normal(0, 0.1, n))).tolist()
    return values


def test_trends_need_enough_answers_a_difference_and_more_than_chance() -> None:
    assert trend(noisy(0.2, FEWEST - 1, 1)) == "unknown"
    assert trend(noisy(0.2, 200, 2)) == "stable"
    assert trend([*noisy(0.2, 100, 3), *noisy(0.3, 20, 4)]) == "degrading"
    assert trend([*noisy(0.3, 100, 5), *noisy(0.2, 20, 6)]) == "improving"
    assert trend([0.2, 0.201] * 50 + [0.205] * 20) == "stable", "certain, and nothing"
    assert trend([*noisy(0.2, 100, 7), *[None] * 20]) == "degrading"


def test_trends_are_seldom_seen_where_there_are_none() -> None:
    seen = sum(trend(noisy(0.2, 120, seed)) != "stable" for seed in range(300))
    assert seen <= 9, "1 % by chance alone, fewer since a tenth must change"


def test_the_pipeline_is_of_one_answer_and_adds_up() -> None:
    slow = {name: 3 * seconds for name, seconds in STAGES.items()}
    records = [*of(0.1), record(ttfa=0.3, stages=slow), *of(0.9)]
    shown = pipeline(records, 0.5)
    assert shown["step_ms"] == 180 and shown["refine_ms"] is None
    assert sum(ms for ms in shown.values() if ms is not None) == pytest.approx(450)
    assert set(pipeline(records, 0.95).values()) == {None}, "too few for a tail"
    assert set(pipeline([], 0.5).values()) == {None}


def test_flow_is_of_those_who_heard_something() -> None:
    records = [record(), record(stalls=2, decode="exact"), record(**FAILED, audio=0.0, stalls=0)]
    flow = flow_figures(records)
    assert (flow.rtf_p50, flow.smooth_ratio, flow.stalls, flow.exact_ratio) == (0.5, 0.5, 2, 0.5)
    assert set(flow_figures([]).model_dump().values()) == {None}


def test_populations_are_picked_not_pooled() -> None:
    records = [record(), record(purpose="bench"), record(way=Way.BACKGROUND)]
    assert counted(records) == [record()]
    figures = population_figures(of(0.2, None))
    assert (figures.n, figures.failed, figures.p50_ms) == (2, 1, 200)
    apart = [record(plan="fast"), record(cached=True)]
    assert counted([*apart, *records]) == [record()]
    assert promised([*apart, *records]) == [record(plan="fast"), record()]
    refused = replace(record(), outcome=StreamOutcome.REFUSED)
    assert judged([refused]) == []


def test_what_listeners_got_is_told_by_plan() -> None:
    got = [record(plan="fast", ttfa=0.02), record(plan="balanced"), record(plan="balanced")]
    got += [record(plan="balanced", cached=True), record(plan="fast", way=Way.BACKGROUND)]
    figures = plan_figures(got)
    assert {plan: one.n for plan, one in figures.items()} == {
        "fast": 1, "balanced": 2, "quality": 0, "exact": 0,
    }  # fmt: skip
    assert figures["fast"].p50_ms == 20 and figures["quality"].p50_ms is None


def test_the_newest_are_shown_last() -> None:
    shown = recent_answers([record(at=float(n)) for n in range(9)], 3)
    assert [answer.at for answer in shown] == [6, 7, 8] and shown[0].ttfa_ms == 180
    assert recent_answers([], 3) == []
