"""The recorder, against a server whose behaviour is known to the nanosecond.

The server is in this process, so what it noted when it sent is compared with what was measured;
medians, because a shared machine may take a while over any single piece.
"""

from statistics import median

import pytest

from onset.bench.analysis.metrics import leading_silence, playback, ttfa_audible, ttfa_wire, ttfb
from onset.bench.analysis.simulated_player import play
from onset.bench.records.plan import Extent
from onset.bench.records.recording import RequestOutcome
from onset.bench.traffic.recorder import record
from onset.protocol.http_api import SpeechRequest
from onset.protocol.wav import wav_header
from onset.types import SAMPLE_RATE
from scripted_server import (
    Finish,
    Head,
    Raw,
    Reset,
    Script,
    Sound,
    Wait,
    answer,
    scripted,
    silence,
    tone,
)

HELLO = SpeechRequest(input="Hello there.", response_format="pcm")
TRIALS = 9


def test_ttfa_is_within_5_ms_of_the_truth() -> None:
    # Headers at once, silence after 20 ms, the onset in the second piece 50 ms later.
    script = (Head(), Wait(0.02), Sound(silence(0.1)), Wait(0.05), Sound(tone(0.2)), Finish())
    errors, wires = [], []
    with scripted(script) as server:
        for _ in range(TRIALS):
            recording = record(server.url, HELLO)
            found, wire = ttfa_audible(recording), ttfa_wire(recording)
            assert found is not None and wire is not None
            first_ns, onset_ns = server.heard[-1].sent_ns
            errors.append(found - (onset_ns - recording.due_ns) / 1e9)
            wires.append(wire - (first_ns - recording.sent_ns) / 1e9)
    assert 0 <= median(errors) < 0.005
    assert 0 <= median(wires) < 0.005


def test_slow_headers_are_time_to_first_byte() -> None:
    with scripted((Wait(0.1), Head(), Wait(0.1), Sound(tone(0.1)), Finish())) as server:
        recording = record(server.url, HELLO)
    first_byte, audible = ttfb(recording), ttfa_audible(recording)
    assert first_byte is not None and audible is not None
    assert 0.1 <= first_byte < audible - 0.09


def test_early_wav_header_is_not_audio() -> None:
    script = (Head(), Sound(wav_header()), Wait(0.15), Sound(silence(0.05) + tone(0.1)), Finish())
    with scripted(script) as server:
        recording = record(server.url, HELLO)
    wire = ttfa_wire(recording)
    assert wire is not None and wire >= 0.15
    assert leading_silence(recording) == 0.05


def test_every_stall_is_found_and_none_invented() -> None:
    # 100 ms pieces every 50 ms, but for two pauses of 400 ms that the buffer cannot bridge.
    steps = [Wait(0.4 if number in (3, 7) else 0.05) for number in range(10)]
    sounds = [step for wait in steps for step in (wait, Sound(tone(0.1)))]
    with scripted((Head(), *sounds, Finish())) as server:
        recording = record(server.url, HELLO)
    heard = playback(recording, 0.0)
    truth = play([(sent_ns / 1e9, 0.1) for sent_ns in server.heard[0].sent_ns], 0.0)
    assert heard is not None and truth is not None
    # The script asks for 200 and 150 ms; a busy machine may add short ones, to both alike.
    expected = [length for _, length in truth.stalls if length > 0.05]
    found = [length for _, length in heard.stalls if length > 0.05]
    assert len(expected) >= 2
    assert found == pytest.approx(expected, abs=0.03)


def test_slow_drip_is_found() -> None:
    sounds = [step for _ in range(6) for step in (Sound(tone(0.05)), Wait(0.1))]
    with scripted((Head(), *sounds, Finish())) as server:
        heard = playback(record(server.url, HELLO), 0.0)
    assert heard is not None
    assert len(heard.stalls) == 5
    assert heard.stall_seconds >= 5 * 0.045


FAILURES: dict[str, Script] = {
    "refused": answer(b"", "500 Internal Server Error"),
    "truncated": (Head(), Sound(tone(0.2))),
    "reset": (Head(), Sound(tone(0.2)), Wait(0.05), Reset()),
    "odd byte": (Head(), Sound(tone(0.2) + b"\0"), Finish()),
    "empty": (Head(), Finish()),
    "silent": (Head(), Sound(silence(0.5)), Finish()),
    "click": (Head(), Sound(tone(0.01) + silence(0.5)), Finish()),
    "header only": (Head(), Sound(wav_header()), Finish()),
    "nonsense": (Raw(b"nonsense\r\n\r\n"),),
}


@pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES)
def test_failures_are_recorded_as_such(script: Script) -> None:
    with scripted(script) as server:
        recording = record(server.url, HELLO)
    assert recording.outcome is RequestOutcome.FAILED
    assert recording.detail
    assert ttfa_audible(recording) is None


def test_failure_when_there_is_no_server() -> None:
    recording = record("http://127.0.0.1:1", HELLO)
    assert recording.outcome is RequestOutcome.FAILED
    assert recording.headers_ns is None


def test_listening_until_the_onset_stops_the_server() -> None:
    endless = [step for _ in range(300) for step in (Sound(tone(0.1)), Wait(0.01))]
    with scripted((Head(), *endless)) as server:
        recording = record(server.url, HELLO, extent=Extent.ONSET)
        assert server.heard[0].left.wait(2)
    assert recording.outcome is RequestOutcome.STOPPED
    assert sum(samples for _, samples in recording.arrivals) < 2 * SAMPLE_RATE


def test_what_the_server_says_is_kept() -> None:
    headers = (("Server-Timing", "prosody;dur=60"), ("X-Onset-Decode", "streaming"))
    with scripted((Head(headers=headers), Sound(tone(0.1)), Finish())) as server:
        recording = record(server.url, HELLO)
    assert recording.server_timing == "prosody;dur=60"
    assert recording.decode == "streaming"
    assert len(recording.sha256) == 64


def test_due_time_may_be_before_sending() -> None:
    with scripted((Head(), Sound(tone(0.1)), Finish())) as server:
        recording = record(server.url, HELLO, due_ns=0)
    assert ttfa_audible(recording) == pytest.approx(recording.arrivals[0][0] / 1e9)
