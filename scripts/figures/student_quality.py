"""How good is the plan fast? `scripts/figures/student_quality.py [--count 40] [--output PAGE]`.

The student and Kokoro speak the same held-out English lines in af_heart's voice: the plan fast
against the plan exact, in which every sentence is read and decoded whole. Prints a line of JSON,
and writes what docs/quality/fast.md has. Nothing is timed, so it may run beside anything.

words: word error rate in per cent (quality/wer.py). opinion: DNSMOS overall (quality/dnsmos.py).
Both with the 95 % interval of the difference, student less Kokoro, by paired bootstrap. Melody,
before anything is decoded, of each line, medians and 95th percentiles: length of the whole in per
cent of Kokoro's, tokens' lengths off in ms (root mean square of a line), pitch of voiced tokens
off in semitones (likewise), range of pitch in per cent of Kokoro's. Needs the extra `quality`.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from onset.calibration.collect import corpus
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.engine.joins import LOWEST_PITCH
from onset.model.backend import FrontOutput
from onset.quality.aggregates import SENTENCE_WORDS
from onset.quality.dnsmos import predicted_scores
from onset.quality.wer import errors, transcriber
from onset.stats.bootstrap import PairedDifference, paired_difference
from onset.types import Floats, Halt, Request

FRAME_MS = 25.0

MELODY = {
    "length_percent": "length of a line, % of Kokoro's",
    "token_ms": "lengths of its tokens, ms off",
    "pitch_semitones": "pitch of its voiced tokens, semitones off",
    "range_percent": "range of pitch, % of Kokoro's",
}
"""The figures of the melody, and what the page calls them."""


@dataclass
class Measured:
    """Of each line: words, and for student and Kokoro errors among them; scores; melody."""

    words: list[tuple[int, int, int]] = field(default_factory=list)
    scores: list[tuple[float, float]] = field(default_factory=list)
    melody: list[list[float]] = field(default_factory=list)

    def word_errors(self) -> PairedDifference | None:
        """In per cent, of lines of SENTENCE_WORDS or more."""
        known = [row for row in self.words if row[0] >= SENTENCE_WORDS]
        student, kokoro = ([100.0 * row[side] for row in known] for side in (1, 2))
        return paired_difference(student, kokoro, [float(row[0]) for row in known])

    def opinions(self) -> PairedDifference | None:
        """Predicted scores."""
        student, kokoro = ([row[side] for row in self.scores] for side in (0, 1))
        return paired_difference(student, kokoro, [1.0] * len(self.scores))

    def melodies(self) -> dict[str, tuple[float, float]]:
        """Median and 95th percentile."""
        columns = np.array(self.melody).T
        middles = [(float(np.median(c)), float(np.quantile(c, 0.95))) for c in columns]
        return dict(zip(MELODY, middles, strict=True))


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
    """The four figures of one reading's melody."""
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


def melodies(engine: Engine, text: str) -> list[list[float]]:
    """Figures of each reading of a text that both can read whole and that has a melody."""
    student, halt, request = engine.students.model("af_heart"), Halt(), Request(text)
    found = []
    for reading in engine.readings(request, student.most_phonemes):
        ours = engine.front(reading, request, halt, student)
        rows = apart(ours, engine.front(reading, request, halt))
        if np.isfinite(rows).all():
            found.append(rows)
    return found


def measured(engine: Engine, lines: Sequence[str]) -> Measured:
    """Speak and judge every line twice."""
    transcribe, found = transcriber(engine.settings.threads), Measured()
    for text in lines:
        student, kokoro = engine.render(text, plan="fast"), engine.render(text, plan="exact")
        words, wrong = errors(text, transcribe(student))
        found.words.append((words, wrong, errors(text, transcribe(kokoro))[1]))
        scores = [predicted_scores(samples)["ovrl_mos"] for samples in (student, kokoro)]
        found.scores.append((scores[0], scores[1]))
        found.melody += melodies(engine, text)
    return found


PAGE = """# Quality of the plan fast

What the student of af_heart says, against Kokoro's own whole-sentence reading of the same {lines}
held-out lines (`plan: exact`). `scripts/figures/student_quality.py --count {lines}` writes
this page and tells how each figure is made. There is no threshold: the student is another model,
and who asks for `fast` gets it.

| | n | student | Kokoro | student less Kokoro | 95 % interval |
|---|---|---|---|---|---|
| word error rate, % | {wer} |
| DNSMOS overall | {mos} |

| melody against Kokoro's | median | 95th percentile |
|---|---|---|
{melody}
"""


def row(pair: PairedDifference, places: int) -> str:
    """Cells of a table."""
    numbers = f"{pair.first:.{places}f} | {pair.second:.{places}f} | {pair.difference:+.{places}f}"
    return f"{pair.n} | {numbers} | {pair.low:+.{places}f} to {pair.high:+.{places}f}"


def main() -> None:
    """Print the figures, and write the page."""
    parser = argparse.ArgumentParser(description="Quality of the student")
    parser.add_argument("--count", type=int, default=40, help="Lines, from short to long.")
    parser.add_argument("--output", type=Path, help="Where the page is written.")
    options = parser.parse_args()
    lines = sorted(corpus("heldout"), key=len)
    spread = np.linspace(0, len(lines) - 1, min(options.count, len(lines))).round().astype(int)
    lines = [lines[place] for place in spread]
    found = measured(Engine(load_settings({}, pace=0.25)), lines)
    wer, mos, melody = found.word_errors(), found.opinions(), found.melodies()
    assert wer is not None and mos is not None, "there are lines"
    if options.output is not None:
        figures = "\n".join(
            f"| {words} | {melody[name][0]:.1f} | {melody[name][1]:.1f} |"
            for name, words in MELODY.items()
        )
        page = PAGE.format(lines=len(lines), wer=row(wer, 2), mos=row(mos, 3), melody=figures)
        options.output.write_text(page, encoding="utf-8")
    told = {"wer": row(wer, 2), "mos": row(mos, 3), "melody_p50_p95": melody}
    print(json.dumps({"lines": len(lines), "readings": len(found.melody), **told}))


if __name__ == "__main__":
    main()
