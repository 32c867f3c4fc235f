"""Each rule fires on its evidence, and does not on a little less."""

from dataclasses import replace
from pathlib import Path

import pytest

from answers import STAGES, record
from onset.monitoring.answer_record import AnswerRecord, RefusalReason, StreamOutcome, Way
from onset.monitoring.recommendations.live_recommendations import (
    RULES,
    ColdLanguage,
    Findings,
    ProcessSample,
    listened,
    not_enough_known,
    recommendations,
)
from onset.protocol.http_api import PlaybackReport

CHECKS = Path(__file__).parents[3] / "src" / "onset" / "data"


def late(queue: float, n: int) -> list[AnswerRecord]:
    return [record(ttfa=1.0, first_audio=1.0, stages=STAGES | {"queue": queue})] * n


def stalled(seconds: float, n: int, **fields: object) -> Findings:
    return Findings(
        listened=[record(stalled=0.0)] * (n - n // 10)
        + [record(stalled=seconds, **fields)] * (n // 10)
    )


def formats(encode: float, coded: int = 20, bare: int = 20) -> Findings:
    mp3 = record(format="mp3", stages=STAGES | {"encode": encode})
    return Findings(counted=[mp3] * coded + [record(format="pcm")] * bare)


def device(latency: float, n: int = 10) -> Findings:
    told = {"audible": True, "first_ms": 60, "taken_ms": 80, "heard_ms": 300}
    return Findings(reports=[PlaybackReport.model_validate(told | {"latency_ms": latency})] * n)


REFUSED = record(outcome=StreamOutcome.REFUSED, reason=RefusalReason.FULL, ttfa=None, audio=0.0)


def paced(given: float | None, *paces: float) -> Findings:
    return Findings(pace_set=given, paces=paces)


def held(rss: float, n: int = 10) -> Findings:
    return Findings(samples=[ProcessSample(60.0 * i, int(rss), 0.1) for i in range(n)])


def crowded(busy: int, others: float = 0.31, late_at_rest: int = 0) -> Findings:
    """Late answers in minutes in which others were busy, and in one in which they were not."""
    samples = [ProcessSample(60.0, 1, others), ProcessSample(120.0, 1, 0.1)]
    slow = record(ttfa=1.0, stages=STAGES)
    at = [replace(slow, at=30.0)] * busy + [replace(slow, at=90.0)] * late_at_rest
    return Findings(counted=at, samples=samples)


FIRING = {
    "queue": Findings(counted=late(0.51, 10)),
    "cold language": Findings(cold=[ColdLanguage("zh", 3, 0.9, 0.2)]),
    "prebuffer": stalled(0.05, 80),
    "format": formats(0.022),
    "device": device(101),
    "pace": paced(0.25, 0.2, 0.3, 0.4, 0.31),
    "other work": crowded(10, late_at_rest=9),
    "memory": held(1.1e9),
    "full": Findings(records=[REFUSED] * 5 + [record()] * 20),
}
QUIET = [
    ("queue", Findings(counted=late(0.51, 9))),
    ("queue", Findings(counted=late(0.49, 50))),
    ("queue", Findings(counted=[record(stages=STAGES | {"queue": 0.14})] * 50)),
    ("cold language", Findings(cold=[ColdLanguage("zh", 2, 0.9, 0.2)])),
    ("cold language", Findings(cold=[ColdLanguage("zh", 9, 0.2, 0.2)])),
    ("prebuffer", stalled(0.05, 70)),
    ("prebuffer", stalled(0.02, 80)),
    ("prebuffer", Findings(listened=[record(stalled=0.5, work=3.0)] * 80)),
    ("format", formats(0.02)),
    ("format", formats(0.5, coded=19)),
    ("format", formats(0.5, bare=19)),
    ("device", device(99)),
    ("device", device(500, n=9)),
    ("pace", paced(0.25, 0.3, 0.24, 0.3)),
    ("pace", paced(0.25, 0.3, 0.3)),
    ("pace", paced(None, 0.9, 0.9, 0.9)),
    ("pace", paced(0.7, 0.36, 0.3, 0.3)),
    ("other work", crowded(9)),
    ("other work", crowded(10, late_at_rest=10)),
    ("other work", crowded(50, others=0.3)),
    ("other work", Findings(counted=[record(ttfa=1.0, stages=STAGES)] * 50)),
    ("memory", held(1.0e9)),
    ("memory", held(1.1e9, n=9)),
    ("full", Findings(records=[REFUSED] * 4 + [record()] * 20)),
]


@pytest.mark.parametrize("name", FIRING)
def test_it_fires_alone_and_says_why(name: str) -> None:
    (advice,) = recommendations(FIRING[name])
    assert advice.rule == name and advice.evidence and advice.suggestion


@pytest.mark.parametrize(("name", "findings"), QUIET)
def test_it_does_not_fire_on_less(name: str, findings: Findings) -> None:
    assert recommendations(findings) == []


def test_every_rule_is_tried_both_ways() -> None:
    names = {rule.name for rule in RULES}
    assert names == set(FIRING) == {name for name, _ in QUIET}


def test_evidence_has_the_figures() -> None:
    said = [recommendations(FIRING[name])[0].evidence for name in FIRING]
    assert said == [
        "10 late answers waited in the queue for 51 % of it",
        "3 answers had to load zh and took 900 ms instead of 200",
        "p95 of the required prebuffer is 50 ms over 80 answers",
        "mp3 takes 21 ms longer to encode than bare samples, median",
        "the sound device takes 101 ms, median of 10 reports",
        "ONSET_PACE is 0.25, the last 3 probes say 0.31",
        "other programs had more than 30 % of the cores at 10 of 19 late answers",
        "the process holds 1,100 MB, median of 10 minutes",
        "5 requests of 25 found all places taken",
    ]


def test_a_pace_that_is_far_too_slow_is_told_too() -> None:
    (advice,) = recommendations(paced(0.7, 0.2, 0.21, 0.22))
    assert advice.rule == "pace"


def test_too_little_is_told_with_how_much_there_is() -> None:
    known = {one.rule: (one.n, one.of) for one in not_enough_known(Findings())}
    assert set(known) == {rule.name for rule in RULES} and known["queue"] == (0, 20)
    findings = Findings(counted=[record()] * 12, listened=[record()] * 80)
    told = {one.rule: (one.n, one.of) for one in not_enough_known(findings)}
    assert told["queue"] == (12, 20) and "prebuffer" not in told


def test_what_fires_is_not_called_unknown() -> None:
    for name, findings in FIRING.items():
        assert name not in {one.rule for one in not_enough_known(findings)}, name


def test_nothing_is_advised_where_nothing_is_known() -> None:
    assert recommendations(Findings()) == []


def test_the_background_and_benchmarks_are_not_listened_to() -> None:
    ways = [record(way=way) for way in Way]
    assert listened([*ways, record(purpose="bench")]) == ways[:2]


def test_checks_are_commands_that_exist() -> None:
    scenarios = (CHECKS / "scenarios.toml").read_text()
    for rule in RULES:
        if rule.check.startswith("onset bench run "):
            assert f'name = "{rule.check.split()[-1]}"' in scenarios
