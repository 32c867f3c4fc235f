"""What reading more before the first sound gains, and what it costs.

    python scripts/figures/first_readings.py [joins | distance]

Held-out texts are spoken at some paces, with the work counted as the pace says and no clock asked,
each time with another number of phonemes read first. Prints, for each number, how much later the
first sound comes, and rows of the quality gate. joins: those against the one-shot reading, of
sentences that may be read in more than one piece; only the front runs. distance: how far streaming
is from the exact decode, of all texts.
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
from onset.quality.log_mel import StreamingDistance, streaming_distance
from onset.quality.melody.first_part import first_part_distance, speak_first_parts
from onset.quality.melody.melodies import KindMelody, melody_distance, read_melodies
from onset.quality.renditions.memoizing_backend import DecodeMode, MemoizingBackend
from onset.quality.renditions.renditions import speak_twice
from onset.stats.quantiles import median, quantile
from onset.text import readings
from onset.text.readings import SMALLEST
from onset.trace import Trace
from onset.types import Chunk, Halt, Request

PACES = {"joins": (0.4, 1.0), "distance": (0.25, 0.4)}
FIRST = {"joins": (64, 92, 120, 160), "distance": (30, 45, 64, 92)}
SHORTEST = 80
"""Letters of a text from which on it may be read in more than one piece."""

JOINS = (
    "joins | word before a join longer, p90 | its final pitch, p90 | step, p90 "
    "| pitch of all words, median"
)
DISTANCE = "log-mel, dB, median | p95 | level, 95 % within | first part, dB, median"


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
    """A request: seconds until its first sound, and what was measured of it."""

    first: float
    melody: KindMelody | None = None
    distance: StreamingDistance | None = None
    first_part: float | None = None


def spoken(engine: Engine, request: Request, pace: float, part: str) -> Spoken:
    """Speak it at a pace, with as many phonemes read first as the module says."""
    engine.pace = pace
    kind = f"{pace:g}"
    first = first_sound(engine, request)
    if part == "joins":
        melody = melody_distance(read_melodies(engine, request, [kind])).kinds[kind]
        return Spoken(first, melody=melody)
    distance = streaming_distance(speak_twice(engine, request))
    own = first_part_distance(speak_first_parts(engine, request, [kind]))
    return Spoken(first, distance=distance, first_part=own.log_mel_rmse[kind])


def joins_row(all_spoken: list[Spoken]) -> list[float | None]:
    """The figures of JOINS."""
    melodies = [each.melody for each in all_spoken if each.melody]
    joins = [join for melody in melodies for join in melody.joins]
    finals = [abs(join.before_final) for join in joins if join.before_final is not None]
    steps = [join.step for join in joins if join.step is not None]
    return [
        len(joins),
        quantile([join.before for join in joins], 0.9),
        quantile(finals, 0.9),
        quantile(steps, 0.9),
        median([melody.pitch for melody in melodies if melody.pitch is not None]),
    ]


def distance_row(all_spoken: list[Spoken]) -> list[float | None]:
    """The figures of DISTANCE."""
    distances = [each.distance for each in all_spoken if each.distance]
    return [
        median([distance.log_mel_rmse for distance in distances]),
        quantile([distance.log_mel_rmse for distance in distances], 0.95),
        quantile([abs(distance.level) for distance in distances], 0.95),
        median([each.first_part for each in all_spoken if each.first_part is not None]),
    ]


def row(all_spoken: list[Spoken], base: list[Spoken], figures: list[float | None]) -> str:
    """The first sounds of one number of phonemes, alone and over those of 64, and its figures."""
    later = [a.first / b.first for a, b in zip(all_spoken, base, strict=True)]
    cells = [median([1e3 * each.first for each in all_spoken]), median(later), *figures]
    return " | ".join("–" if cell is None else f"{cell:.4g}" for cell in cells)


def texts(part: str, count: int) -> list[Request]:
    """Held-out lines of all English voices."""
    voices = [name for name in VOICES if VOICES[name].language.startswith("en")]
    lines = {code: corpus("heldout", code) for code in {language(voice) for voice in voices}}
    shortest = SHORTEST if part == "joins" else 0
    long = {code: [line for line in own if len(line) > shortest] for code, own in lines.items()}
    items = plan_items(voices, (1.0,), count, long, corpus())
    return [item.request for item in items if item.held_out and item.group == "voice"]


def main() -> None:
    """Print a row for each pace and number."""
    parser = argparse.ArgumentParser(description="What reading more before the first sound costs")
    parser.add_argument("part", choices=list(PACES))
    parser.add_argument("--count", type=int, default=6, help="Lines a voice.")
    asked = parser.parse_args()
    part, requests = asked.part, texts(asked.part, asked.count)
    engine = load(load_settings({}, fallback=False))
    figures, names = (joins_row, JOINS) if part == "joins" else (distance_row, DISTANCE)
    print(f"| pace | read first | first sound, ms | over 64 | {names} |")
    for pace in PACES[part]:
        found = dict[int, list[Spoken]]()
        for number in FIRST[part]:
            reading_limits.FIRST_READING = number
            readings.SMALLEST = min(SMALLEST, number)
            found[number] = [spoken(engine, request, pace, part) for request in requests]
        for number, one in found.items():
            told = row(one, found[64], figures(one))
            print(f"| {pace:g} | {number} | {told} |", flush=True)


if __name__ == "__main__":
    main()
