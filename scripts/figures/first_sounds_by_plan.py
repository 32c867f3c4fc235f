"""The beginning of answers in two plans against the exact one.

    scripts/figures/first_sounds_by_plan.py

Speaks the same new sentences in every plan, in turns, and prints a line of JSON: seconds of work
until the first sound, and the log-mel distance (quality/log_mel.py, dB, median over sentences) of
the first second and the first two from the plan exact. Sentences are short enough to be read whole
in every plan, so that only decoding differs; af_heart, pace 0.25.
"""

import argparse
import json
from time import perf_counter

import numpy as np

from onset.bench.workload.texts import TextClass, TextSupply
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.quality.log_mel import log_mel_rmse
from onset.types import SAMPLE_RATE, Floats, PlanName

PLANS: tuple[PlanName, ...] = ("balanced", "quality")


def spoken(engine: Engine, text: str, plan: PlanName) -> tuple[float, Floats]:
    """Seconds until the first chunk, and all samples."""
    begin = perf_counter()
    chunks = engine.speak(text, plan=plan)
    first = next(chunks)
    seconds = perf_counter() - begin
    return seconds, np.concatenate([first.samples, *(chunk.samples for chunk in chunks)])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Beginnings by plan")
    parser.add_argument("--count", type=int, default=20, help="Sentences.")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    engine = Engine(load_settings({}, pace=0.25, fallback=False))
    spoken(engine, "Once to nobody, so that all is there.", "balanced")
    firsts: dict[PlanName, list[float]] = {name: [] for name in (*PLANS, "exact")}
    apart: dict[PlanName, list[list[float]]] = {name: [] for name in PLANS}
    for text in TextSupply(options.seed).texts("plans", TextClass.FORTY, options.count):
        seconds, exact = spoken(engine, text, "exact")
        firsts["exact"].append(seconds)
        for plan in PLANS:
            seconds, samples = spoken(engine, text, plan)
            assert len(samples) == len(exact), "not read whole"
            firsts[plan].append(seconds)
            ends = [SAMPLE_RATE, 2 * SAMPLE_RATE, len(exact)]
            apart[plan].append([log_mel_rmse(samples[:end], exact[:end]) for end in ends])
    figures = {
        plan: dict(zip(("1_s", "2_s", "all"), np.median(apart[plan], axis=0).round(3), strict=True))
        for plan in PLANS
    }
    waits = {
        plan: {"p50": round(np.median(s), 3), "p95": round(np.quantile(s, 0.95), 3)}
        for plan, s in firsts.items()
    }
    print(json.dumps({"sentences": options.count, "first_s": waits, "log_mel_db": figures}))


if __name__ == "__main__":
    main()
