"""Each rule fires on a series that is bad, stays quiet on one that is not, and clears."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from answers import record
from memory import hours_of
from onset.monitoring.alerts.alert_rules import (
    COUNTED,
    FIGURES,
    AlertRule,
    Situation,
    alert_rules,
)
from onset.monitoring.answer_record import AnswerRecord, RefusalReason, StreamOutcome
from onset.monitoring.history.degradation import Degradation
from onset.monitoring.probe.probe_comparison import StartProbes
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.protocol.http_api import PlaybackReport

RULES = {rule.name: rule for rule in alert_rules()}
GOOD, BAD = record(), record(ttfa=1.5)
FAILED = record(outcome=StreamOutcome.FAILED, ttfa=None)
STALLED, HICCUP = record(longest_stall=0.03), record(longest_stall=0.01)
FULL = record(
    at=1000.0, outcome=StreamOutcome.REFUSED, reason=RefusalReason.FULL, ttfa=None, audio=0.0
)


def reports(late_ms: float, n: int = 10, onset_ms: float | None = 70) -> list[PlaybackReport]:
    told = {"audible": True, "first_ms": 60, "onset_ms": onset_ms, "taken_ms": 80}
    heard = (onset_ms or 60) + late_ms
    return [PlaybackReport.model_validate(told | {"heard_ms": heard, "latency_ms": 20})] * n


def counts(*parts: tuple[AnswerRecord, int]) -> Situation:
    records = [each for each, n in parts for _ in range(n)]
    return Situation(1000.0, records, records)


def probes(n: int, first: float = 0.17, pace: float = 0.22, host: float = 0.02) -> StartProbes:
    """A start whose probes vary a little."""
    return StartProbes(
        "0.2",
        [ProbeRecord(float(i), first + i / 1e4, 0.05, pace, host, 400_000_000) for i in range(n)],
    )


def watched(*starts: StartProbes) -> Situation:
    return Situation(0, starts=starts)


STEP = Degradation("first sound", 1.0, 1.12, ("0.1", "0.2"))

FIRING = [
    ("ttfa-fast", counts((GOOD, 87), (BAD, 13))),
    ("ttfa-fast", counts((BAD, 13))),
    ("ttfa-slow", counts((GOOD, 365), (BAD, 35))),
    ("errors", counts((GOOD, 294), (FAILED, 6))),
    ("stalls", counts((GOOD, 80), (STALLED, 20))),
    ("full", Situation(1500.0, [FULL] * 3)),
    ("memory", Situation(0, rss=1_300_000_000)),
    ("memory-growth", Situation(0, samples=hours_of(7, leak=10e6))),
    ("late-device", Situation(0, reports=reports(301))),
    ("late-device", Situation(0, reports=reports(301, onset_ms=None))),
    ("blind", Situation(0, history_problem="full")),
    ("blind", counts((record(ttfa=None), 20))),
    ("down", Situation(0, down=60.0)),
    ("slower-machine", watched(probes(8), probes(5, pace=0.28, host=0.024))),
    ("slower-onset", watched(probes(8), probes(8, first=0.19))),
    ("degraded", Situation(0, starts=[probes(8)], degraded=[STEP])),
]
QUIET = [
    ("ttfa-fast", counts((GOOD, 88), (BAD, 12))),
    ("ttfa-fast", counts((BAD, 50), (GOOD, 20))),
    ("ttfa-slow", counts((GOOD, 366), (BAD, 34))),
    ("ttfa-slow", counts((BAD, 40), (GOOD, 60))),
    ("errors", counts((GOOD, 295), (FAILED, 5))),
    ("errors", counts((record(outcome=StreamOutcome.LEFT), 300))),
    ("stalls", counts((GOOD, 80), (HICCUP, 20))),
    ("full", Situation(1601.0, [FULL] * 3)),
    ("full", Situation(1500.0, [FULL] * 2)),
    ("memory", Situation(0, rss=1_299_999_999)),
    ("memory-growth", Situation(0, samples=hours_of(7, leak=7e6))),
    ("memory-growth", Situation(0, samples=hours_of(7, loads={60: 120e6, 200: 60e6}))),
    ("late-device", Situation(0, reports=reports(299))),
    ("blind", counts((record(ttfa=None), 19), (GOOD, 1))),
    ("down", Situation(0, down=59.0)),
    ("slower-machine", watched(probes(8), probes(5, pace=0.27, host=0.024))),
    ("slower-machine", watched(probes(8), probes(5, pace=0.28, host=0.0225))),
    ("slower-onset", watched(probes(8), probes(8, first=0.186))),
    ("slower-onset", watched(probes(8), probes(8, first=0.19, host=0.0215))),
    ("slower-onset", watched(probes(8, first=0.19), probes(8))),
    ("degraded", Situation(0, starts=[probes(8)])),
]


@pytest.mark.parametrize(("name", "situation"), FIRING)
def test_it_fires(name: str, situation: Situation) -> None:
    assert RULES[name].judge(situation).fires


@pytest.mark.parametrize(("name", "situation"), QUIET)
def test_it_stays_quiet(name: str, situation: Situation) -> None:
    assert RULES[name].judge(situation).fires is False


def test_every_rule_is_tried_both_ways() -> None:
    for series in (FIRING, QUIET):
        assert {name for name, _ in series} == set(RULES)


@pytest.mark.parametrize(
    ("name", "situation"),
    [
        ("ttfa-fast", counts((BAD, 100), (GOOD, 18), (BAD, 2))),
        ("ttfa-slow", counts((GOOD, 381), (BAD, 19))),
        ("errors", counts((FAILED, 6), (GOOD, 299), (FAILED, 1))),
        ("stalls", counts((STALLED, 50), (GOOD, 17), (STALLED, 3))),
        ("full", Situation(2801.0, [FULL] * 9)),
        ("memory", Situation(0, rss=1_100_000_000)),
        ("memory-growth", Situation(0, samples=hours_of(7, leak=3e6))),
        ("late-device", Situation(0, reports=reports(199))),
        ("blind", Situation(0)),
        ("down", Situation(0)),
        ("slower-machine", watched(probes(8), probes(5, pace=0.24, host=0.024))),
        ("slower-onset", watched(probes(8), probes(8))),
        ("degraded", Situation(0, starts=[probes(8)])),
    ],
)
def test_it_clears_and_a_little_less_does_not(name: str, situation: Situation) -> None:
    assert RULES[name].judge(situation).clears
    assert not RULES[name].judge(next(s for n, s in FIRING if n == name)).clears


@pytest.mark.parametrize("name", ["ttfa-fast", "ttfa-slow", "errors", "stalls", "late-device"])
def test_too_little_is_neither_good_nor_bad(name: str) -> None:
    few = Situation(0, counted=[GOOD] * 5, reports=reports(900, n=9))
    assert RULES[name].judge(few).fires is None and RULES[name].judge(few).clears is None


@pytest.mark.parametrize(
    ("name", "situation"),
    [
        ("slower-machine", watched(probes(7), probes(5, pace=0.9, host=0.9))),
        ("slower-machine", watched(probes(20), probes(0))),
        ("slower-onset", watched(probes(7), probes(8, first=0.3))),
        ("slower-onset", watched(probes(8), probes(7, first=0.3))),
        ("slower-onset", watched(probes(8, first=0.3))),
        ("degraded", watched(probes(0))),
        ("memory-growth", Situation(0, samples=hours_of(4, leak=90e6))),
        ("slower-machine", Situation(0)),
    ],
)
def test_too_few_probes_tell_nothing(name: str, situation: Situation) -> None:
    assert RULES[name].judge(situation).fires is None


def test_evidence_names_versions_and_what_changed() -> None:
    old = StartProbes("0.1", probes(8).probes)
    found = RULES["slower-onset"].judge(watched(old, probes(8, first=0.25)))
    assert found.evidence == "0.2 after 0.1: first sound 1.47 times as late, other work 1.00 times"
    found = RULES["slower-machine"].judge(watched(old, probes(5, pace=0.44, host=0.03)))
    assert found.evidence == "speech takes 2.00 times as long as usual, other work 1.50 times"
    found = RULES["degraded"].judge(Situation(0, starts=[old], degraded=[STEP]))
    assert found.evidence.startswith("first sound +12 % since 1970-01-01")
    assert found.evidence.endswith("(version 0.2 after 0.1)")


def test_evidence_has_the_figures() -> None:
    assert RULES["ttfa-fast"].judge(counts((BAD, 13))).evidence == "13 of the last 13"
    more = RULES["ttfa-fast"].judge(counts((BAD, 30))).evidence
    assert more == "20 of the last 20, 30 of the last 30"
    assert RULES["down"].judge(Situation(0, down=61.0)).evidence == "61 s, limit 60 s"
    memory = RULES["memory"].judge(Situation(0, rss=202_084_000))
    assert memory.evidence == "202.1 MB, limit 1300 MB"
    growth = RULES["memory-growth"].judge(Situation(0, samples=hours_of(7, leak=10e6)))
    assert growth.evidence == "60 MB, limit 45 MB"


def test_signals_are_those_that_exist() -> None:
    for rule in RULES.values():
        known = COUNTED if rule.fire_at is None else FIGURES
        assert rule.signal in known and (rule.clear_signal or rule.signal) in known
        assert rule.severity in ("page", "ticket") and rule.check.startswith("onset ")


def first_alarm(rule: AlertRule, series: Sequence[AnswerRecord]) -> int | None:
    """After how many answers it fires."""
    most = max(n for _, n in rule.fire)
    for count in range(1, len(series) + 1):
        if rule.judge(Situation(0, counted=series[max(0, count - most) : count])).fires:
            return count
    return None


def misses(share: float, n: int, seed: int) -> list[AnswerRecord]:
    return [BAD if miss else GOOD for miss in np.random.default_rng(seed).random(n) < share]


def test_a_server_that_keeps_its_promise_is_left_in_peace() -> None:
    for name in ("ttfa-fast", "ttfa-slow"):
        assert all(first_alarm(RULES[name], misses(0.03, 700, seed)) is None for seed in range(3))


SOON: list[tuple[str, Callable[[int], list[AnswerRecord]], int]] = [
    ("ttfa-fast", lambda _: [BAD] * 30, 13),
    ("ttfa-fast", lambda seed: misses(0.5, 100, seed), 40),
    ("ttfa-slow", lambda seed: misses(0.2, 400, seed), 260),
    ("errors", lambda _: [FAILED] * 10, 6),
    ("stalls", lambda _: [STALLED] * 30, 20),
]


@pytest.mark.parametrize(("name", "make", "within"), SOON)
def test_a_bad_one_is_found_soon(
    name: str, make: Callable[[int], list[AnswerRecord]], within: int
) -> None:
    for seed in range(5):
        at = first_alarm(RULES[name], make(seed))
        assert at is not None and at <= within
