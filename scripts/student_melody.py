"""The melody of the plan fast against Kokoro's: `scripts/student_melody.py [--count 40]`.

The student and Kokoro read the same sentences whole, and what they make of them is compared before
anything is decoded: how long each token lasts, and the pitch of each voiced one. Prints a line of
JSON, medians and 95th percentiles over sentences: length of the whole in per cent of Kokoro's,
tokens' lengths off in ms (root mean square of a sentence), pitch off in semitones (likewise), and
the range of pitch in per cent of Kokoro's.
"""

import argparse
import json

import numpy as np

from onset.bench.workload.texts import TextClass, TextSupply
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.engine.joins import LOWEST_PITCH
from onset.model.backend import FrontOutput
from onset.types import Floats, Halt, Request

FRAME_MS = 25.0


def pitches(front: FrontOutput) -> Floats:
    """Mean pitch of each token in octaves, NaN where it is not voiced."""
    ends = 2 * np.cumsum(front.durations)
    found = np.full(len(ends), np.nan, np.float32)
    for token, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        voiced = front.f0[begin:end]
        voiced = voiced[voiced > LOWEST_PITCH]
        if 2 * len(voiced) > end - begin:
            found[token] = np.log2(voiced).mean()
    return found


def apart(student: FrontOutput, kokoro: FrontOutput) -> list[float]:
    """The four figures of a sentence."""
    inner = slice(1, -1)  # without the silence around
    ours, theirs = student.durations[inner], kokoro.durations[inner]
    both = np.stack([pitches(student)[inner], pitches(kokoro)[inner]])
    both = both[:, ~np.isnan(both).any(axis=0)]
    off = 12 * (both[0] - both[1])
    spread = both.std(axis=1)
    return [
        100 * float(ours.sum() / theirs.sum()),
        FRAME_MS * float(np.sqrt(np.mean((ours - theirs) ** 2.0))),
        float(np.sqrt(np.mean(off**2))),
        100 * float(spread[0] / spread[1]),
    ]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Melody of the student")
    parser.add_argument("--count", type=int, default=40, help="Sentences.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    engine, halt, rows = Engine(load_settings({}, pace=0.25)), Halt(), []
    student = engine.students.model("af_heart")
    for text in TextSupply(options.seed).texts("melody", TextClass.SENTENCE, options.count):
        request = Request(text)
        for reading in engine.readings(request, student.most_phonemes):
            both = (
                engine.front(reading, request, halt, student),
                engine.front(reading, request, halt),
            )
            rows.append(apart(*both))
    names = ("length_percent", "token_ms", "pitch_semitones", "range_percent")
    found = np.array(rows)
    told = {
        name: {"p50": round(float(np.median(c)), 2), "p95": round(float(np.quantile(c, 0.95)), 2)}
        for name, c in zip(names, found.T, strict=True)
    }
    print(json.dumps({"readings": len(rows), **told}))


if __name__ == "__main__":
    main()
