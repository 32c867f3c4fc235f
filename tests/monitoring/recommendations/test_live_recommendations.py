"""Each rule fires on its evidence, and does not on a little less."""

from pathlib import Path

import pytest

from answers import STAGES, record
from onset.monitoring.answer_record import AnswerRecord, Way
from onset.monitoring.recommendations.live_recommendations import (
    RULES,
    ColdLanguage,
    Findings,
    listened,
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


FIRING = {
    "queue": Findings(counted=late(0.51, 10)),
    "cold language": Findings(cold=[ColdLanguage("zh", 3, 0.9, 0.2)]),
    "prebuffer": stalled(0.05, 80),
    "format": formats(0.022),
    "device": device(101),
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
    ]


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
