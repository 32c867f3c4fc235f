"""A fake that reads as people do: its last tokens are long and low, its first ones are high."""

from dataclasses import replace

import numpy as np

from fakes import fake_engine
from onset.engine.engine import Engine
from onset.model.backend import FrontOutput
from onset.model.fake_backend import FakeBackend
from onset.quality.renditions.memoizing_backend import MemoizingBackend
from onset.types import Floats, Halt

DRAWN_OUT = 3
"""How many times as long the last three tokens are."""


class DroopingBackend(FakeBackend):
    """Every reading ends an octave lower than its middle, and begins half an octave higher."""

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        front = super().front(tokens, style, speed, halt)
        durations = front.durations.copy()
        durations[-4:-1] *= DRAWN_OUT
        frames = 2 * int(durations.sum())
        begin, end = 2 * int(durations[0]), frames - 2 * int(durations[-1])
        octaves = np.zeros(frames, np.float32)
        octaves[begin : begin + 18] = np.linspace(0.5, 0, 18)
        octaves[end - 54 : end] = np.linspace(0, -1, 54)
        voiced = np.zeros(frames, bool)
        voiced[begin:end] = True
        energy = np.where(voiced, 8.0, -9.5).astype(np.float32)
        f0 = (200 * np.exp2(octaves) * voiced).astype(np.float32)
        asr = np.zeros((1, front.asr.shape[1], frames // 2), np.float32)
        return replace(front, durations=durations, f0=f0, energy=energy, asr=asr)


def drooping_engine() -> Engine:
    return fake_engine(backend=MemoizingBackend(DroopingBackend()))
