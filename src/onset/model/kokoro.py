"""Kokoro-82M as a `Backend`: the graphs that `graph.export` cut from it, on ONNX Runtime."""

from pathlib import Path
from time import perf_counter

import numpy as np

from onset.model.backend import (
    DECODER_FRAME_SAMPLES,
    SOURCE_CHANNELS,
    STAGE_0_SHARE,
    STAGE_1_SHARE,
    AdainStatistics,
    Backend,
    Decoder,
    FrontOutput,
    Prosody,
    TrunkEntrance,
)
from onset.model.decoding.generator import neutral_statistics
from onset.model.decoding.runtimes import Runtime
from onset.model.decoding.trunks import curves
from onset.model.graph.streaming_layers import EPSILON
from onset.model.onnx_session import OnnxSession, give_memory_back, keep_cores_free
from onset.model.streaming_decoder import (
    CLOSING,
    LEAD,
    SPECTRUM_FRAMES,
    TAIL,
    WARM_UP,
    StreamingDecoder,
)
from onset.model.voice_styles import STYLE
from onset.types import SAMPLE_RATE, Floats, Halt

PAD = 0
"""The token at both ends of a reading (hexgrad/kokoro model.py, `[0, *input_ids, 0]`)."""

TIMED_STEPS, TIMED_FRAMES = 4, 16
"""Steps that are timed, and their decoder frames, as in the middle of a speech: 0.2 s in all on two
fast cores. Steps of 8 would overstate the pace by a tenth."""

TRUNK_REACH = 20
"""Decoder frames that a frame of the trunk looks behind and ahead: nine convolutions of three
frames at half their rate, two of three and one of upsampling at their own."""


def load_front(folder: Path, threads: int) -> OnnxSession:
    """The front's graph: a tenth of a second, in which Python may do something else."""
    return OnnxSession(folder / "front.onnx", threads)


class KokoroBackend(Backend):
    """folder: what `graph.export` made of the model whose sha256 is `digest`.

    Making one limits NumPy's BLAS to one thread in this process, and what malloc keeps
    (onnx_session.py tells why). runtime: what the decoder runs on.
    """

    lead, closing = LEAD, CLOSING

    def __init__(
        self,
        folder: Path,
        digest: str,
        threads: int,
        runtime: Runtime,
        front: OnnxSession | None = None,
    ) -> None:
        keep_cores_free()
        give_memory_back()
        self.folder, self.digest = folder, digest
        self._front = front or load_front(folder, threads)
        self._entrance = OnnxSession(folder / "trunk_entrance.onnx", 1)  # too little for two
        self.runtime, self.runs_on, self.shares = runtime, runtime.name, runtime.shares
        self.lacking, self.batch = runtime.lacking, runtime.batch
        self.generator, self._trunk = runtime.generator, runtime.trunk

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

    def trunk(self, front: FrontOutput, halt: Halt, turns: float = 0.0) -> Prosody:
        source = self.source(front.f0, turns)
        trunk, _ = self._trunk.run(front, 0, len(front.f0), None, halt)
        return Prosody(front.durations, front.f0, front.energy, trunk, source, front.style)

    def trunk_statistics(self, front: FrontOutput, halt: Halt) -> tuple[Floats, AdainStatistics]:
        """The whole trunk [1, 512, 2F] and the true statistics of its AdaIN. Raises Halted."""
        return self._trunk.run(front, 0, len(front.f0), None, halt)

    def trunk_entrance(self, front: FrontOutput, halt: Halt) -> TrunkEntrance:
        asr, f0, energy = curves(front, 0, len(front.f0))
        feeds = {"asr": asr, "f0": f0, "energy": energy, "style": front.style}
        outputs = ("mean", "variance", "activated")
        mean, variance, activated = (v.numpy() for v in self._entrance.run(outputs, feeds, halt))
        std = np.sqrt(variance.ravel() + np.float32(EPSILON))
        return TrunkEntrance(mean.ravel(), std, activated[0])

    def trunk_part(
        self, front: FrontOutput, statistics: AdainStatistics, begin: int, end: int, halt: Halt
    ) -> Floats:
        first, last = max(0, begin - TRUNK_REACH), min(len(front.f0), end + TRUNK_REACH)
        trunk, _ = self._trunk.run(front, first, last, statistics, halt)
        return trunk[:, :, begin - first : end - first]

    def source(self, f0: Floats, turns: float = 0.0) -> Floats:
        return self.generator.source(f0, turns)

    def pace(self, halt: Halt) -> float:
        """From the fastest of some steps of the generator, on silence.

        The fastest, because what else the machine does while a server starts is not its pace.
        """
        frames = WARM_UP + (TIMED_STEPS + 1) * TIMED_FRAMES + TAIL
        curve, trunk = np.zeros(frames, np.float32), np.zeros((1, 512, frames), np.float32)
        source = np.zeros((1, SOURCE_CHANNELS, SPECTRUM_FRAMES * frames + 1), np.float32)
        style = np.zeros((1, STYLE), np.float32)
        silence = Prosody(np.array([frames // 2]), curve, curve, trunk, source, style)
        decoder, seconds = self.decoder(silence, neutral_statistics(), 0, halt), []
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
