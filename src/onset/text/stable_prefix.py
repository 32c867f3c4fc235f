"""The stable prefix: how much of a text that is still being written can be spoken already.

No text that follows could change how a stable prefix is cut or read. It ends with a sentence once
the word behind that is whole ("3." may become "3.14", and "Dr." is no end), with a line once the
next one has begun, and in a long sentence between two plain words, so that numbers, dates and names
stay together.
"""

import re
from functools import cache

from onset.text.locales.locale_table import LIST_ENDS, LOCALES
from onset.text.sentence_splitter import (
    ABBREVIATIONS,
    BLOCK,
    ENDS,
    RULE_LINE,
    TITLES,
    Break,
    TextPiece,
    ends_sentence,
    goes_on,
)

WINDOW = 2 * BLOCK
"""Characters searched, from the end: those before them were searched earlier."""

WHOLE = 20
"""Characters after which a word that has not ended is treated as whole."""

FIRST = 50
"""Characters from which on a first sentence is cut between words: enough for a first reading
(readings.ENOUGH)."""

SOON, LATER = 120, 250
"""The same for the text after that, and once SOON characters were committed."""

NEW_LINE = re.compile(r"[^\S\n]*\n\s*")
LIST_NUMBER = re.compile(r"(?:^|\n)\s*\(?\d\d?$")
CLOSING = "\"”')»」』"
STOPS = "。！？｡।॥"
WIDE_END = re.compile(rf"[{STOPS}]+[{CLOSING}]*\s*(?=[^\s{CLOSING}{STOPS}])")
"""Where a sentence ends whatever stands behind it; some scripts put no space there."""

LETTER = r"(?:[^\W\d_]|[\u0900-\u0963])"
"""A letter, or a vowel sign of Devanagari: these are not letters to `re`."""

PLACE = re.compile(
    rf"(?<={LETTER}{LETTER})[,;:]?\s+(?=({LETTER}{{2,}})[\s,;:.!?{STOPS}])"
    r"|(?<=[^\W\d])[，、；：](?=\w)"
)
"""Between two plain words, of which the second is whole."""

OPEN = (("[", "]"), ("(", ")"), ("{", "}"), ("<", ">"))
PLAIN = re.compile(rf"[\"“'(]*({LETTER}+(?:['’-]{LETTER}+)*)[,;:]?[\"”')]*")
ENDED = re.compile(rf"(\S*{LETTER}{{2}})[.!?…]+[{CLOSING}]*\s*$|[{STOPS}][{CLOSING}]*\s*$")


def stable_prefix(text: str, committed: int, lang: str = "en-us") -> TextPiece | None:
    """The longest stable portion that `text` begins with; None if there is none yet.

    committed: characters in earlier portions, which decides how soon a sentence is cut.
    """
    stop, end = max(_line(text), _sentence(text, lang))
    if committed < FIRST:
        wanted = max(FIRST - committed, FIRST // 2)
    else:
        wanted = SOON if committed < SOON else LATER
    if len(text) - stop > wanted and (words := _words(text[stop:], lang)):
        stop += words
        end = Break.WITHIN if text[stop - 1].isalnum() else Break.WORD
    return TextPiece(text[:stop], end) if stop else None


def prefix_at_pause(text: str, lang: str = "en-us") -> TextPiece | None:
    """The portion to speak if nothing follows for a while: all but what may be half a word.

    The last word is also left out if more text could change it: a number, an abbreviation.
    """
    if (end := ENDED.search(text)) and not _shortened(end[1] or "", lang):
        return TextPiece(text, Break.SENTENCE)
    for word in reversed(list(re.finditer(r"(\S+)\s+", text[-WINDOW:]))):
        if (plain := PLAIN.fullmatch(word[1])) and not _shortened(plain[1], lang):
            return TextPiece(text[: len(text) - len(text[-WINDOW:]) + word.end()], Break.WORD)
    return None


def whole_prefix(text: str) -> TextPiece | None:
    """All of a text, which is known to end with a whole word; None if there is none."""
    return TextPiece(text, Break.SENTENCE if ENDED.search(text) else Break.WORD) if text else None


def _line(text: str) -> tuple[int, Break]:
    """Where the last line begins that surely does not continue the one before; 0 if none."""
    for match in reversed(list(NEW_LINE.finditer(text, max(0, len(text) - WINDOW)))):
        if match[0].count("\n") > 1:
            return match.end(), Break.PARAGRAPH
        following, before = text[match.end() :], text[: match.start()].rpartition("\n")[2]
        begun = re.match(rf"\S+\s+\S|\S{{{WHOLE}}}", following)
        ruled = RULE_LINE.match(following.partition("\n")[0])
        if begun and not ruled and not goes_on(before, following):
            return match.end(), Break.LINE
    return 0, Break.WITHIN


def _sentence(text: str, lang: str) -> tuple[int, Break]:
    """Where the last sentence begins that is known to be one; 0 if none."""
    start = max(0, len(text) - WINDOW)
    stop = max((match.end() for match in WIDE_END.finditer(text, start)), default=0)
    for match in ENDS.finditer(text, start):
        following = match.end() + len(match[1] + match[2])
        before = text[max(0, match.start() - WHOLE) : match.start()]
        whole = following < len(text) or len(match[2]) >= WHOLE
        if not whole or LIST_NUMBER.search(before) or _abbreviated(before, match[1], lang):
            continue
        if ends_sentence(before, match, lang):
            stop = max(stop, match.end())
    return stop, Break.SENTENCE if stop else Break.WITHIN


def _words(text: str, lang: str) -> int:
    """Where to cut an unfinished sentence; 0 if it has no good place and can wait for one."""
    start = max(0, len(text) - WINDOW)
    for match in reversed(list(PLACE.finditer(text, start))):
        plain = not match[1] or match[1] == match[1].lower()  # not all scripts have capitals
        before = text[: match.start()].rsplit(None, 1)[-1:]
        # "ad" may begin an abbreviation: "ad es."
        half = lang in LOCALES and not _names(lang).isdisjoint(before)
        if plain and not half and not _opened(text[: match.end()]):
            return match.end()
    if len(text) <= BLOCK:
        return 0
    space = text.rfind(" ", 0, len(text) - WHOLE)  # no good place: cut as whole texts are
    return space + 1 or BLOCK


def _opened(text: str) -> bool:
    """Whether a link, a tag or code has begun and not ended: these are read as one."""
    return text.count("`") % 2 == 1 or any(text.count(a) > text.count(b) for a, b in OPEN)


def _abbreviated(before: str, following: str, lang: str) -> bool:
    """Whether the full stop behind `before` belongs to an abbreviation and ends no sentence.

    `ends_sentence` knows the English ones, and none of other languages. Those of LIST_ENDS end one
    before a capital, as in `locales`.
    """
    if lang not in LOCALES:
        return False
    words = before.split()
    last = _bare(words[-1]) if words else ""
    if last + "." in LIST_ENDS:
        return not (following.isupper() or following in "¿¡“")
    return not _names(lang).isdisjoint((last, last.lower()))


def _shortened(word: str, lang: str) -> bool:
    """Whether `word` may be an abbreviation, or the beginning of a number's unit."""
    bare = _bare(word).rstrip(".")
    if "." in bare or (word.endswith(".") and len(bare) < 2):
        return True
    return not _names(lang).isdisjoint((bare, bare.lower()))


def _bare(word: str) -> str:
    """A word without what opens it: quotation marks, or an elided article ("l'Ing.")."""
    return re.split(r"[(\"“'’¿¡«]", word)[-1]


@cache
def _names(lang: str) -> frozenset[str]:
    """The abbreviations of a language without their last full stop, and each part of them."""
    if lang not in LOCALES:
        return ABBREVIATIONS | TITLES if lang.startswith("en-") else frozenset()
    return LOCALES[lang].shortened
