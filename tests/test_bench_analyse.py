"""From trials to figures and verdicts: nothing dropped, nothing made up."""

import pytest

from onset.bench.analyse import Analysis, Ratio, analyse, cell
from onset.bench.recording import Outcome, Recording
from onset.bench.run import Phase, Trial
from onset.bench.sides import CLAUSE, KOKORO, ONSET, PIPER
from onset.bench.texts import TextClass
from onset.bench.verdict import TARGETS, State, verdicts
from scripted_server import recorded

FAILED = recorded(outcome=Outcome.FAILED)


def after(seconds: float) -> Recording:
    """An answer that is audible after so long."""
    return recorded((seconds, 0.5))


def trials(
    text_class: TextClass, side: str, *recordings: Recording, phase: Phase = Phase.MEASURED
) -> list[Trial]:
    """One trial for each recording."""
    return [
        Trial(phase, text_class, number, side, f"text {number}", recording)
        for number, recording in enumerate(recordings)
    ]


def test_failures_stay_in_the_count() -> None:
    found = cell([after(0.1), FAILED, after(0.2), FAILED])
    assert (found.n, found.failures) == (4, 2)
    assert found.spreads["ttfa_audible"].n == 4
    assert found.spreads["ttfa_audible"].p50 is None
    assert found.reasons == {"broken": 2}


def test_stalls_are_counted_in_whole_answers_only() -> None:
    stalling = recorded((0.1, 0.1), (0.5, 0.1))
    found = cell([stalling, recorded((0.1, 0.1), outcome=Outcome.STOPPED)])
    assert (found.whole, found.stalls) == (1, 1)
    assert found.prebuffer_seconds == pytest.approx(0.3)


def test_no_whole_answer_is_not_no_stall() -> None:
    found = cell([recorded((0.1, 0.1), outcome=Outcome.STOPPED)])
    assert found.stalls is found.stall_seconds is found.prebuffer_seconds is None


def ratio_of(peer: list[Recording], ours: list[Recording]) -> Ratio:
    """The ratio that an analysis of two sides finds."""
    pairs = trials(TextClass.FORTY, PIPER, *peer) + trials(TextClass.FORTY, ONSET, *ours)
    return analyse(pairs).ratios[TextClass.FORTY, PIPER]


def test_ratio_is_the_median_of_pairs() -> None:
    found = ratio_of([after(1.0), after(2.0), after(9.0)], [after(0.5), after(0.5), after(1.0)])
    assert (found.median, found.least, found.most) == pytest.approx((4.0, 2.0, 9.0))
    assert (found.pairs, found.lost) == (3, 0)


def test_ratio_when_we_fail_is_zero() -> None:
    assert ratio_of([after(1.0)], [FAILED]) == Ratio(0.0, 0.0, 0.0, 1, 0)


def test_ratio_when_the_peer_fails_is_lost() -> None:
    assert ratio_of([FAILED], [after(0.1)]) == Ratio(None, None, None, 0, 1)


def test_warm_up_is_left_out() -> None:
    warm = trials(TextClass.FORTY, ONSET, after(9.0), phase=Phase.WARM_UP)
    measured = trials(TextClass.FORTY, ONSET, after(0.2))
    assert analyse(warm + measured).cells[TextClass.FORTY, ONSET].n == 1


def flat(long: Recording, forty: Recording) -> float | None:
    """The flatness of a run of two trials."""
    both = trials(TextClass.LONG, ONSET, long) + trials(TextClass.FORTY, ONSET, forty)
    return analyse(both).flatness


def test_flatness_is_long_over_forty() -> None:
    assert flat(after(0.3), after(0.2)) == pytest.approx(1.5)
    assert flat(FAILED, after(0.2)) is None
    assert analyse([]).flatness is None


def states(analysis: Analysis) -> list[State]:
    """The verdicts' states in order."""
    return [verdict.state for verdict in verdicts(analysis)]


def test_nothing_measured_is_never_passed() -> None:
    assert states(analyse([])) == [State.NOT_MEASURED] * (len(TARGETS) + 1)


def test_verdicts_follow_the_ratios() -> None:
    made = trials(TextClass.TWO_WORDS, ONSET, after(0.2))
    made += trials(TextClass.TWO_WORDS, KOKORO, after(0.9))
    made += trials(TextClass.SENTENCE, ONSET, after(0.2))
    made += trials(TextClass.SENTENCE, PIPER, after(0.1))
    found = {verdict.target: verdict for verdict in verdicts(analyse(made))}
    assert found["kokoro-onnx / onset, two_words: at least 4x"].state is State.PASS
    assert found["piper / onset, sentence: at least 1x"].state is State.FAIL


def test_clause_targets_are_there() -> None:
    assert {target.least for target in TARGETS if target.peer == CLAUSE} == {4.0}
