"""Melody: every word as streaming reads it, against the one-shot reading of the whole utterance.

The published model reads an utterance at once, at most 510 phonemes: that is the truth. Streaming
reads what it has time for, so it is measured at four paces, 0.12 to 1; and so is a control, the
old way: fragments of at most 30, 90, then 180 phonemes, each read as an utterance of its own. A
*join* lies between two words of an utterance that are decoded from two readings.

- *Duration* of a word: its phonemes and half of the spaces beside it, by that of one-shot.
- *Pitch*: mean over a word's voiced frames (F0 above 50 Hz), in semitones; its *final* pitch is
  that of its last 50 ms of them, and a *step* is from there to the first 50 ms of the next word.
  All words: root mean square difference over the request's words.
- *Added pause*: 60 ms or more of silence beyond one-shot's at a border of words, silence being what
  the energy curve says is not audible, as it is played.
- *Told apart*: area under the ROC curve of a classifier of joins against the other word borders of
  the same utterances, by what is heard: duration of the word before (for its phonemes, at the
  utterance's tempo), its final pitch and the next word's (in the utterance), step and pause. A
  ridge-penalised logistic regression, fitted on one half of the requests and judged on the other,
  both ways; 0.5 is chance. The same of one-shot at the same borders tells what their places in the
  sentence alone give away.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from onset.engine.engine import Engine
from onset.errors import ModelError
from onset.quality.renditions.fragments import FragmentSource
from onset.quality.renditions.memoizing_backend import DecodeMode
from onset.quality.renditions.renditions import Enough, Rendition, spoken
from onset.quality.renditions.word_contours import WordContour, word_contours, word_places
from onset.types import Request

PACES = (0.12, 0.25, 0.4, 1.0)
"""Seconds of work for a second of speech: of machines of 2025, of those of 2021, of older ones, of
those that only keep up."""

FRAGMENTS = "fragments"
"""The control."""

KINDS = (*(f"{pace:g}" for pace in PACES), FRAGMENTS)
"""What is compared with one-shot: streaming at each pace, and the control."""

ADDED = 0.06
"""Seconds of a pause beyond one-shot's that are heard as a pause of its own."""


@dataclass(frozen=True, slots=True)
class JoinDifference:
    """The words before and behind a join against one-shot's; pitches None where one is not voiced.

    before, behind: ratios of durations. before_final, behind_pitch: differences in semitones. step:
    size of the step across the join less one-shot's, semitones.
    """

    before: float
    before_final: float | None
    behind: float
    behind_pitch: float | None
    step: float | None


@dataclass(frozen=True, slots=True)
class BorderCues:
    """What is heard at a border of words, and in one-shot there. join: whether it is one."""

    join: bool
    heard: tuple[float, ...]
    one_shot: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class KindMelody:
    """One kind of reading against one-shot. pitch: of all words, rms semitones; None if unvoiced.

    duration: ratio of the answers' lengths. paused: utterances with an added pause. borders: of
    voiced words, in the utterances that have a join.
    """

    pitch: float | None
    duration: float
    paused: int
    joins: list[JoinDifference]
    borders: list[BorderCues]


@dataclass(frozen=True, slots=True)
class MelodyDistance:
    """Of one request: how many utterances and words one-shot reads, and what each kind makes of
    them, by its name in KINDS."""

    utterances: int
    words: int
    kinds: dict[str, KindMelody]


class ReadWords(NamedTuple):
    """The words of a rendition, and how many samples all of it has."""

    words: Sequence[WordContour]
    samples: int


@dataclass(frozen=True, slots=True)
class Melodies:
    """What one-shot reads of a request, and each of KINDS."""

    one_shot: ReadWords
    kinds: dict[str, ReadWords]


def spoken_as(
    engine: Engine, request: Request, kind: str, mode: DecodeMode, enough: Enough | None = None
) -> Rendition:
    """Speak a request as one of KINDS, as `renditions.spoken` does; the control decoded exactly."""
    if kind == FRAGMENTS:
        source = FragmentSource(engine.readings(request))
        return spoken(engine, one_shot(request), mode, source, enough)
    with _at_pace(engine, float(kind)):
        return spoken(engine, request, mode, None, enough)


@contextmanager
def _at_pace(engine: Engine, pace: float) -> Iterator[None]:
    own, engine.pace = engine.pace, pace
    try:
        yield
    finally:
        engine.pace = own


def read_melodies(engine: Engine, request: Request, kinds: Sequence[str] = KINDS) -> Melodies:
    """Read a request as one-shot and in every other way; nothing is decoded.

    Raises InvalidRequest as the engine does, ModelError if not all read the same words.
    """
    whole = spoken(engine, one_shot(request), DecodeMode.SILENT)
    words = [place.letters for place in word_places(whole.parts)]
    others = {
        kind: read_words(spoken_as(engine, request, kind, DecodeMode.SILENT), words)
        for kind in kinds
    }
    return Melodies(read_words(whole, words), others)


def one_shot(request: Request) -> Request:
    """The request as the published model reads it."""
    return Request(request.text, request.voice, request.speed, request.lang, exact=True)


def read_words(rendition: Rendition, words: Sequence[int]) -> ReadWords:
    """What a rendition has of one-shot's words. words: the letters before each of them.

    Raises ModelError if it has others.
    """
    contours = word_contours(rendition.parts, words)
    if len(contours) != len(words):
        raise ModelError(f"{len(contours)} words were read, {len(words)} in one-shot.")
    return ReadWords(contours, len(rendition.samples))


def melody_distance(melodies: Melodies) -> MelodyDistance:
    """Compare every kind with one-shot."""
    whole = melodies.one_shot
    utterances = len({word.place.utterance for word in whole.words})
    kinds = {kind: _compared(read, whole) for kind, read in melodies.kinds.items()}
    return MelodyDistance(utterances, len(whole.words), kinds)


class _Border(NamedTuple):
    """Two neighbouring words of a kind, then the same two of one-shot."""

    before: WordContour
    behind: WordContour
    whole_before: WordContour
    whole_behind: WordContour

    @property
    def inside(self) -> bool:
        """Whether it lies inside an utterance of one-shot."""
        return self.whole_before.place.utterance == self.whole_behind.place.utterance

    @property
    def join(self) -> bool:
        return self.inside and self.before.place.reading != self.behind.place.reading

    @property
    def paused(self) -> bool:
        return self.before.pause - self.whole_before.pause >= ADDED


def _compared(read: ReadWords, whole: ReadWords) -> KindMelody:
    pairs = list(zip(read.words, whole.words, strict=True))
    borders = [_Border(a, b, one_a, one_b) for (a, one_a), (b, one_b) in pairwise(pairs)]
    apart = [_difference(word.pitch, one.pitch) for word, one in pairs]
    squares = [each**2 for each in apart if each is not None]
    return KindMelody(
        pitch=float(np.sqrt(np.mean(squares))) if squares else None,
        duration=read.samples / whole.samples,
        paused=len({b.whole_before.place.utterance for b in borders if b.paused}),
        joins=[_join_difference(border) for border in borders if border.join],
        borders=list(_cues(borders, read, whole)),
    )


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _step(before: WordContour, behind: WordContour) -> float | None:
    return _difference(behind.first, before.final)


def _join_difference(border: _Border) -> JoinDifference:
    before, behind, one_before, one_behind = border
    step, one_step = _step(before, behind), _step(one_before, one_behind)
    return JoinDifference(
        before=before.place.frames / one_before.place.frames,
        before_final=_difference(before.final, one_before.final),
        behind=behind.place.frames / one_behind.place.frames,
        behind_pitch=_difference(behind.pitch, one_behind.pitch),
        step=None if step is None or one_step is None else abs(step) - abs(one_step),
    )


def _cues(borders: Sequence[_Border], read: ReadWords, whole: ReadWords) -> Iterator[BorderCues]:
    """The borders between voiced words in utterances of one-shot that have a join."""
    joined = {b.whole_before.place.utterance for b in borders if b.join}
    for utterance in sorted(joined):
        places = [i for i, w in enumerate(whole.words) if w.place.utterance == utterance]
        own, one_shot = ([words[i] for i in places] for words in (read.words, whole.words))
        for border in borders:
            if border.inside and border.whole_before.place.utterance == utterance:
                heard = _heard(border.before, border.behind, own)
                there = _heard(border.whole_before, border.whole_behind, one_shot)
                if heard is not None and there is not None:
                    yield BorderCues(border.join, heard, there)


def _heard(
    before: WordContour, behind: WordContour, words: Sequence[WordContour]
) -> tuple[float, ...] | None:
    """Tempo of the word before (log), its final pitch, the next word's, step, pause."""
    step = _step(before, behind)
    if step is None or before.final is None or behind.pitch is None:
        return None
    tempo = sum(w.place.frames for w in words) / sum(w.place.phonemes for w in words)
    drawn_out = np.log(max(1.0, before.place.frames) / before.place.phonemes / tempo)
    level = float(np.mean([w.pitch for w in words if w.pitch is not None]))
    heard = drawn_out, before.final - level, behind.pitch - level, step, before.pause
    return tuple(round(float(each), 4) for each in heard)
