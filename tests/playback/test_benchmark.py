"""What a run of the daemon tells, and what of it is held to a promise."""

from dataclasses import replace

import pytest

from onset.errors import ServerError
from onset.playback.benchmark import PlaybackCost, measure
from onset.protocol.playback_bodies import Say
from scripted_server import Head, Sound, Wait, answer, scripted, tone

HOUR = tuple((float(second), 60_000_000 + 100 * second) for second in range(0, 3600, 20))

COST = PlaybackCost(
    seconds=3600.0,
    device="null",
    pace=1.0,
    cpu=0.015,
    load=None,
    rss=HOUR,
    starts=({"first_ms": 100.0, "heard_ms": 140.0, "chosen_ms": 0.0},),
    counters={"stalls": 0},
)


def test_growth_is_the_slope_after_it_has_settled() -> None:
    filling = tuple((at, size + (0 if at >= 600 else 5_000_000)) for at, size in HOUR)
    assert replace(COST, rss=filling).growth == pytest.approx(360_000)
    assert replace(COST, rss=HOUR[:2]).growth is None


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({}, []),
        ({"cpu": 0.021}, ["CPU at most 2% of a core"]),
        ({"counters": {"stalls": 1}}, ["no underrun"]),
        (
            {"starts": ({"first_ms": 0.0, "heard_ms": 61.0},)},
            ["heard 60 ms later than it could be at most"],
        ),
        (
            {"rss": tuple((at, size + round(300 * at)) for at, size in HOUR)},
            ["memory grows by 1 MB an hour at most"],
        ),
    ],
)
def test_each_promise_can_be_missed(change: dict[str, object], missed: list[str]) -> None:
    verdicts = replace(COST, **change).verdicts()  # type: ignore[arg-type]
    assert [name for name, held in verdicts.items() if not held] == missed
    assert len(verdicts) == 5


def test_under_load_or_at_another_pace_only_memory_is_judged() -> None:
    for changed in (replace(COST, load=0.7), replace(COST, pace=20.0)):
        assert list(changed.verdicts()) == [
            "something was heard",
            "memory grows by 1 MB an hour at most",
        ]


def test_a_short_run_does_not_judge_memory() -> None:
    assert len(replace(COST, seconds=20.0).verdicts()) == 4


@pytest.mark.parametrize(
    ("onset_ms", "lead_ms", "later"),
    [(100.0, 0.0, 0.06), (100.0, 50.0, 0.01), (130.0, 10.0, 0.03), (None, None, 0.06)],
)
def test_what_is_before_the_onset_is_not_the_daemons(
    onset_ms: float | None, lead_ms: float | None, later: float
) -> None:
    told = {"first_ms": 100.0, "heard_ms": 160.0, "onset_ms": onset_ms, "lead_ms": lead_ms}
    assert replace(COST, starts=(told,)).after == [pytest.approx(later)]


def test_a_run_in_which_nothing_was_heard_shows_nothing() -> None:
    assert replace(COST, starts=()).verdicts()["something was heard"] is False


def test_a_server_is_heard_again_and_again_until_the_time_is_up() -> None:
    with scripted(answer(tone(0.3))) as server:
        cost = measure(1.0, "null", Say(text="Hello.", url=server.url))
    assert len(cost.starts) >= 2 and len(server.heard) >= 2
    assert cost.seconds >= 1 and cost.load is None
    assert all(after >= 0 for after in cost.after)


def test_of_a_server_ten_times_too_slow_it_is_told_what_was_heard_and_what_was_silent() -> None:
    slow = (Head(), *(step for _ in range(30) for step in (Sound(tone(0.06)), Wait(0.6))))
    with scripted(slow) as server:
        cost = measure(3.0, "null", Say(text="Hello.", url=server.url))
    assert len(cost.starts) == 1 and cost.after[0] < 0.3
    received = cost.counters["received_s"]
    assert received == pytest.approx(0.4, abs=0.2)
    assert cost.counters["stalls"] >= 2
    assert cost.counters["stalled_s"] > 3
    assert 0 < cost.counters["heard_s"] < received


def test_forty_seconds_take_two_at_twenty_times_the_pace() -> None:
    cost = measure(40.0, "null", pace=20.0)
    assert cost.pace == 20 and cost.device == "null"
    assert cost.seconds >= 40 and cost.rss[-1][0] > 10


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(ServerError, match="127.0.0.1:9"):
        measure(8.0, "null", Say(text="Hello.", url="http://127.0.0.1:9"))
