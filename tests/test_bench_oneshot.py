"""Streamed against whole: the right pairs, the right medians, nothing made up."""

import json

from onset.bench.oneshot import Pair, pairs, summary
from onset.bench.recording import Outcome, Recording
from onset.bench.sides import Side
from test_bench_command import run, url

__all__ = ["url"]


def recording(seconds: float | None) -> Recording:
    """An answer of two seconds that took so long, or one that failed."""
    failed = seconds is None
    return Recording(
        due_ns=0,
        sent_ns=0,
        headers_ns=1,
        arrivals=() if failed else ((1, 24_000), (round(1e9 * (seconds or 0)), 24_000)),
        sample_rate=24_000,
        onset=0,
        outcome=Outcome.FAILED if failed else Outcome.COMPLETE,
        detail="",
    )


def pair(streamed: float | None, whole: float | None) -> Pair:
    return Pair(recording(streamed), recording(whole))


def test_the_ratio_is_of_the_same_text() -> None:
    figures = summary([pair(1.05, 1.0), pair(2.0, 2.0), pair(1.2, 1.0)])
    assert figures["streamed_over_whole_ratio_p50"] == 1.05
    assert figures["passed"] is True


def test_a_failure_is_counted_and_gives_no_ratio() -> None:
    figures = summary([pair(None, 1.0)])
    assert figures["failed"] == 1
    assert figures["streamed_over_whole_ratio_p50"] is None
    assert figures["passed"] is False


def test_too_slow_does_not_pass() -> None:
    assert summary([pair(1.2, 1.0)])["passed"] is False


def test_the_order_changes_every_time(url: str) -> None:
    found = list(pairs(Side("onset", url), ["One two.", "Three four."]))
    first, second = found
    assert first.streamed.sent_ns < first.whole.sent_ns
    assert second.whole.sent_ns < second.streamed.sent_ns


def test_the_command_ends_with_one_line_of_json(url: str) -> None:
    told = run("oneshot", "--url", url, "--n", "2")
    assert json.loads(told.stdout.splitlines()[-1])["n"] == 2
