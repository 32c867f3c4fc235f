"""Recordings with known figures, and servers for tests: the scripted one, and a Talker."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import sleep

from onset.bench.peers.peer_server import Emit, PeerServer
from onset.bench.peers.scripted_server import (
    Finish,
    Head,
    Raw,
    Reset,
    Script,
    ScriptedServer,
    Sound,
    Wait,
    answer,
    scripted,
    silence,
    tone,
)
from onset.bench.records.recording import Recording, RequestOutcome
from onset.types import SAMPLE_RATE

__all__ = [
    "Finish",
    "Head",
    "Raw",
    "Reset",
    "Script",
    "ScriptedServer",
    "Sound",
    "Talker",
    "Wait",
    "answer",
    "recorded",
    "scripted",
    "serving",
    "silence",
    "talking",
    "tone",
]


@contextmanager
def serving(server: PeerServer) -> Iterator[str]:
    """Serve in a thread of this process inside the block; gives the URL."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def recorded(
    *pieces: tuple[float, float],
    onset: float | None = 0.0,
    outcome: RequestOutcome = RequestOutcome.COMPLETE,
    lateness: float = 0.0,
) -> Recording:
    """A recording of pieces: (arrival in seconds since sent, seconds of audio).

    onset: seconds into the audio. lateness: seconds from due to sent.
    """
    sent_ns = 5_000_000_000
    return Recording(
        due_ns=sent_ns - round(lateness * 1e9),
        sent_ns=sent_ns,
        headers_ns=sent_ns + 1_000_000,
        arrivals=tuple(
            (sent_ns + round(at * 1e9), round(seconds * SAMPLE_RATE)) for at, seconds in pieces
        ),
        onset=None if onset is None else round(onset * SAMPLE_RATE),
        outcome=outcome,
        detail="broken" if outcome is RequestOutcome.FAILED else "",
    )


class Talker:
    """A synthesizer of three pieces whose loudness depends on the text, so texts differ."""

    sample_rate = SAMPLE_RATE

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause

    def speak(self, text: str, emit: Emit) -> None:
        """Send 150 ms of audio."""
        for part in range(3):
            emit(tone(0.05, level=0.2 + (sum(text.encode()) + part) % 700 / 1000))
            sleep(self._pause)


@contextmanager
def talking(pause: float = 0.0) -> Iterator[str]:
    """A server around a Talker inside the block; gives its URL. pause: seconds after a piece."""
    with serving(PeerServer(Talker(pause))) as url:
        yield url
