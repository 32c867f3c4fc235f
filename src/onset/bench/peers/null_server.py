"""The null server: its sound is ready before anybody asks, so what is measured is the ruler.

As a program (`python -m onset.bench.floor`) it says its URL and serves until its input ends.
Knows nothing of the sides; it is measured beside them so that nobody takes its time for theirs.
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
        """Give the tone, whatever the text."""
        emit(self._pcm)


if __name__ == "__main__":
    serve(ToneSynthesizer())
