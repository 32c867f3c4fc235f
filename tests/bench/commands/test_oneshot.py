"""Streamed against whole: the right pairs, the right medians, nothing made up."""

from onset.bench.commands.oneshot import SCENARIO, StreamedAndWhole, pairs, summary
from onset.bench.commands.tricks import run_of
from onset.bench.records.plan import Phase, PlannedRequest
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import Trial


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
        outcome=RequestOutcome.FAILED if failed else RequestOutcome.COMPLETE,
        detail="",
    )


def pair(streamed: float | None, whole: float | None) -> StreamedAndWhole:
    return StreamedAndWhole(recording(streamed), recording(whole))


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


def test_pairs_are_of_the_same_number() -> None:
    def trial(number: int, exact: bool, seconds: float) -> Trial:
        arm = "onset:exact" if exact else "onset"
        ask = PlannedRequest(
            number, SCENARIO, "", arm, Phase.MEASURED, number, "", "paragraph", exact=exact
        )
        return Trial(ask, recording(seconds))

    trials = (trial(0, False, 1.0), trial(0, True, 2.0), trial(1, True, 4.0), trial(1, False, 3.0))
    ratios = [pair.ratio for pair in pairs(run_of(trials))]
    assert ratios == [0.5, 0.75]
