"""How often would a first reading made ahead be the one that is spoken: this script tells.

Writes paragraphs word by word, as a language model does, and after each word asks what would be
read first if the text ended there. Prints a line of JSON: words until speech begins, how many of
those guesses are the reading that is spoken in the end, all and those behind a full stop, and
milliseconds of front and trunk, which is what a right guess saves at most.
"""

import argparse
import json
import re
from statistics import median
from time import perf_counter

from onset.bench.workload.texts import TextClass, TextSupply
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.engine.reading_limits import FIRST_READING
from onset.text.incremental import TextStream
from onset.types import Halt, Reading, Request


def first_reading(engine: Engine, written: str, *, ended: bool) -> Reading | None:
    """What is read first of a text that was written so far; None if it is too little."""
    request, stream = Request("", engine.settings.voice), TextStream(100_000, "en-us")
    stream.feed(written)
    if ended:
        stream.end()
    if not stream.ready():
        return None
    reading = engine.reader.source(request, "en-us", stream).next(FIRST_READING)
    return reading if isinstance(reading, Reading) else None


def work_ms(engine: Engine, reading: Reading) -> tuple[float, float]:
    """Milliseconds of front and of trunk."""
    halt, begin = Halt(), perf_counter()
    front = engine.front(reading, Request("", engine.settings.voice), halt)
    middle = perf_counter()
    engine.backend.trunk(front, halt)
    return 1e3 * (middle - begin), 1e3 * (perf_counter() - middle)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Readings made ahead")
    parser.add_argument("--count", type=int, default=20, help="Paragraphs.")
    engine = Engine(load_settings({}, fallback=False))
    words, guesses, costs = list[int](), list[tuple[bool, bool]](), list[tuple[float, float]]()
    for text in TextSupply(5).texts("ahead", TextClass.PARAGRAPH, parser.parse_args().count):
        ends = [match.end() for match in re.finditer(r"\S+\s*", text)]
        spoken = next(
            (n, found)
            for n, end in enumerate(ends, 1)
            if (found := first_reading(engine, text[:end], ended=n == len(ends))) is not None
        )
        words.append(spoken[0])
        for end in ends[: spoken[0] - 1]:
            made = first_reading(engine, text[:end], ended=True)
            right = made is not None and made.phonemes == spoken[1].phonemes
            guesses.append((right, text[:end].rstrip().endswith((".", "!", "?"))))
        costs.append(work_ms(engine, spoken[1]))
    front, trunk = (round(median(times), 1) for times in zip(*costs, strict=True))
    stops = [right for right, stop in guesses if stop]
    told = {
        "words": median(words),
        "guesses": len(guesses),
        "right": sum(right for right, _ in guesses),
        "behind_stops": len(stops),
        "right_behind_stops": sum(stops),
    }
    print(json.dumps(told | {"front_ms": front, "trunk_ms": trunk, "pace": engine.pace}))


if __name__ == "__main__":
    main()
