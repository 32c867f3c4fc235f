"""The harness's own share: audible TTFA of a server that has its sound ready.

Knows nothing of the sides; it is measured beside them so that nobody takes it for theirs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import numpy as np

from onset.bench.measures import ttfa_audible
from onset.bench.peer import Emit, PeerServer, to_pcm
from onset.bench.quantiles import median
from onset.bench.recording import record
from onset.types import SAMPLE_RATE
from onset.wire import SpeechRequest

REQUESTS = 20


class Tone:
    """A synthesizer that computes nothing: 100 ms of 440 Hz at half of full scale."""

    sample_rate = SAMPLE_RATE

    def __init__(self) -> None:
        time = np.arange(SAMPLE_RATE // 10) / SAMPLE_RATE
        self._pcm = to_pcm((0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32))

    def speak(self, text: str, emit: Emit) -> None:
        """Give the tone, whatever the text."""
        emit(self._pcm)


@contextmanager
def serving(server: PeerServer) -> Iterator[str]:
    """Serve in a thread of this process; gives the URL."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def harness_floor() -> float | None:
    """Median seconds over REQUESTS; it is part of every latency that this benchmark states."""
    with serving(PeerServer(Tone())) as url:
        request = SpeechRequest(input="floor", response_format="pcm")
        return median([ttfa_audible(record(url, request)) for _ in range(REQUESTS)])
