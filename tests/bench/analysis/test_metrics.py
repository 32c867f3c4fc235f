"""The figures of one recording, on timelines whose answers are known."""

from dataclasses import replace

import pytest

from onset.bench.analysis.metrics import (
    METRICS,
    audio_seconds,
    cancel_latency,
    cold_ready,
    connect,
    ftts,
    gaps,
    lateness,
    leading_silence,
    playback,
    prebuffer,
    request_duration,
    rtf_stream,
    rtf_whole,
    server_ttfa,
    ttfa_audible,
    ttfa_heard,
    ttfa_wire,
    ttfb,
)
from onset.bench.records.recording import Recording, RequestOutcome
from scripted_server import recorded

SILENT_START = recorded((0.1, 0.2), (0.25, 0.2), (0.9, 0.2), onset=0.3)


def test_ttfa_audible_is_when_the_piece_with_the_onset_came() -> None:
    assert ttfa_audible(SILENT_START) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("onset", "arrival"), [(0.0, 0.1), (0.1999, 0.1), (0.2, 0.25), (0.59, 0.9)]
)
def test_ttfa_audible_at_the_edges_of_pieces(onset: float, arrival: float) -> None:
    recording = recorded((0.1, 0.2), (0.25, 0.2), (0.9, 0.2), onset=onset)
    assert ttfa_audible(recording) == pytest.approx(arrival)


def test_ttfa_counts_from_when_the_request_was_due() -> None:
    late = recorded((0.1, 0.2), lateness=2.0)
    assert ttfa_audible(late) == pytest.approx(2.1)
    assert ttfa_heard(late) == pytest.approx(2.1)
    assert ttfb(late) == pytest.approx(0.001)


def test_ttfa_heard_includes_the_silence_that_is_played() -> None:
    assert ttfa_heard(SILENT_START) == pytest.approx(0.1 + 0.3)


def test_ttfa_heard_when_the_piece_with_the_onset_is_late() -> None:
    assert ttfa_heard(recorded((0.1, 0.2), (0.8, 0.2), onset=0.3)) == pytest.approx(0.8 + 0.1)


def test_other_latencies() -> None:
    assert ttfa_wire(SILENT_START) == pytest.approx(0.1)
    assert leading_silence(SILENT_START) == pytest.approx(0.3)


def test_early_header_is_not_audio() -> None:
    assert ttfb(SILENT_START) == pytest.approx(0.001)
    assert ttfa_wire(SILENT_START) != ttfb(SILENT_START)


NEVER_ANSWERED = Recording(due_ns=0, sent_ns=0)
BROKEN = recorded((0.1, 0.2), (0.25, 0.2), outcome=RequestOutcome.FAILED)


@pytest.mark.parametrize("recording", [NEVER_ANSWERED, BROKEN], ids=["no answer", "broken off"])
def test_a_failure_has_no_figures_and_no_zeros(recording: Recording) -> None:
    # How late the generator was is no figure of the server.
    figures = [metric.figure(recording) for metric in METRICS if metric.key != "lateness"]
    figures += [figure(recording) for figure in (audio_seconds, rtf_stream, rtf_whole, prebuffer)]
    assert figures == [None] * len(figures)
    assert playback(recording, 0.0) is None


def test_a_stopped_answer_has_a_ttfa_and_no_pace() -> None:
    stopped = recorded((0.1, 0.2), (0.25, 0.2), outcome=RequestOutcome.STOPPED)
    assert ttfa_audible(stopped) == pytest.approx(0.1)
    assert rtf_stream(stopped) is prebuffer(stopped) is None


def test_pace_of_a_whole_answer() -> None:
    recording = recorded((0.2, 0.5), (0.4, 0.5), (0.8, 0.5))
    assert audio_seconds(recording) == pytest.approx(1.5)
    assert request_duration(recording) == pytest.approx(0.8)
    assert rtf_stream(recording) == pytest.approx(0.6 / 1.0)
    assert rtf_whole(recording) == pytest.approx(0.8 / 1.5)
    assert gaps(recording) == pytest.approx([0.2, 0.4])


def test_an_answer_in_one_piece_was_not_streamed() -> None:
    assert rtf_stream(recorded((0.2, 2.0))) is None


def test_recording_refuses_arrivals_out_of_order() -> None:
    with pytest.raises(ValueError, match="order"):
        recorded((0.2, 0.1), (0.1, 0.1))


def test_marks_give_their_figures() -> None:
    marks = {"connected": 5_000_500_000, "cancelled": 7_000_000_000, "idle": 7_040_000_000}
    marks |= {"exec": 1_000_000_000, "ready": 3_500_000_000, "first_token": 4_900_000_000}
    recording = replace(recorded((0.1, 0.5)), marks=marks, server_timing="a;dur=9, total;dur=90")
    assert connect(recording) == pytest.approx(0.0005)
    assert cancel_latency(recording) == pytest.approx(0.04)
    assert cold_ready(recording) == pytest.approx(2.5)
    assert ftts(recording) == pytest.approx(0.2)
    assert server_ttfa(recording) == pytest.approx(0.09)


def test_what_was_not_marked_is_not_measured() -> None:
    recording = recorded((0.1, 0.5))
    figures = [f(recording) for f in (connect, cancel_latency, cold_ready, ftts, server_ttfa)]
    assert figures == [None] * 5


def test_lateness_is_known_of_failures_too() -> None:
    late = recorded(outcome=RequestOutcome.FAILED, lateness=0.02)
    assert lateness(late) == pytest.approx(0.02)
