"""What reading more before the first sound gains, and what it costs.

    python scripts/figures/first_readings.py

Held-out sentences that are longer than the shortest first reading are spoken at two paces, with the
work counted as the pace says and no clock asked, each time with another number of phonemes read
first. Prints, for each number, how much later the first sound comes, and the joins against the
one-shot reading, as the quality gate has them. Only the front runs.
"""

import argparse
from contextlib import closing
from dataclasses import dataclass

from onset.calibration.collect import corpus
from onset.config import load_settings
from onset.engine import reading_limits
from onset.engine.engine import Engine
from onset.model.voice_styles import VOICES, language
from onset.quality.evaluate import load
from onset.quality.gate_items import plan_items
from onset.quality.melody.melodies import KindMelody, melody_distance, read_melodies
from onset.quality.renditions.memoizing_backend import DecodeMode, MemoizingBackend
from onset.stats.quantiles import median, quantile
from onset.trace import Trace
from onset.types import Chunk, Halt, Request

PACES = (0.4, 1.0)
FIRST = (64, 92, 120, 160)
SHORTEST = 80
"""Letters of a text from which on it may be read in more than one piece."""


def first_sound(engine: Engine, request: Request) -> float:
    """Seconds of work until the first chunk."""
    assert isinstance(engine.backend, MemoizingBackend)
    engine.backend.begin(request, DecodeMode.SILENT)
    trace = Trace()
    with closing(engine.turns(request, trace, Halt())) as turns:
        next(chunk for chunk in turns if isinstance(chunk, Chunk))
    return trace.counted


@dataclass(frozen=True)
class Spoken:
    """A request: seconds until its first sound, and its melody."""

    first: float
    melody: KindMelody


def spoken(engine: Engine, request: Request, pace: float) -> Spoken:
    """Speak it at a pace, with as many phonemes read first as the module says."""
    engine.pace = pace
    kind = f"{pace:g}"
    melody = melody_distance(read_melodies(engine, request, [kind])).kinds[kind]
    return Spoken(first_sound(engine, request), melody)


def row(all_spoken: list[Spoken], shortest: list[Spoken]) -> str:
    """The figures of one number of phonemes; what it costs is against the shortest."""
    joins = [join for each in all_spoken for join in each.melody.joins]
    later = [a.first / b.first for a, b in zip(all_spoken, shortest, strict=True)]
    finals = [abs(join.before_final) for join in joins if join.before_final is not None]
    steps = [join.step for join in joins if join.step is not None]
    cells = (
        median([1e3 * each.first for each in all_spoken]),
        median(later),
        len(joins),
        quantile([join.before for join in joins], 0.9),
        quantile(finals, 0.9),
        quantile(steps, 0.9),
        median([each.melody.pitch for each in all_spoken if each.melody.pitch is not None]),
    )
    return " | ".join("–" if cell is None else f"{cell:.4g}" for cell in cells)


def main() -> None:
    """Print a table for each pace."""
    parser = argparse.ArgumentParser(description="What reading more before the first sound costs")
    parser.add_argument("--count", type=int, default=6, help="Lines a voice.")
    count = parser.parse_args().count
    voices = [name for name in VOICES if VOICES[name].language.startswith("en")]
    lines = {code: corpus("heldout", code) for code in {language(voice) for voice in voices}}
    long = {code: [line for line in own if len(line) > SHORTEST] for code, own in lines.items()}
    items = plan_items(voices, (1.0,), count, long, corpus())
    requests = [item.request for item in items if item.held_out and item.group == "voice"]
    engine = load(load_settings({}, fallback=False))
    print(
        "| pace | read first | first sound, ms | over 64 | joins | word before a join longer, p90 "
        "| its final pitch, p90 | step, p90 | pitch of all words, median |"
    )
    for pace in PACES:
        shortest = list[Spoken]()
        for reading_limits.FIRST_READING in FIRST:
            found = [spoken(engine, request, pace) for request in requests]
            shortest = shortest or found
            told = row(found, shortest)
            print(f"| {pace:g} | {reading_limits.FIRST_READING} | {told} |", flush=True)


if __name__ == "__main__":
    main()
