"""Ways in which servers have looked faster or smoother than they were, and how each shows.

A scripted server plays every trick once, and the benchmark must notice it. Most were found in
published results of speech servers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onset.bench.analysis.metrics import (
    playback,
    prebuffer,
    ttfa_audible,
    ttfa_wire,
    ttfb,
)
from onset.bench.analysis.validity import reasons, warnings
from onset.bench.peers.scripted_server import (
    Finish,
    Head,
    Reset,
    Script,
    Sound,
    Wait,
    answer,
    scripted,
    silence,
    tone,
)
from onset.bench.records.plan import Phase, PlannedRequest, ScenarioRun
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import Fingerprint, Manifest, Run, Trial
from onset.bench.traffic.recorder import record
from onset.protocol.http_api import SERVER_TIMING, SpeechRequest
from onset.protocol.wav import wav_header

Expose = Callable[[Sequence[Recording]], str]
"""What the benchmark says of the recordings; empty when it did not notice."""

DELAY = 0.2
"""Seconds between the figure that is shown off and the true one."""


@dataclass(frozen=True, slots=True)
class Trick:
    """boast: the figure it wants to be read. scripts: one for each request, in order.

    texts: what is asked; the last one again for every script beyond.
    """

    name: str
    boast: str
    scripts: Sequence[Script]
    expose: Expose
    texts: Sequence[str] = ("Hello there.",)

    def exposed(self) -> str:
        """Play it; what the benchmark says of it, empty when it did not notice."""
        return self.expose(self.play())

    def play(self) -> list[Recording]:
        """A recording of each script."""
        asked = [self.texts[min(i, len(self.texts) - 1)] for i in range(len(self.scripts))]
        with scripted(*self.scripts) as server:
            return [
                record(server.url, SpeechRequest(input=text, response_format="pcm"))
                for text in asked
            ]


def run_of(trials: Sequence[Trial], scenarios: Sequence[ScenarioRun] = ()) -> Run:
    """A run that consists of these trials."""
    manifest = Manifest(1, "trick", 1, "", "", "", "", True, "", (), tuple(scenarios))
    asks = tuple(trial.ask for trial in trials)
    return Run(manifest, Fingerprint(1, "", {}, {}), asks, tuple(trials), ())


def _run_of_texts(recordings: Sequence[Recording], texts: Sequence[str]) -> Run:
    """A run of these recordings; the last text again for all that are left."""
    trials = []
    for number, recording in enumerate(recordings):
        text = texts[min(number, len(texts) - 1)]
        ask = PlannedRequest(number, "trick", "", "fake", Phase.MEASURED, number, text, "forty")
        trials.append(Trial(ask, recording))
    return run_of(trials)


def _late_onset(recordings: Sequence[Recording]) -> str:
    audible, first, wire = (figure(recordings[0]) for figure in (ttfa_audible, ttfb, ttfa_wire))
    if audible is None or first is None or wire is None or audible < DELAY:
        return ""
    return f"audible after {_ms(audible)}; headers after {_ms(first)}, first audio {_ms(wire)}"


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.0f} ms"


def _stalls(recordings: Sequence[Recording]) -> str:
    played, needed = playback(recordings[0], 0.0), prebuffer(recordings[0])
    if played is None or needed is None or played.smooth:
        return ""
    return f"{len(played.stalls)} stalls, needs a prebuffer of {_ms(needed)}"


def _failure(recordings: Sequence[Recording]) -> str:
    recording = recordings[0]
    if recording.outcome is not RequestOutcome.FAILED or ttfa_audible(recording) is not None:
        return ""
    return f"failed, no latency: {recording.detail}"


def _invalid(*texts: str) -> Expose:
    return lambda recordings: "; ".join(
        reason
        for reason in reasons(_run_of_texts(recordings, texts))
        if reason != "nothing was measured"
    )


def _warned(recordings: Sequence[Recording]) -> str:
    return "; ".join(warnings(_run_of_texts(recordings, ("Hello there.",))))


def _declared(*headers: tuple[str, str]) -> Script:
    return (Head(headers=headers), Sound(tone(0.2)), Finish())


def _tail(seconds: float) -> Script:
    return (Head(), Sound(tone(0.3)), Wait(0.3 + seconds), Sound(tone(0.1)), Finish())


_ORDERED = (Head(), Sound(tone(0.1)), Sound(tone(0.1, 0.3)), Sound(tone(0.1, 0.1)), Finish())

_DRIP: Script = [Sound(tone(0.05)), Wait(0.1)] * 5

TRICKS = (
    Trick(
        "headers at once", "first byte",
        [(Head(), Wait(DELAY), Sound(tone(0.2)), Finish())], _late_onset,
    ),
    Trick(
        "a WAV header and 50 ms of zeros before anything is computed", "first byte, first audio",
        [(Head(), Sound(wav_header() + silence(0.05)), Wait(DELAY), Sound(tone(0.2)), Finish())],
        _late_onset,
    ),
    Trick(
        "a click, then silence", "first audible byte",
        [(Head(), Sound(tone(0.01) + silence(0.02)), Wait(DELAY), Sound(tone(0.2)), Finish())],
        _late_onset,
    ),
    Trick(
        "a tiny first piece, then nothing for long", "TTFA",
        [(Head(), Sound(tone(0.06)), Wait(0.4), Sound(tone(0.5)), Finish())], _stalls,
    ),
    Trick("the tail held back", "TTFA, RTF", [_tail(DELAY)], _stalls),
    Trick(
        "a slow drip", "gaps that are all alike",
        [(Head(), *_DRIP, Finish())], _stalls,
    ),
    Trick("an answer cut off", "TTFA, RTF", [(Head(), Sound(tone(0.2)))], _failure),
    Trick(
        "a connection reset", "TTFA",
        [(Head(), Sound(tone(0.2)), Wait(0.05), Reset())], _failure,
    ),
    Trick("an empty success", "0 ms", [(Head(), Finish())], _failure),
    Trick("silence all along", "TTFA", [(Head(), Sound(silence(0.5)), Finish())], _failure),
    Trick("an error page", "speed", [answer(b"busy", "503 Service Unavailable")], _failure),
    Trick(
        "the same stored audio for every text", "RTF near 0",
        [_declared(), _declared()], _invalid("Hello there.", "Another text."),
        ("Hello there.", "Another text."),
    ),
    Trick(
        "answers from a cache that is declared empty", "TTFA",
        [_declared(("Cache-Status", "server; hit"))], _invalid("Hello there."),
    ),
    Trick(
        "stages that are longer than the request", "its own stage times",
        [_declared((SERVER_TIMING, "generator;dur=9000, total;dur=9000"))],
        _invalid("Hello there."),
    ),
    Trick(
        "stages that leave out most of the time", "its own stage times",
        [(Wait(0.1), *_declared((SERVER_TIMING, "generator;dur=5, total;dur=90")))],
        _invalid("Hello there."),
    ),
    Trick(
        "pieces in another order", "all pieces on time",
        [_ORDERED, (_ORDERED[0], _ORDERED[2], _ORDERED[1], *_ORDERED[3:])], _warned,
    ),
)  # fmt: skip
