"""hibari as a peer: a small student of Kokoro's af_heart, with its own text reading and defaults.

Run as `python -m onset.bench.peers.hibari_peer`.
"""

import hibari

from onset.bench.peers.peer_server import Emit, serve, to_pcm


class HibariSynthesizer:
    """hibari's `stream`, which yields sentence by sentence."""

    sample_rate: int = hibari.SAMPLE_RATE

    def __init__(self) -> None:
        self._speech = hibari.Hibari()
        self._speech("Warm up.")

    def speak(self, text: str, emit: Emit) -> None:
        """Stream with the library's defaults."""
        for samples in self._speech.stream(text):
            emit(to_pcm(samples))


if __name__ == "__main__":
    serve(HibariSynthesizer())
