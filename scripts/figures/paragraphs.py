"""What reading a whole paragraph as one utterance changes: `scripts/figures/paragraphs.py`.

The same texts are read by four rules, each a value of `text.readings.TOGETHER`: every sentence
alone, as Onset does, with up to 510 phonemes from the second utterance on, and with up to 510 from
the first word on, as hexgrad/kokoro does. A fifth, the control, reads every sentence alone, with
the style row that the voice has for the length of the whole utterance. Only the front runs; the
pauses that the answer would add are in the figures. `--pauses` decodes one paragraph a voice and
prints its silences.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import fmean, pstdev

import numpy as np

from onset.calibration.collect import corpus
from onset.engine.audible_span import AUDIBLE_ENERGY, audible_span, pause_samples
from onset.engine.engine import Engine
from onset.engine.joins import EARLY_FRAMES, LOWEST_PITCH
from onset.engine.word_timings import QUIET
from onset.model.backend import DECODER_FRAME_SAMPLES, FrontOutput
from onset.model.voice_styles import language
from onset.stats.quantiles import median, quantile
from onset.text import readings as reading_rules
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.vocabulary import audible
from onset.text.normalize import pieces
from onset.text.sentence_splitter import Break
from onset.types import MAX_PHONEMES, SAMPLE_RATE, Floats, Halt, Reading, Request

ENGLISH = ("af_heart", "am_michael", "bf_emma")
OTHERS = {"ef_dora": "es", "ff_siwis": "fr"}

Rule = tuple[int, int, int]
RULES: dict[str, Rule] = {
    "alone": (0, 0, 0),
    "now": reading_rules.TOGETHER,
    "then 510": (30, MAX_PHONEMES, MAX_PHONEMES),
    "one": (MAX_PHONEMES,) * 3,
}
STYLED = "styled"
"""Sentences alone, in the style of the long utterance they would be read in by "one"."""

FRAME_SECONDS = DECODER_FRAME_SAMPLES / SAMPLE_RATE
SILENT = -9.5
"""Energy of silence."""

REFERENCE = 100.0
"""Hz of 0 semitones."""

LAST_VOICED = 8
"""Voiced frames (100 ms) whose median is a final pitch: the last lie on the curve's fall to 0."""

SENTENCES = (3, 4, 5, 6)
SHORTEST_LINE = 25
"""Characters. A shorter line is hardly ever a sentence."""

RUSHED, DRAWN = 0.75, 1.33
"""Ratios to the duration read alone beyond which a word counts as rushed or drawn out."""

QUIETER = 35.0
"""dB under a voice's loudest twentieth at which its samples count as silence."""

DECODED = ("am_puck", "bm_fable", "af_kore", "am_michael", "ff_siwis")
"""Voices whose pauses are measured on samples: two of the tables, and others unlike them."""

STEP = 100
"""Phonemes of a class of places in the utterance."""

WRITTEN = (
    "The council has voted to close the north bridge for six months. Engineers found cracks in two "
    "of its piers last spring, and heavy lorries have been banned since June. Drivers will be sent "
    "round by the ring road, which adds about ten minutes. Shopkeepers on the hill say they were "
    "never asked. A public meeting will be held in the town hall on Thursday.",
    "Heavy rain is expected along the coast tonight. Up to forty millimetres may fall before dawn, "
    "and rivers that are already high could flood low roads. Ferries have been cancelled until the "
    "wind drops. By the weekend it should be dry again, with some sunshine in the south.",
    "The old man kept a lamp in the window long after the ships had stopped coming. Nobody asked "
    "him why. Children dared each other to knock on his door, and ran before he could open it. One "
    "winter evening a girl did not run. He looked at her for a while, stepped aside, and put the "
    "kettle on.",
    "We left before sunrise, while the fields were still grey. My sister drove and I read the map, "
    "which was older than both of us. Around noon the road simply ended at a lake. There was no "
    "sign, no fence, nothing but reeds and a small green boat. So we sat on the bonnet, ate the "
    "sandwiches, and agreed that this had been the plan all along.",
    '"Have you seen my keys?" she asked. "They were on the table a minute ago." He did not look up '
    'from his paper. "Try the fridge," he said. "That is where you left them last time." She '
    "opened the door, and there they were, next to the butter.",
    "Did you call the school? Yes, twice, and nobody answered. Then let us drive over there now. "
    "It closes at four, so we still have half an hour! Bring the form with you, and a pen that "
    "actually works.",
    "First, switch the machine off and unplug it. Wait until the plate is cold before you touch "
    "it. Pull the tray forward, lift it slightly, and take it out. Wash it by hand in warm water, "
    "never in a dishwasher. When it is dry, slide it back until it clicks. Do not use the machine "
    "without it.",
    "Bees do not see the world as we do. They cannot see red, but they can see ultraviolet, and "
    "many flowers carry patterns that only they can read. Such a pattern often points to the "
    "nectar, like the lights of a runway. In return the bee carries pollen to the next flower. "
    "Neither of them knows about the bargain.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word of a paragraph. seconds: of its phonemes. begin, end: decoder frames of the answer.

    reading: index of the utterance it is in. offset: phonemes of that in front of it.
    """

    seconds: float
    begin: int
    end: int
    reading: int
    offset: int


@dataclass(frozen=True, slots=True)
class ReadParagraph:
    """A paragraph by one rule: f0 and energy of the answer, and the words of each sentence."""

    f0: Floats
    energy: Floats
    sentences: tuple[tuple[PlacedWord, ...], ...]

    def pitch(self, begin: int, end: int) -> Floats:
        """Semitones of the voiced frames between two frames, [n]."""
        f0 = self.f0[max(0, begin - EARLY_FRAMES) : max(0, end - EARLY_FRAMES)]
        return np.asarray(12 * np.log2(f0[f0 > LOWEST_PITCH] / REFERENCE), np.float32)

    def sentence_pitch(self, sentence: int) -> Floats:
        words = self.sentences[sentence]
        return self.pitch(words[0].begin, words[-1].end)

    def heard(self, word: PlacedWord) -> bool:
        """Whether a word's energy becomes audible at all."""
        begin, end = max(0, word.begin - EARLY_FRAMES), word.end - EARLY_FRAMES
        return bool(self.energy[begin:end].max() > AUDIBLE_ENERGY)

    def silence(self, border: int) -> float:
        """Seconds of the longest silence between sentence `border` and the next."""
        before, behind = self.sentences[border][-1], self.sentences[border + 1][0]
        begin = (before.begin + before.end) // 2 - EARLY_FRAMES
        end = (behind.begin + behind.end) // 2 - EARLY_FRAMES
        loud = np.flatnonzero(self.energy[begin:end] > AUDIBLE_ENERGY)
        edges = np.concatenate([[-1], loud, [end - begin]])
        return float(np.diff(edges).max() - 1) * FRAME_SECONDS


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text, its voice and language. kind: which set it is of."""

    text: str
    voice: str
    lang: str
    kind: str


class ParagraphReader:
    """Reads paragraphs by any rule."""

    def __init__(self) -> None:
        self._phonemizer = Phonemizer()
        self.engine = Engine(words=self._phonemizer.words)

    def readings(self, paragraph: Paragraph, rule: Rule) -> list[Reading]:
        words = self._phonemizer.words
        with _together(rule):
            return list(
                reading_rules.readings(
                    paragraph.text, lambda p: words(p, paragraph.lang), lang=paragraph.lang
                )
            )

    def read(self, paragraph: Paragraph, found: Sequence[Reading]) -> ReadParagraph:
        request = Request(paragraph.text, paragraph.voice, lang=paragraph.lang)
        f0, energy, words, length = list[Floats](), list[Floats](), list[PlacedWord](), 0
        for index, reading in enumerate(found):
            front = self.engine.front(reading, request, Halt())
            span = audible_span(front.energy)
            words += _placed(reading, front, index, length - span.begin)
            quiet = round(pause_samples(reading.pause, span) / DECODER_FRAME_SAMPLES)
            f0 += [front.f0[span.begin : span.end], np.zeros(quiet, np.float32)]
            energy += [front.energy[span.begin : span.end], np.full(quiet, SILENT, np.float32)]
            length += span.end - span.begin + quiet
        counts = self._sentence_words(paragraph)
        if sum(counts) != len(words):
            raise RuntimeError(f"{sum(counts)} words were expected, {len(words)} read.")
        edges = np.concatenate([[0], np.cumsum(counts)])
        sentences = tuple(tuple(words[begin:end]) for begin, end in pairwise(edges))
        return ReadParagraph(np.concatenate(f0), np.concatenate(energy), sentences)

    def _sentence_words(self, paragraph: Paragraph) -> list[int]:
        """How many words are heard in each sentence."""
        counts = [0]
        for piece in pieces(paragraph.text, paragraph.lang):
            found = self._phonemizer.words(piece.text, paragraph.lang)
            counts[-1] += sum(audible(word.phonemes) for word in found)
            if piece.end >= Break.SENTENCE:
                counts.append(0)
        return [count for count in counts if count]

    def by_all_rules(self, paragraph: Paragraph) -> dict[str, ReadParagraph]:
        found = {name: self.readings(paragraph, rule) for name, rule in RULES.items()}
        longest = max(len(reading.phonemes) for reading in found["one"])
        found[STYLED] = [replace(reading, known=longest) for reading in found["alone"]]
        return {name: self.read(paragraph, each) for name, each in found.items()}

    def filled(self, lines: Sequence[str], voice: str, lang: str) -> Iterator[Paragraph]:
        """Consecutive lines, as many together as the model can read at once."""
        held: list[str] = []
        for line in lines:
            more = Paragraph(" ".join([*held, line]), voice, lang, "full")
            if held and len(self.readings(more, RULES["one"])) > 1:
                yield replace(more, text=" ".join(held))
                held = []
            held.append(line)


@contextmanager
def _together(rule: Rule) -> Iterator[None]:
    """Read by another rule than the one that ships."""
    shipped = reading_rules.TOGETHER
    reading_rules.TOGETHER = rule
    try:
        yield
    finally:
        reading_rules.TOGETHER = shipped


def _placed(reading: Reading, front: FrontOutput, index: int, shift: int) -> Iterator[PlacedWord]:
    """The words of a reading that are heard. shift: frames of the answer in front of its first."""
    begins = np.cumsum(front.durations)
    token = 0
    for word in reading.words:
        core = word.phonemes.strip(QUIET)
        first = token + len(word.phonemes) - len(word.phonemes.lstrip(QUIET))
        token += len(word.phonemes)
        if audible(core):
            begin, end = 2 * int(begins[first]), 2 * int(begins[first + len(core)])
            seconds = (end - begin) * FRAME_SECONDS
            yield PlacedWord(seconds, begin + shift, end + shift, index, first)


def _lines(name: str, lang: str) -> list[str]:
    """Lines of a corpus that are sentences."""
    lines = corpus(name, lang)
    return [line for line in lines if line[-1] in ".?!" and len(line) >= SHORTEST_LINE]


def paragraphs(reader: ParagraphReader, count: int) -> Iterator[Paragraph]:
    """All that is read: written ones, `count` of lines of each corpus, and `count` full ones."""
    languages = {**dict.fromkeys(ENGLISH, "en-us"), **OTHERS}
    for voice, lang in languages.items():
        spoken = "en-gb" if voice.startswith("b") else lang
        if lang == "en-us":
            yield from (Paragraph(text, voice, spoken, "written") for text in WRITTEN)
        lines = [*_lines("heldout", lang), *_lines("corpus", lang)]
        begin = 0
        for index in range(2 * count):
            size = SENTENCES[index % len(SENTENCES)]
            text = " ".join(lines[begin : begin + size])
            yield Paragraph(text, voice, spoken, "lines")
            begin += size
        full = reader.filled(lines, voice, spoken)
        yield from (paragraph for paragraph, _ in zip(full, range(count), strict=False))


Measure = Callable[[ReadParagraph], list[float]]


def _final(read: ReadParagraph, sentence: int) -> float:
    """Semitones of the last voiced frames of a sentence; NaN if there are none."""
    voiced = read.sentence_pitch(sentence)[-LAST_VOICED:]
    return float(np.median(voiced)) if len(voiced) else float("nan")


def _first(read: ReadParagraph, sentence: int) -> float:
    """Semitones of the first word of a sentence with a voiced frame."""
    for word in read.sentences[sentence]:
        voiced = read.pitch(word.begin, word.end)
        if len(voiced):
            return float(voiced.mean())
    return float("nan")


def _borders(read: ReadParagraph) -> range:
    return range(len(read.sentences) - 1)


def _silences(read: ReadParagraph, inside: bool | None) -> list[float]:
    """Of borders inside an utterance, between two, or (None) all."""
    ends = [(b, read.sentences[b][-1].reading, read.sentences[b + 1][0].reading)
            for b in _borders(read)]  # fmt: skip
    return [read.silence(b) for b, x, y in ends if inside is None or inside == (x == y)]


def _means(read: ReadParagraph) -> list[float]:
    """Mean pitch of each sentence."""
    return [float(read.sentence_pitch(s).mean()) for s in range(len(read.sentences))]


def _slope(values: Sequence[float]) -> list[float]:
    """Semitones a sentence."""
    return [float(np.polyfit(range(len(values)), values, 1)[0])] if len(values) > 1 else []


def _range(pitch: Floats) -> float:
    """Semitones between the tenth and the ninetieth percentile."""
    low, high = np.percentile(pitch, [10, 90])
    return float(high - low)


def _all(read: ReadParagraph) -> range:
    return range(len(read.sentences))


FIGURES: dict[str, Measure] = {
    "silence between sentences, s": lambda r: _silences(r, None),
    "... inside an utterance": lambda r: _silences(r, True),
    "... between utterances": lambda r: _silences(r, False),
    "last word of a sentence, s": lambda r: [r.sentences[b][-1].seconds for b in _borders(r)],
    "reset: first word over final pitch, st": lambda r: [
        _first(r, b + 1) - _final(r, b) for b in _borders(r)
    ],
    "first sentence of a paragraph, st over all": lambda r: [_means(r)[0] - fmean(_means(r))],
    "last sentence of a paragraph, st over all": lambda r: [_means(r)[-1] - fmean(_means(r))],
    "declination, st a sentence": lambda r: _slope(_means(r)),
    "first words' declination, st a sentence": lambda r: _slope([_first(r, s) for s in _all(r)]),
    "deviation of sentences' mean pitch, st": lambda r: [pstdev(_means(r))],
    "pitch range of a sentence, st": lambda r: [_range(r.sentence_pitch(s)) for s in _all(r)],
    "whole paragraph, s": lambda r: [len(r.f0) * FRAME_SECONDS],
}  # fmt: skip

PAIRED: dict[str, Measure] = {
    "silence, s": lambda r: _silences(r, None),
    "last word, ratio": lambda r: [np.log(r.sentences[b][-1].seconds) for b in _borders(r)],
    "final pitch, st": lambda r: [_final(r, b) for b in _borders(r)],
    "first word's pitch of the next, st": lambda r: [_first(r, b + 1) for b in _borders(r)],
    "paragraph's final pitch, st": lambda r: [_final(r, len(r.sentences) - 1)],
    "pitch range of a sentence, ratio": lambda r: [
        np.log(_range(r.sentence_pitch(s))) for s in _all(r)
    ],
    "speech without pauses, ratio": lambda r: [
        np.log(sum(word.seconds for words in r.sentences for word in words))
    ],
    "whole paragraph, ratio": lambda r: [np.log(len(r.f0))],
}


def _quantiles(values: Sequence[float]) -> str:
    """The tenth percentile, the median and the ninetieth."""
    known = [value for value in values if np.isfinite(value)]
    shown = [quantile(known, 0.1), median(known), quantile(known, 0.9)]
    return " ".join("-" if value is None else f"{value:.2f}" for value in shown)


def print_figures(all_read: Sequence[Mapping[str, ReadParagraph]]) -> None:
    """Each figure by rule, and each figure less that of the sentence read alone."""
    names = list(all_read[0])
    print("p10 median p90 |" + " | ".join(names))
    for title, measure in FIGURES.items():
        cells = [[v for read in all_read for v in measure(read[name])] for name in names]
        print(f"{title} | " + " | ".join(map(_quantiles, cells)))
    print("against alone |" + " | ".join(names[1:]))
    for title, measure in PAIRED.items():
        base = np.array([v for read in all_read for v in measure(read["alone"])])
        cells = []
        for name in names[1:]:
            apart = np.array([v for read in all_read for v in measure(read[name])]) - base
            cells.append((np.exp(apart) if title.endswith("ratio") else apart).tolist())
        print(f"{title} | " + " | ".join(map(_quantiles, cells)))


@dataclass(slots=True)
class PlaceFigures:
    """What begins at some distance from an utterance's first phoneme, against reading it alone.

    ratios, long, alone: duration of each word, and seconds of all, read both ways. unheard: words
    whose energy never becomes audible. pitch, ranges: of each sentence, semitones and ratio.
    """

    ratios: list[float] = field(default_factory=list)
    long: float = 0.0
    alone: float = 0.0
    unheard: int = 0
    pitch: list[float] = field(default_factory=list)
    ranges: list[float] = field(default_factory=list)

    def add(self, word: PlacedWord, alone: PlacedWord, *, heard: bool) -> None:
        self.ratios.append(word.seconds / alone.seconds)
        self.long += word.seconds
        self.alone += alone.seconds
        self.unheard += not heard

    def row(self) -> str:
        rushed = 100 * fmean(ratio < RUSHED for ratio in self.ratios)
        drawn = 100 * fmean(ratio > DRAWN for ratio in self.ratios)
        words = f"{len(self.ratios)} | {self.long / self.alone:.3f} | {_quantiles(self.ratios)}"
        shares = f"{rushed:.1f} | {drawn:.1f} | {self.unheard}"
        return f"{words} | {shares} | {_quantiles(self.pitch)} | {_quantiles(self.ranges)}"


def print_places(all_read: Sequence[Mapping[str, ReadParagraph]], name: str) -> None:
    """How words and sentences differ from those read alone, by their place in the utterance."""
    places: dict[int, PlaceFigures] = {}
    for read in all_read:
        alone, long = read["alone"], read[name]
        for index, (one, other) in enumerate(zip(alone.sentences, long.sentences, strict=True)):
            pitch = alone.sentence_pitch(index), long.sentence_pitch(index)
            place = places.setdefault(other[0].offset // STEP, PlaceFigures())
            place.pitch.append(float(pitch[1].mean() - pitch[0].mean()))
            place.ranges.append(_range(pitch[1]) / _range(pitch[0]))
            for word, again in zip(one, other, strict=True):
                place = places.setdefault(again.offset // STEP, PlaceFigures())
                place.add(again, word, heard=long.heard(again))
    print(f"{name}: phoneme | words | speech | ratio | rushed % | drawn % | unheard | st | range")
    for at in sorted(places):
        print(f"{at * STEP} | {places[at].row()}")


def print_pauses(reader: ParagraphReader) -> None:
    """Silences of a paragraph's decoded samples, sentences read alone and all as one utterance."""
    print("voice | alone: seconds at each border | one | ... by its energy curve")
    for voice in DECODED:
        lang = language(voice)
        english = lang.startswith("en-")
        text = WRITTEN[1] if english else " ".join(_lines("corpus", lang)[: SENTENCES[1]])
        paragraph = Paragraph(text, voice, lang, "pauses")
        cells = list[list[float]]()
        for name in ("alone", "one"):
            read = reader.read(paragraph, reader.readings(paragraph, RULES[name]))
            with _together(RULES[name]):
                samples = reader.engine.render(text, voice=voice, exact=True)
            cells.append([_decoded_silence(read, samples, b) for b in _borders(read)])
        cells.append(_silences(read, None))
        print(f"{voice} | " + " | ".join(" ".join(f"{v:.2f}" for v in cell) for cell in cells))


def _decoded_silence(read: ReadParagraph, samples: Floats, border: int) -> float:
    """As ReadParagraph.silence, of samples."""
    size = DECODER_FRAME_SAMPLES
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    level = np.sqrt(np.mean(frames**2, axis=1))
    loud = level > np.percentile(level, 95) * 10 ** (-QUIETER / 20)
    energy = np.where(loud, 0.0, SILENT).astype(np.float32)
    return replace(read, energy=energy).silence(border)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6, help="paragraphs of each corpus and voice")
    parser.add_argument("--pauses", action="store_true", help="of decoded samples instead")
    options = parser.parse_args()
    reader = ParagraphReader()
    if options.pauses:
        print_pauses(reader)
        return
    kinds: dict[str, list[dict[str, ReadParagraph]]] = {}
    for paragraph in paragraphs(reader, options.count):
        english = "English" if paragraph.lang.startswith("en-") else "other"
        read = reader.by_all_rules(paragraph)
        kinds.setdefault(f"{paragraph.kind}, {english}", []).append(read)
    for kind, all_read in kinds.items():
        borders = sum(len(read["alone"].sentences) - 1 for read in all_read)
        print(f"\n## {kind}: {len(all_read)} paragraphs, {borders} borders")
        print_figures(all_read)
        for name in ("now", "then 510", "one", STYLED):
            print_places(all_read, name)


if __name__ == "__main__":
    main()
