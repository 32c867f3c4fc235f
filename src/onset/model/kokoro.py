"""Kokoro-82M as a backend: the cut graphs on ONNX Runtime.

Knows no text and no voices by name; the graphs come from onset.export.
"""

from pathlib import Path

import numpy as np

from onset.model.backend import AdainStatistics, Backend, Decoder, FrontOutput, Prosody
from onset.model.costs import STAGE_0, STAGE_1
from onset.model.onnx_session import OnnxSession, give_memory_back, keep_cores_free
from onset.model.streaming_decoder import Generator
from onset.types import Floats, Halt

PAD = 0
"""The token at both ends of a segment (hexgrad/kokoro model.py, `[0, *input_ids, 0]`)."""


class KokoroBackend(Backend):
    """folder: what onset.export made of the model whose sha256 is `digest`.

    Making one limits NumPy's BLAS to one thread in this process, and what malloc keeps (session.py
    tells why).
    """

    def __init__(self, folder: Path, digest: str, threads: int) -> None:
        keep_cores_free()
        give_memory_back()
        self.digest = digest
        self._front = OnnxSession(folder / "front.onnx", threads)
        self._trunk = OnnxSession(folder / "trunk.onnx", threads)
        self.generator = Generator(folder, threads)

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        feeds = {"tokens": np.array([[PAD, *tokens, PAD]], np.int64), "style": style}
        feeds["speed"] = np.array([speed], np.float32)
        names = ("durations", "f0", "energy", "asr")
        durations, f0, energy, asr = self._front.run(names, feeds, halt)
        frames = durations.ravel().astype(np.int64)
        return FrontOutput(frames, f0.ravel(), energy.ravel(), asr, style)

    def trunk(self, front: FrontOutput, halt: Halt) -> Prosody:
        f0, energy = front.f0[None], front.energy[None]
        source = self.generator.source(front.f0)
        feeds = {"asr": front.asr, "f0": f0, "energy": energy, "style": front.style}
        (trunk,) = self._trunk.run(("trunk",), feeds, halt)
        return Prosody(front.durations, front.f0, front.energy, trunk, source, front.style)

    def pace(self) -> float:
        return self.generator.pace() / (STAGE_0 + STAGE_1)

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        return self.generator.decoder(prosody, statistics, start, halt)
