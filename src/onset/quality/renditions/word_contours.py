"""What was read of each word, in the order and at the time at which it is played.

The parts of an answer are laid out as they are heard, the silence between utterances included. A
word's duration is that of its phonemes and half of the space on either side, as in its timestamps;
the pause of a comma or a full stop belongs to no word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt

from onset.engine.audible_span import AUDIBLE_ENERGY
from onset.engine.word_timings import EARLY, QUIET
from onset.model.backend import DECODER_FRAME_SAMPLES
from onset.quality.renditions.renditions import SpokenPart
from onset.text.g2p.vocabulary import audible
from onset.types import Floats, Reading

VOICED = 50.0
"""Hz above which a frame has a pitch. The model's F0 passes through all that is below on its way
from a voiced sound to none."""

ENDS = 4
"""Voiced decoder frames (50 ms) at either end of a word whose mean is its first, and final pitch"""

SILENCE = -10.0
"""Energy of frames in which nothing is decoded."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """F0 (Hz) and energy of an answer as it is played: float32 [n], a value a decoder frame."""

    f0: Floats
    energy: Floats


@dataclass(frozen=True, slots=True)
class WordPlace:
    """A word that is heard: decoder frames [begin, end) of the timeline, clipped to what is played.

    letters: of the text before it. phonemes: how many it has. frames: how long it was read, in
    decoder frames. reading, utterance: which it is decoded from, and which that belongs to.
    """

    letters: int
    phonemes: int
    begin: int
    end: int
    frames: float
    reading: int
    utterance: int


@dataclass(frozen=True, slots=True)
class WordContour:
    """place: of the word. Pitches in semitones above 1 Hz, None where the word is not voiced.

    pitch: mean; first, final: of its ends. pause: seconds of silence between its middle and that of
    the next word, at the longest; 0 for the last.
    """

    place: WordPlace
    pitch: float | None
    first: float | None
    final: float | None
    pause: float


def word_places(parts: Sequence[SpokenPart]) -> list[WordPlace]:
    """Where each word that is heard lies, from the parts of a rendition, or of its beginning."""
    places, letters, utterance = list[WordPlace](), 0, -1
    readings = groupby(parts, key=lambda spoken: id(spoken.part.reading.words))
    for index, (_, group) in enumerate(readings):
        of_reading = list(group)
        first, final = (of_reading[n].part.reading for n in (0, -1))
        reading = replace(first, end=final.end)
        utterance += reading.first
        places += [
            replace(place, letters=place.letters + letters, reading=index, utterance=utterance)
            for place in _places(reading, of_reading)
        ]
        letters += len(reading.text)
    return places


def _places(reading: Reading, parts: Sequence[SpokenPart]) -> Iterator[WordPlace]:
    """The words of a reading. letters: from the beginning of what is decoded."""
    begins = np.cumsum(parts[0].part.front.durations)
    first, final = parts[0].part.span.begin, parts[-1].part
    last = len(final.front.f0) if final.opening and final.span.joined[1] else final.span.end
    offset = parts[0].position // DECODER_FRAME_SAMPLES - first
    sound = "".join(word.phonemes for word in reading.words).rstrip()
    letters, token = 0, sum(len(word.phonemes) for word in reading.words[: reading.begin])
    for word in reading.words[reading.begin : reading.end]:
        core = word.phonemes.strip(QUIET)
        if audible(core):
            start = token + len(word.phonemes) - len(word.phonemes.lstrip(QUIET))
            begin = _edge(sound, begins, start - 1, start)
            end = _edge(sound, begins, start + len(core), start + len(core))
            early = np.array([begin, end]) - EARLY // DECODER_FRAME_SAMPLES
            heard = np.clip(early, first, last).astype(int) + offset
            yield WordPlace(letters, len(core), int(heard[0]), int(heard[1]), end - begin, 0, 0)
        letters += len(word.text) + len(word.space)
        token += len(word.phonemes)


def _edge(sound: str, begins: npt.NDArray[np.int64], token: int, edge: int) -> float:
    """The decoder frame where token `edge` begins; the middle of `token` if that is a space."""
    if 0 <= token < len(sound) and sound[token] == " ":
        return float(begins[token] + begins[token + 1])
    return 2.0 * float(begins[edge])


def timeline(parts: Sequence[SpokenPart]) -> Timeline:
    """The curves of a rendition as it is played."""
    ends = [
        s.position // DECODER_FRAME_SAMPLES + s.part.span.end - s.part.span.begin for s in parts
    ]
    f0, energy = np.zeros(max(ends), np.float32), np.full(max(ends), SILENCE, np.float32)
    for spoken, end in zip(parts, ends, strict=True):
        span, front = spoken.part.span, spoken.part.front
        begin = spoken.position // DECODER_FRAME_SAMPLES
        f0[begin:end] = front.f0[span.begin : span.end]
        energy[begin:end] = front.energy[span.begin : span.end]
    return Timeline(f0, energy)


def word_contours(parts: Sequence[SpokenPart], words: Sequence[int]) -> list[WordContour]:
    """The contours of a rendition's words. words: the letters before each of them.

    What another rendition reads as one word is one here too: some readings cut the longest words.
    """
    curves, places = timeline(parts), dict[int, WordPlace]()
    for place in word_places(parts):
        index = int(np.searchsorted(words, place.letters, side="right")) - 1
        before = places.get(index)
        places[index] = place if before is None else _merged(before, place)
    ordered = [places[index] for index in sorted(places)]
    middles = [(place.begin + place.end) // 2 for place in ordered]
    pauses = [_silence(curves.energy[a:b]) for a, b in zip(middles, middles[1:], strict=False)]
    return [
        _contour(place, curves.f0[place.begin : place.end], pause)
        for place, pause in zip(ordered, [*pauses, 0.0], strict=True)
    ]


def _merged(first: WordPlace, second: WordPlace) -> WordPlace:
    phonemes, frames = first.phonemes + second.phonemes, first.frames + second.frames
    return replace(first, phonemes=phonemes, end=second.end, frames=frames)


def _contour(place: WordPlace, f0: Floats, pause: float) -> WordContour:
    pitch = 12 * np.log2(f0[f0 > VOICED])
    if not len(pitch):
        return WordContour(place, None, None, None, pause)
    mean, first, final = (float(part.mean()) for part in (pitch, pitch[:ENDS], pitch[-ENDS:]))
    return WordContour(place, mean, first, final, pause)


def _silence(energy: Floats) -> float:
    """Seconds of the longest run of frames that are not audible."""
    (changes,) = np.nonzero(np.diff(np.pad(energy < AUDIBLE_ENERGY, 1)))
    return float(max(changes[1::2] - changes[::2], default=0)) / 80
