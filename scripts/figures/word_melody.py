"""How each word of a sentence is read: `python scripts/figures/word_melody.py [--pace P] [TEXT]`.

Prints a table: the words' milliseconds in one piece, by Onset at a machine's pace, and cut as
Onset 0.1 did; below, semitones that each word ends above its end in one piece.
"""

import argparse
from collections.abc import Sequence

from onset.config import load_settings
from onset.engine.playout_budget import FRAME
from onset.quality.evaluate import load
from onset.quality.melody.melodies import FRAGMENTS, ReadWords, read_melodies
from onset.types import Request

SENTENCE = "She asked whether the old train station near the river would open again this year."


def row(name: str, cells: Sequence[str]) -> None:
    """A line of the table."""
    print(f"| {name} | {' | '.join(cells)} |")


def told(name: str, read: ReadWords, whole: ReadWords) -> None:
    """Milliseconds of each word, and how much higher it ends than in one piece."""
    row(name, [f"{1e3 * FRAME * word.place.frames:.0f}" for word in read.words])
    ends = [(word.final, one.final) for word, one in zip(read.words, whole.words, strict=True)]
    row("its end", ["-" if a is None or b is None else f"{a - b:+.1f}" for a, b in ends])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How each word of a sentence is read")
    parser.add_argument("text", nargs="?", default=SENTENCE)
    parser.add_argument("--voice", default="af_heart")
    parser.add_argument("--pace", default="0.12", choices=["0.12", "0.25", "0.4", "1"])
    arguments = parser.parse_args()
    engine = load(load_settings({}, fallback=False))
    request = Request(arguments.text, arguments.voice)
    melodies = read_melodies(engine, request, (arguments.pace, FRAGMENTS))
    row("", arguments.text.split())
    row("---", ["---"] * len(arguments.text.split()))
    told("in one piece", melodies.one_shot, melodies.one_shot)
    told(f"Onset, pace {arguments.pace}", melodies.kinds[arguments.pace], melodies.one_shot)
    told("cut as Onset 0.1 did", melodies.kinds[FRAGMENTS], melodies.one_shot)


if __name__ == "__main__":
    main()
