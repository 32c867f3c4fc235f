"""Kokoro-82M as a `Backend`: the graphs that `graph.export` cut from it, on ONNX Runtime."""

from pathlib import Path
from time import perf_counter

import numpy as np

from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    STAGE_0_SHARE,
    STAGE_1_SHARE,
    AdainStatistics,
    Backend,
    Decoder,
    FrontOutput,
    Prosody,
)
from onset.model.generator import Generator, neutral_statistics
from onset.model.graph.istftnet import BINS
from onset.model.onnx_session import OnnxSession, give_memory_back, keep_cores_free
from onset.model.streaming_decoder import SPECTRUM_FRAMES, TAIL, WARM_UP, StreamingDecoder
from onset.model.voice_styles import STYLE
from onset.types import SAMPLE_RATE, Floats, Halt

PAD = 0
"""The token at both ends of a segment (hexgrad/kokoro model.py, `[0, *input_ids, 0]`)."""

TIMED_STEPS, TIMED_FRAMES = 4, 16
"""Steps that are timed, and their decoder frames, as in the middle of a speech: 0.2 s in all on two
fast cores. Steps of 8 would overstate the pace by a tenth."""


class KokoroBackend(Backend):
    """folder: what `graph.export` made of the model whose sha256 is `digest`.

    Making one limits NumPy's BLAS to one thread in this process, and what malloc keeps
    (onnx_session.py tells why).
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
        values = self._front.run(names, feeds, halt)
        durations, f0, energy, asr = (value.numpy() for value in values)
        frames = durations.ravel().astype(np.int64)
        return FrontOutput(frames, f0.ravel(), energy.ravel(), asr, style)

    def trunk(self, front: FrontOutput, halt: Halt) -> Prosody:
        f0, energy = front.f0[None], front.energy[None]
        source = self.generator.source(front.f0)
        feeds = {"asr": front.asr, "f0": f0, "energy": energy, "style": front.style}
        (trunk,) = self._trunk.run(("trunk",), feeds, halt)
        return Prosody(front.durations, front.f0, front.energy, trunk.numpy(), source, front.style)

    def pace(self) -> float:
        """From the fastest of some steps of the generator, on silence.

        The fastest, because what else the machine does while a server starts is not its pace.
        """
        frames = WARM_UP + (TIMED_STEPS + 1) * TIMED_FRAMES + TAIL
        curve, trunk = np.zeros(frames, np.float32), np.zeros((1, 512, frames), np.float32)
        source = np.zeros((1, BINS, SPECTRUM_FRAMES * frames + 1), np.float32)
        style = np.zeros((1, STYLE), np.float32)
        silence = Prosody(np.array([frames // 2]), curve, curve, trunk, source, style)
        decoder, seconds = self.decoder(silence, neutral_statistics(), 0, Halt()), []
        for _ in range(TIMED_STEPS + 1):
            begin = perf_counter()
            decoder.step(TIMED_FRAMES)
            seconds.append(perf_counter() - begin)
        fastest = min(seconds[1:])  # the first step also fills the lookahead, for the first time
        audio_s = TIMED_FRAMES * DECODER_FRAME_SAMPLES / SAMPLE_RATE
        return fastest / audio_s / (STAGE_0_SHARE + STAGE_1_SHARE)

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        return StreamingDecoder(self.generator, prosody, statistics, start, halt)
