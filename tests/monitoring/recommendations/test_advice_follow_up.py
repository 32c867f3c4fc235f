"""What was advised is followed: the figure it rested on, then and now."""

from answers import STAGES, record
from onset.monitoring.recommendations.advice_follow_up import (
    FOLLOWED,
    KEPT_EVERY,
    AdviceFollowUp,
    FollowedRule,
)
from onset.monitoring.recommendations.live_recommendations import (
    RULES,
    ColdLanguage,
    Findings,
    ProcessSample,
    recommendations,
)
from onset.protocol.http_api import PlaybackReport
from onset.protocol.performance_api import FollowedAdvice

LATE = record(ttfa=1.0, first_audio=1.0, stages=STAGES | {"queue": 0.61})
SOON = record(ttfa=0.2, first_audio=0.2, stages=STAGES | {"queue": 0.016})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.follow_up = AdviceFollowUp(lambda: self.now)

    def look(self, findings: Findings, at: float) -> list[FollowedAdvice]:
        self.now = at
        return self.follow_up.follow(recommendations(findings), findings)


def test_the_share_of_the_queue_is_told_then_and_now() -> None:
    clock = Clock()
    assert clock.look(Findings(counted=[SOON] * 30), at=0) == []
    (one,) = clock.look(Findings(counted=[SOON, *[LATE] * 20]), at=10)
    assert one.was == one.now == "queue 61 % of the first audio, median of 20 answers"
    assert (one.since, one.gone_at) == (10, None)
    (one,) = clock.look(Findings(counted=[*[LATE] * 20, *[SOON] * 20]), at=20)
    assert one.gone_at is None, "it is still advised: the late answers are in the window"
    assert one.now == "queue 8 % of the first audio, median of 20 answers"
    (one,) = clock.look(Findings(counted=[SOON] * 20), at=30)
    assert one.gone_at == 30 and one.was is not None and "61 %" in one.was
    assert one.check == "onset bench load"
    (again,) = clock.look(Findings(counted=[LATE] * 20), at=40)
    assert (again.since, again.gone_at) == (10, None)


def test_what_changes_is_kept_and_a_restart_goes_on_with_it() -> None:
    clock, kept = Clock(), list[list[FollowedRule]]()
    clock.follow_up.keep = kept.append
    late = Findings(counted=[LATE] * 20)
    clock.look(Findings(), at=0)
    assert kept == [], "nothing was advised"
    clock.look(late, at=10)
    clock.look(late, at=11)
    assert [[rule.since for rule in rules] for rules in kept] == [[10]], "only what changed"
    clock.look(late, at=10 + KEPT_EVERY)
    assert kept[-1][0].last_seen == 10 + KEPT_EVERY
    after = Clock()
    after.follow_up.restore(kept[-1])
    (one,) = after.look(Findings(counted=[SOON] * 3), at=1000)
    assert (one.since, one.gone_at) == (10, None), "too little is known to say that it is gone"
    assert one.was is not None and "61 %" in one.was
    (one,) = after.look(Findings(counted=[SOON] * 20), at=1010)
    assert one.gone_at == 1010 and one.now is not None and "8 %" in one.now


def test_it_is_forgotten_after_a_while() -> None:
    clock = Clock()
    clock.look(Findings(counted=[LATE] * 20), at=0)
    assert clock.look(Findings(), at=FOLLOWED)
    assert clock.look(Findings(), at=FOLLOWED + 1) == []


def test_every_rule_has_a_figure_where_something_was_measured() -> None:
    report = PlaybackReport(
        audible=True, first_ms=60, taken_ms=80, heard_ms=100, latency_ms=20, onset_ms=70
    )
    answers = [record(stalled=0.01)] * 20
    full = Findings(
        answers,
        answers,
        [report],
        [ColdLanguage("zh", 2, 0.9, None)],
        answers,
        paces=[0.3],
        pace_set=0.25,
        samples=[ProcessSample(60.0, 400_000_000, 0.1)],
    )
    figures = {rule.name: rule.figure(full) for rule in RULES}
    assert all(figures.values()), figures
    assert figures["device"] == "20 ms, median of 1 reports"
    nothing = {rule.name for rule in RULES if rule.figure(Findings()) is None}
    assert nothing == {rule.name for rule in RULES} - {"cold language"}, "those can be counted"
