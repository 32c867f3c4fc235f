"""How near the statistics of a part of a reading's frames are to those of all, by how it is chosen.

    python scripts/figures/sampled_statistics.py

Held-out lines are decoded whole. At each AdaIN's input, mean and deviation over windows that are
spread over the reading are compared with those over all of it: what a generator could know that
computes but a share of the frames. Prints root mean squares over the channels, medians over the
lines: of the means, in deviations, and of the deviations, as logarithms.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np

from onset.calibration.collect import corpus
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.model.backend import finished
from onset.model.decoding.generator import neutral_statistics
from onset.model.graph.istftnet import STAGES
from onset.model.kokoro import KokoroBackend
from onset.native.library import Machine
from onset.types import Floats, Halt, Request

VOICES = ("af_heart", "bm_lewis", "am_adam", "bf_alice", "am_michael", "bf_emma")

RATES = (800, 4800)
"""Positions a second of each stage."""

WINDOWS = ((100, 300), (50, 150), (25, 75), (12.5, 37.5), (50, 100), (25, 50), (12.5, 25))
"""Milliseconds of a window, and from one to the next."""

Errors = dict[tuple[float, float], list[tuple[float, float]]]
"""Mean squares of a tensor's channels, by the windows."""


def error(y: Floats, rate: int, window: float, period: float) -> tuple[float, float]:
    """Mean squares over the channels of y [C / 32, t, 32]: of means and of log deviations."""
    every = round(period * rate / 1000)
    inside = (np.arange(y.shape[1]) + every // 3) % every < round(window * rate / 1000)
    part, whole = y[:, inside].astype(np.float64), y.astype(np.float64)
    means = (part.mean(1) - whole.mean(1)) / whole.std(1)
    deviations = np.log(part.std(1) / whole.std(1))
    return float(np.mean(means**2)), float(np.mean(deviations**2))


@contextmanager
def watched(rate: int, errors: Errors) -> Iterator[None]:
    """Compare each tensor whose moments are asked for within the block."""
    convolve = Machine.convolve

    def watching(machine: Machine, *arguments: Any, **named: Any) -> Any:
        y, moments = convolve(machine, *arguments, **named)
        if moments is not None:
            for windows in WINDOWS:
                errors[windows].append(error(y, rate, *windows))
        return y, moments

    with patch.object(Machine, "convolve", watching):
        yield


def stage_errors(engine: Engine, backend: KokoroBackend, request: Request) -> list[Errors]:
    """Of each stage."""
    front = engine.front(next(engine.readings(request)), request, Halt())
    prosody, statistics = backend.trunk(front, Halt()), neutral_statistics()
    x, found = prosody.trunk, list[Errors]()
    for number, rate in enumerate(RATES):
        errors: Errors = defaultdict(list)
        with watched(rate, errors):
            task = backend.generator.full_stage(number, x, prosody, statistics, Halt())
            x = finished(task)
        found.append(errors)
    return found


def main() -> None:
    """Print a row for each stage and choice of windows."""
    engine = Engine(load_settings({}, fallback=False, generator="native"))
    assert isinstance(engine.backend, KokoroBackend)
    lines = [line for line in corpus("heldout") if 40 <= len(line) <= 80][: len(VOICES)]
    found = [
        stage_errors(engine, engine.backend, Request(line, voice))
        for line, voice in zip(lines, VOICES, strict=True)
    ]
    print("| stage | window, ms | every, ms | share | mean | log deviation |")
    for number in range(len(STAGES)):
        for window, period in WINDOWS:
            rows = [np.sqrt(np.mean(errors[number][window, period], axis=0)) for errors in found]
            mean, deviation = (median(float(row[k]) for row in rows) for k in (0, 1))
            share = window / period
            print(
                f"| {number} | {window} | {period} | {share:.2f} | {mean:.4f} | {deviation:.4f} |"
            )


if __name__ == "__main__":
    main()
