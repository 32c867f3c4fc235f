"""Timestamps: when each word of a segment is heard, from the durations of its phonemes.

As in hexgrad/kokoro (pipeline.py `join_timestamps`) two words share the space between them by
halves, and speech is heard a little earlier than its tokens say; unlike there, the pause of a comma
or a full stop belongs to no word.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from onset.text.g2p.vocabulary import PUNCTUATION, audible
from onset.types import FRAME_SAMPLES, SpokenWord, Word

EARLY = 900
"""Samples (37.5 ms) that speech is ahead of its tokens, measured over the held-out lines of two
voices: where the model's energy rises after a pause, and where it is least between two words."""

QUIET = "".join(sorted(PUNCTUATION)) + " "


def word_times(
    words: Sequence[Word], durations: npt.NDArray[np.int64], begin: int, length: int
) -> tuple[SpokenWord, ...]:
    """When each word of a segment is heard, in samples of it, all within 0 to `length`.

    words: as Segment.words. durations: frames of each token, int64 [n + 2], pads included.
    begin, length: which samples of the segment's whole decode are kept. The first word begins with
    them; together the texts and spaces of the result are the segment's text.
    """
    sound = "".join(word.phonemes for word in words).rstrip()
    frames = np.cumsum(durations)  # frames[i]: where token i of `sound` begins
    times = []
    for span in _spans(words):
        start = _edge(sound, frames, span.first - 1, span.first)
        end = _edge(sound, frames, span.last, span.last)
        inside = np.clip(np.array([start, end]) - begin - EARLY, 0, length)
        times.append(SpokenWord(span.text, span.space, int(inside[0]), int(inside[1])))
    if times:
        times[0] = replace(times[0], start=0)
    return tuple(times)


def shift_words(words: Sequence[SpokenWord], samples: int) -> tuple[SpokenWord, ...]:
    """The same words so many samples later."""
    return tuple(replace(w, start=w.start + samples, end=w.end + samples) for w in words)


@dataclass(frozen=True, slots=True)
class _WordSpan:
    """A word with the marks that stand alone beside it. Its sound is tokens first to last - 1."""

    text: str
    space: str
    first: int
    last: int


def _spans(words: Sequence[Word]) -> list[_WordSpan]:
    spans: list[_WordSpan] = []
    opening, token = "", 0
    for word in words:
        core = word.phonemes.strip(QUIET)
        first = token + len(word.phonemes) - len(word.phonemes.lstrip(QUIET))
        if audible(core):
            spans.append(_WordSpan(opening + word.text, word.space, first, first + len(core)))
            opening = ""
        elif spans:
            last = spans[-1]
            text = last.text + last.space + word.text
            spans[-1] = replace(last, text=text, space=word.space)
        else:
            opening += word.text + word.space
        token += len(word.phonemes)
    return spans


def _edge(sound: str, frames: npt.NDArray[np.int64], token: int, edge: int) -> int:
    """The sample where token `edge` begins; the middle of `token` instead if that is a space."""
    if 0 <= token < len(sound) and sound[token] == " ":
        return int(frames[token] + frames[token + 1]) * FRAME_SAMPLES // 2
    return int(frames[edge]) * FRAME_SAMPLES
