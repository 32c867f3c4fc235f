"""Where a text may be cut: at paragraphs, lines and list items, sentences, and else between words.

A block is at most BLOCK characters, so that the first one of a long text costs no more than a short
text, and hostile text takes linear time.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from onset.text.word_tables import table

BLOCK = 400
"""Most raw characters cleaned at once: a few sentences; bounds every regular expression on them."""

WRAPPED = 40
"""A line at least this long goes on in the next one (a hard wrap); a shorter one ends (a list)."""

UNSPACED = frozenset({"ja", "zh"})
"""Languages that write no spaces between words."""

LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


class Break(IntEnum):
    """What lies between two words, from the weakest to the strongest."""

    WITHIN = 0
    WORD = 1
    PHRASE = 2
    CLAUSE = 3
    SENTENCE = 4
    LINE = 5
    PARAGRAPH = 6
    END = 7


class TextPiece(NamedTuple):
    """A part of a text, and what lies between it and the text behind it."""

    text: str
    end: Break


ENDS = re.compile(r"[.!?…]+[\"”')]*\s+(?=(\S)(\S*))")
ABBREVIATIONS = frozenset(table("english")["abbreviations"].split())
"""After these a full stop never ends a sentence."""

TITLES = frozenset(table("english")["titles"].split())
"""After these, and after initials, it does only before one of STARTERS."""

STARTERS = frozenset(table("english")["starters"].split())


def ends_sentence(before: str, match: re.Match[str], lang: str = "en-us") -> bool:
    """Whether the marks in `match` (of ENDS) end a sentence; `before` is the text up to them."""
    marks, following = match[0], match[1] + match[2]
    if lang in UNSPACED:  # a quotation goes on into its sentence
        return marks.strip()[-1] != "”" or match[1] == "“"
    if marks[0] != ".":
        return not match[1].islower() or marks.strip() in ("!", "?")
    words = before.rsplit(None, 1)
    token = words[-1].lstrip("(\"“'").lower() if words else ""
    initial = re.fullmatch(r"[^\W\d](?:\.[^\W\d])*", token) is not None
    if not lang.startswith("en-"):
        return not initial or token.upper() == token
    if token in ABBREVIATIONS:
        return False
    if token in TITLES or initial:
        return following.strip("\"“'.,").lower() in STARTERS and not match[1].islower()
    return True


def sentence_ends(text: str, lang: str) -> Iterator[int]:
    """Where the sentences of `text` end, each behind its space; not the last one."""
    for match in ENDS.finditer(text):
        if ends_sentence(text[max(0, match.start() - 20) : match.start()], match, lang):
            yield match.end()


WIDE = re.compile("([。！？｡।॥])[」』”’）]*|[、，；：､]")
"""Marks with no space behind: ends of sentences, or only of clauses."""

RULE_LINE = re.compile(r"\s*(?:[-*_=~]\s*){3,}$")
MARKER = re.compile(r"^\s*(?:(?:[-*+\u2022\u2023\u25e6]|#{1,6}|>+)\s+(?:\[[ xX]\]\s+)?)+")
NUMBER = re.compile(r"^\s*(?:\((?=\d+\)))?(\d\d?)[.)]\s(?!\d[\d .-]{6})")
"""The number of a list item; not the code of a telephone, "(11) 91234-5678"."""

NUMBERED = re.compile(r"\s*\(?\w{1,3}[.)]\s")


def goes_on(line: str, following: str) -> bool:
    """Whether `following` only continues a line that was wrapped."""
    if MARKER.match(following) or NUMBERED.match(following):
        return False
    if line.rstrip().endswith(("。", "！", "？", "」", "』", "।")):
        return False
    return len(line) >= WRAPPED or following.lstrip()[:1].islower()


def _lines(text: str) -> Iterator[TextPiece]:
    """Paragraphs and list items, unwrapped, without their markers."""
    held: list[str] = []
    before, end = "", Break.LINE
    for line in LINE_ENDS.sub("\n", text).split("\n"):
        if not line.strip() or RULE_LINE.match(line):
            end = Break.PARAGRAPH
            continue
        if held and (end is Break.PARAGRAPH or not goes_on(before, line)):
            yield TextPiece(" ".join(held), end)
            held = []
        held.append(NUMBER.sub(r"\1: ", MARKER.sub("", line, count=1)))
        before, end = line, Break.LINE
    if held:
        yield TextPiece(" ".join(held), Break.END)


def _stop(window: str, lang: str) -> tuple[int, Break]:
    """Where to cut a line that is longer than `window`."""
    wide = {bool(m[1]): m.end() for m in WIDE.finditer(window)}  # the last of each kind
    if stop := max([*sentence_ends(window, lang), wide.get(True, 0)]):
        return stop, Break.SENTENCE
    if stop := window.rfind(" ") + 1:
        return stop, Break.WORD
    return wide.get(False, BLOCK), Break.WITHIN


def blocks(text: str, lang: str) -> Iterator[TextPiece]:
    """The lines cut to at most BLOCK characters: after a sentence, else a word, else anywhere."""
    for line, end in _lines(text):
        start = 0
        while len(line) - start > BLOCK:
            window = line[start : start + BLOCK]
            stop, kind = _stop(window, lang)
            yield TextPiece(window[:stop], kind)
            start += stop
        yield TextPiece(line[start:], end)
