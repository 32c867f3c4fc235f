"""The null server: it computes nothing, so its latency is the harness's own share of every latency.

As a program (`python -m onset.bench.peers.null_server`) it prints its URL and serves until its
standard input ends.
"""

import numpy as np

from onset.bench.peers.peer_server import Emit, serve, to_pcm
from onset.types import SAMPLE_RATE


class ToneSynthesizer:
    """A synthesizer that computes nothing: 100 ms of 440 Hz at half of full scale."""

    sample_rate = SAMPLE_RATE

    def __init__(self) -> None:
        time = np.arange(SAMPLE_RATE // 10) / SAMPLE_RATE
        self._pcm = to_pcm((0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32))

    def speak(self, text: str, emit: Emit) -> None:
        """Send the tone, whatever the text."""
        emit(self._pcm)


if __name__ == "__main__":
    serve(ToneSynthesizer())
