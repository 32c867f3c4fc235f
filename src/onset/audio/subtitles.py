"""Subtitles: words and their times as SubRip or WebVTT, in lines that can be read in time.

The limits are those that broadcasters use (BBC subtitle guidelines; Netflix timed text style).
"""

import html
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain

import srt

from onset.types import SAMPLE_RATE, SpokenWord

LINE_COLUMNS = 42
"""Columns of a line; a cue has two. Characters of Chinese and Japanese take two columns."""

LONGEST_CUE = 6 * SAMPLE_RATE
"""Samples that a cue is shown at most."""

SHORTEST_CUE = SAMPLE_RATE
"""Samples that a cue is shown at least, unless the next one begins."""

CUE_PAUSE = SAMPLE_RATE // 2
"""Samples of silence that end a cue."""

SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
CLOSING_MARKS = "\"”'’)»」』"


def subtitles(words: Sequence[SpokenWord]) -> str:
    """A SubRip file of an answer's words; empty if there are none."""
    return "".join(subrip(words))


def subrip(words: Iterable[SpokenWord]) -> Iterator[str]:
    """The same piece by piece: no more than two cues are held."""
    for number, cue in enumerate(_timed_cues(words), 1):
        yield srt.Subtitle(number, cue.start, cue.end, cue.content).to_srt()


def web_vtt(words: Iterable[SpokenWord]) -> Iterator[str]:
    """A WebVTT file (W3C), as browsers and players of audiobooks read it, piece by piece."""
    yield "WEBVTT\n\n"
    for cue in _timed_cues(words):
        times = f"{_vtt_time(cue.start)} --> {_vtt_time(cue.end)}"
        yield f"{times}\n{html.escape(cue.content, quote=False)}\n\n"


SUBTITLE_WRITERS: dict[str, Callable[[Iterable[SpokenWord]], Iterator[str]]] = {
    ".srt": subrip,
    ".vtt": web_vtt,
}
"""What writes a file with such an ending."""


def _timed_cues(words: Iterable[SpokenWord]) -> Iterator[srt.Subtitle]:
    """Each cue once the next one is known, for it ends before that."""
    held: list[SpokenWord] = []
    for cue in chain(_cues(words), [[]]):
        if held:
            following = cue[0].start if cue else None
            yield srt.Subtitle(
                None, _time(held[0].start), _time(_end(held, following)), _lines(_text(held))
            )
        held = cue


def _vtt_time(at: timedelta) -> str:
    """Hours, minutes, seconds and milliseconds."""
    return str(srt.timedelta_to_srt_timestamp(at)).replace(",", ".")


def _time(samples: int) -> timedelta:
    return timedelta(seconds=samples / SAMPLE_RATE)


def _cues(words: Iterable[SpokenWord]) -> Iterator[list[SpokenWord]]:
    """The words in groups: a sentence, or as much of one as fits."""
    cue: list[SpokenWord] = []
    for word in words:
        if cue and _full(cue, word):
            yield cue
            cue = []
        cue.append(word)
    if cue:
        yield cue


def _full(cue: Sequence[SpokenWord], following: SpokenWord) -> bool:
    """Whether `following` begins a new cue."""
    last = cue[-1]
    sentence = last.text.rstrip(CLOSING_MARKS).endswith(SENTENCE_ENDS)
    paused = following.start - last.end >= CUE_PAUSE
    long = following.end - cue[0].start > LONGEST_CUE
    lines = _lines(_text([*cue, following])).split("\n")
    return sentence or paused or long or any(_columns(line) > LINE_COLUMNS for line in lines)


def _text(cue: Sequence[SpokenWord]) -> str:
    return " ".join("".join(word.text + word.space for word in cue).split())


def _lines(text: str) -> str:
    """One line if it fits, else two of about the same length, the first a clause if it can be."""
    if _columns(text) <= LINE_COLUMNS:
        return text
    cuts = [i + 1 for i, c in enumerate(text) if c == " "] or list(range(1, len(text)))

    def cost(cut: int) -> float:
        first, second = text[:cut].rstrip(), text[cut:]
        longest = max(_columns(first), _columns(second))
        clause = LINE_COLUMNS / 4 if first.endswith((",", ";", ":", "—", "，", "、")) else 0.0
        return longest - clause + (1000.0 if longest > LINE_COLUMNS else 0.0)

    best = min(cuts, key=cost)
    return f"{text[:best].rstrip()}\n{text[best:]}"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _end(cue: Sequence[SpokenWord], following: int | None) -> int:
    """When a cue ends: with its last word, or later to be readable, but before the next one."""
    end = max(cue[-1].end, cue[0].start + SHORTEST_CUE)
    return end if following is None else max(cue[-1].end, min(end, following))
