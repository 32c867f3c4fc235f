"""First part: the audio of the first sound against one-shot's, its words laid over each other.

What is decoded before anything else, an opening or a whole reading, and at least two seconds. Its
log-mel spectrogram (as above), each word stretched to the length it has in the exact decode of the
one-shot reading; the distance is the root mean square difference over all frames and bands of
words, in dB. Streaming at all paces; and the control, which is decoded exactly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from onset.engine.engine import Engine
from onset.errors import ModelError
from onset.model.backend import DECODER_FRAME_SAMPLES
from onset.quality.log_mel import HOP, WINDOW, log_mel
from onset.quality.melody.melodies import KINDS, one_shot, spoken_as
from onset.quality.renditions.memoizing_backend import DecodeMode
from onset.quality.renditions.renditions import Rendition, SpokenPart, spoken
from onset.quality.renditions.word_contours import WordPlace, word_places
from onset.types import SAMPLE_RATE, Floats, Request

FIRST_SECONDS = 2
"""Seconds compared at least: what the first 30 phonemes last, which were the first part when a
sentence was cut. An opening lasts 0.2 to 1 s, in which the quiet frames of the onset weigh most."""


@dataclass(frozen=True, slots=True)
class FirstAudio:
    """The beginning of an answer: its samples as far as they are needed, and its words.

    end: sample at which its first part ends.
    """

    samples: Floats
    words: Sequence[WordPlace]
    end: int


@dataclass(frozen=True, slots=True)
class FirstParts:
    """The first part of each of KINDS, and one-shot for as long as the longest of them."""

    one_shot: FirstAudio
    kinds: dict[str, FirstAudio]


@dataclass(frozen=True, slots=True)
class FirstPartDistance:
    """dB, and seconds of one-shot that were compared, of each of KINDS."""

    log_mel_rmse: dict[str, float]
    seconds: dict[str, float]


def speak_first_parts(engine: Engine, request: Request, kinds: Sequence[str] = KINDS) -> FirstParts:
    """Speak the first part of a request in every way, and as much of it as one-shot.

    Raises InvalidRequest as the engine does, ModelError if nothing is heard.
    """
    begun = {
        kind: _audio(spoken_as(engine, request, kind, DecodeMode.PREDICTED, _first_part_is_out))
        for kind in kinds
    }
    heard = [[word.letters for word in _heard(audio)] for audio in begun.values()]
    if not all(heard):
        raise ModelError("There is no word in the first part.")
    letters = max(max(each) for each in heard)

    def covered(parts: Sequence[SpokenPart], samples: int) -> bool:
        ends = [p.end for p in word_places(parts) if p.letters > letters]
        return bool(ends) and samples >= ends[0] * DECODER_FRAME_SAMPLES

    whole = spoken(engine, one_shot(request), DecodeMode.TRUE, enough=covered)
    return FirstParts(_audio(whole), begun)


def _first_part_is_out(parts: Sequence[SpokenPart], samples: int) -> bool:
    return bool(parts) and samples >= _end(parts)


def _end(parts: Sequence[SpokenPart]) -> int:
    return max(parts[0].position + parts[0].part.span.length, FIRST_SECONDS * SAMPLE_RATE)


def _audio(rendition: Rendition) -> FirstAudio:
    end = min(_end(rendition.parts), len(rendition.samples))
    return FirstAudio(rendition.samples, word_places(rendition.parts), end)


def _heard(audio: FirstAudio) -> list[WordPlace]:
    """The words of which something is in the first part."""
    end = audio.end // DECODER_FRAME_SAMPLES
    return [word for word in audio.words if word.begin < min(word.end, end)]


def first_part_distance(parts: FirstParts) -> FirstPartDistance:
    """Compare every kind with one-shot."""
    whole = log_mel(parts.one_shot.samples)
    places = {word.letters: word for word in parts.one_shot.words}
    distances, seconds = dict[str, float](), dict[str, float]()
    for kind, audio in parts.kinds.items():
        pairs = list(_aligned(audio, places))
        times, aligned = (np.concatenate(each) for each in zip(*pairs, strict=True))
        own = log_mel(audio.samples)
        # A window that reaches beyond the part would hear what follows, which is not compared.
        inside = (times < len(whole) - 1) & (aligned <= (audio.end - WINDOW // 2) / HOP)
        apart = _at(own, aligned[inside]) - _at(whole, times[inside])
        distances[kind] = float(np.sqrt(np.mean(apart**2)))
        seconds[kind] = len(apart) * HOP / SAMPLE_RATE
    return FirstPartDistance(distances, seconds)


Times = npt.NDArray[np.float64]
"""Hops of a spectrogram, in fractions."""


def _aligned(audio: FirstAudio, places: dict[int, WordPlace]) -> Iterator[tuple[Times, Times]]:
    """Of each word in the part: its hops in one-shot, and the times in `audio` they are laid on."""
    hops = DECODER_FRAME_SAMPLES / HOP
    end = audio.end / DECODER_FRAME_SAMPLES
    for word in _heard(audio):
        place = places.get(word.letters)
        if place is None or place.end <= place.begin:
            continue  # the longest words are cut in some readings
        share = (min(word.end, end) - word.begin) / (word.end - word.begin)
        last = place.begin + share * (place.end - place.begin)
        times = np.arange(np.ceil(place.begin * hops), last * hops)
        stretch = (word.end - word.begin) / (place.end - place.begin)
        yield times, word.begin * hops + (times - place.begin * hops) * stretch


def _at(spectrogram: npt.NDArray[np.float64], times: Times) -> npt.NDArray[np.float64]:
    """Rows of a spectrogram at fractions of hops, between their neighbours; [n, bands]."""
    low = np.floor(times).astype(int)
    share = (times - low)[:, None]
    rows: npt.NDArray[np.float64] = (1 - share) * spectrogram[low] + share * spectrogram[low + 1]
    return rows
