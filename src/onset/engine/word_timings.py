"""Timestamps: when each word of a reading is heard, from the durations of its phonemes.

As in hexgrad/kokoro (pipeline.py `join_timestamps`) two words share the space between them by
halves, and speech is heard a little earlier than its tokens say; unlike there, the pause of a comma
or a full stop belongs to no word.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from onset.text.g2p.vocabulary import PUNCTUATION, audible
from onset.types import FRAME_SAMPLES, Reading, SpokenWord, Word

EARLY = 900
"""Samples (37.5 ms) that speech is ahead of its tokens, measured over the held-out lines of two
voices: where the model's energy rises after a pause, and where it is least between two words."""

QUIET = "".join(sorted(PUNCTUATION)) + " "


def word_times(
    reading: Reading, durations: npt.NDArray[np.int64], begin: int, length: int
) -> tuple[SpokenWord, ...]:
    """When each word decoded from a reading is heard, in samples, all within 0 to `length`.

    durations: frames of each token, int64 [n + 2], pads included. begin, length: which samples of
    the reading's whole decode are kept. The first word begins with them; together the texts and
    spaces of the result are the reading's text.
    """
    sound = "".join(word.phonemes for word in reading.words).rstrip()
    frames = np.cumsum(durations)  # frames[i]: where token i of `sound` begins
    token = sum(len(word.phonemes) for word in reading.words[: reading.begin])
    times: list[SpokenWord] = []
    for span in _spans(reading.words[reading.begin : reading.end], token):
        start = _edge(sound, frames, span.start - 1, span.start)
        end = _edge(sound, frames, span.end, span.end)
        inside = np.clip(np.array([start, end]) - begin - EARLY, 0, length)
        times.append(replace(span, start=int(inside[0]) if times else 0, end=int(inside[1])))
    return tuple(times)


def shift_words(words: Sequence[SpokenWord], samples: int) -> tuple[SpokenWord, ...]:
    """The same words so many samples later."""
    return tuple(replace(w, start=w.start + samples, end=w.end + samples) for w in words)


def _spans(words: Sequence[Word], token: int) -> list[SpokenWord]:
    """Each word with the marks that stand alone beside it; start, end: tokens of its sound.

    token: where the first word begins.
    """
    spans: list[SpokenWord] = []
    opening, marks = "", tuple[str, ...]()
    for word in words:
        marks += word.marks
        core = word.phonemes.strip(QUIET)
        first = token + len(word.phonemes) - len(word.phonemes.lstrip(QUIET))
        if audible(core):
            text = opening + word.text
            spans.append(SpokenWord(text, word.space, first, first + len(core), marks))
            opening, marks = "", ()
        elif spans:
            text = spans[-1].text + spans[-1].space + word.text
            spans[-1] = replace(spans[-1], text=text, space=word.space)
        else:
            opening += word.text + word.space
        token += len(word.phonemes)
    return spans


def _edge(sound: str, frames: npt.NDArray[np.int64], token: int, edge: int) -> int:
    """The sample where token `edge` begins; the middle of `token` instead if that is a space."""
    if 0 <= token < len(sound) and sound[token] == " ":
        return int(frames[token] + frames[token + 1]) * FRAME_SAMPLES // 2
    return int(frames[edge]) * FRAME_SAMPLES
