"""The melody of a text spoken while it is written: `python scripts/figures/streamed_melody.py`.

Held-out texts come token by token, as from a language model, at several rates. The rows are those
of the quality gate: every word against the one-shot reading of the whole text. Time is counted,
not taken: a token comes when the rate says, and speech takes the work that the pace says, so a run
gives the same figures on every machine. Prints a table for each pace, with the figures of a text
that is there from the beginning, and words that were written when speech began.
"""

import argparse
from collections.abc import Sequence
from statistics import median

from onset.calibration.collect import corpus
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.engine.reading_limits import PHONEME_SECONDS
from onset.model.voice_styles import language
from onset.quality.evaluate import load
from onset.quality.gate_items import GateItem, plan_items
from onset.quality.melody.melodies import Melodies, melody_distance, one_shot, read_words
from onset.quality.melody.melody_figures import MELODY_FIGURES
from onset.quality.renditions.memoizing_backend import DecodeMode
from onset.quality.renditions.renditions import Rendition, spoken
from onset.quality.renditions.word_contours import word_places
from onset.quality.results import ItemResult
from onset.text.incremental import TextStream
from onset.types import Pause, Reading, Request, Silence

RATES = (20.0, 50.0, 100.0)
"""Tokens a second: of a model on a slow machine, on a fast one, and by an API."""

TOKEN = 4
"""Letters of a token, about: English text with the tokens of today's models."""

SHORTEST = 60
"""Letters of a text from which on it may be read in more than one piece."""

WHOLE = "there"


class WrittenText:
    """A ReadingSource on a text that is being written, `rate` tokens a second of counted time.

    begun: letters that were there at the first reading; None before it.
    """

    def __init__(self, engine: Engine, request: Request, rate: float) -> None:
        lang = engine.language(request)
        self._stream = TextStream(len(request.text), lang)
        self._source = engine.reader.source(request, lang, self._stream)
        self._text, self._rate, self._pace = request.text, rate, engine.pace
        self._fed, self._time, self.begun = 0, 0.0, None

    begun: int | None

    def next(self, most: int) -> Reading | Silence | Pause | None:
        """As ReadingSource."""
        self._feed(int(self._time * self._rate) * TOKEN)
        reading = self._source.next(most)
        if reading is Pause.NEED_TEXT:
            self._time = (self._fed // TOKEN + 1.01) / self._rate
        if isinstance(reading, Reading):
            self.begun = self._fed if self.begun is None else self.begun
            words = reading.words[reading.begin : reading.end]
            phonemes = sum(len(word.phonemes) for word in words)
            self._time += self._pace * PHONEME_SECONDS * phonemes
        return reading

    def _feed(self, until: int) -> None:
        """Write as far as the letter `until`."""
        if self._fed < min(until, len(self._text)):
            self._stream.feed(self._text[self._fed : until])
            self._fed = min(until, len(self._text))
        if self._fed == len(self._text):
            self._stream.end()


def read_at(engine: Engine, request: Request, rate: float) -> tuple[Rendition, int]:
    """The text read as it is written, and words that were there when it began."""
    source = WrittenText(engine, request, rate)
    rendition = spoken(engine, request, DecodeMode.SILENT, source)
    return rendition, len(request.text[: source.begun or 0].split())


def measured(engine: Engine, item: GateItem) -> tuple[ItemResult, dict[float, int]]:
    """The melody of one text at every rate, and the words at which each began."""
    whole = spoken(engine, one_shot(item.request), DecodeMode.SILENT)
    words = [place.letters for place in word_places(whole.parts)]
    kinds = {WHOLE: read_words(spoken(engine, item.request, DecodeMode.SILENT), words)}
    begun = dict[float, int]()
    for rate in RATES:
        rendition, begun[rate] = read_at(engine, item.request, rate)
        kinds[f"{rate:g}"] = read_words(rendition, words)
    melody = melody_distance(Melodies(read_words(whole, words), kinds))
    return ItemResult(item, melody=melody), begun


def told(results: Sequence[ItemResult], begun: Sequence[dict[float, int]], pace: float) -> None:
    """Print the table of a pace."""
    kinds = [WHOLE, *(f"{rate:g}" for rate in RATES)]
    print(f"\n| pace {pace:g}, {len(results)} texts | allowed | {' | '.join(kinds)} |")
    print("|---" * (len(kinds) + 2) + "|")
    for figure in MELODY_FIGURES:
        if figure.part == "melody":
            values = [figure.of(results, kind) for kind in kinds]
            cells = ["-" if value is None else f"{value:.2f} ({n})" for value, n in values]
            print(f"| {figure.name}, {figure.unit} | {figure.limit:g} | {' | '.join(cells)} |")
    words = [f"{median(each[rate] for each in begun):g}" for rate in RATES]
    print(f"| words written when speech begins, median | | all | {' | '.join(words)} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="The melody of a text that is being written")
    parser.add_argument("--voices", default="af_heart,am_michael,bf_emma,bm_george,af_nova,am_puck")
    parser.add_argument("--count", type=int, default=24, help="Lines a voice.")
    arguments = parser.parse_args()
    voices = arguments.voices.split(",")
    lines = {code: corpus("heldout", code) for code in {language(voice) for voice in voices}}
    items = [
        item
        for item in plan_items(voices, (1.0,), arguments.count, lines, corpus())
        if item.held_out and item.group == "voice" and len(item.request.text) >= SHORTEST
    ]
    engine = load(load_settings({}, fallback=False))
    for engine.pace in (0.12, 0.25, 0.4):
        results, begun = zip(*(measured(engine, item) for item in items), strict=True)
        told(results, begun, engine.pace)


if __name__ == "__main__":
    main()
