"""Normalization: what a user sends as clean words, in pieces that end where a reader would pause.

English notation is read by `english_notation`, that of other languages by `locales` and
`cjk`, the names of emoji by `characters`. The text is cleaned block by block.
"""

import re
from collections.abc import Iterator
from html import unescape

from onset.text.characters import plain_characters
from onset.text.cjk import cjk_notation
from onset.text.english.english_notation import spoken_english
from onset.text.locales import locale_rules
from onset.text.rewrite_rules import Match, compiled, rewrite, rewrite_around
from onset.text.sentence_splitter import Break, TextPiece, blocks, sentence_ends

PIECE = 250
"""Most characters of a piece, where it has a space to cut at: about 15 s of speech."""

SEPARATORS = {Break.WORD: " ", Break.SENTENCE: " ", Break.LINE: "\n", Break.PARAGRAPH: "\n\n"}
CLOSED = re.compile(r"[.!?…,;:—][\"”')]*$")


def _link(match: Match) -> str:
    """A Markdown link is its text; `[word](/phonemes/)` is kept, the phonemizer speaks it."""
    return match[0] if re.fullmatch(r"/[^/\s]+(?: [^/\s]+)*/", match[2]) else match[1]


LINK = r"\[([^\[\]]{1,200})\]\(([^()\[\]]{0,300})\)"

MARKUP = compiled([
    # HTML and Markdown marks that are not said
    (r"&(?:amp|lt|gt|quot|apos|nbsp|#39);", lambda m: unescape(m[0])),
    (r"(?i)</?(?:a|b|i|u|p|br|em|strong|div|span|li|ul|ol|code|pre|h[1-6])(?:\s[^<>]*)?/?>", " "),
    (r"!?" + LINK, _link),
    (r"```\w*", " "),
    (r"(?<![^\s(\[\"“'*_~`])(?:[*_`]|~~)+(?=[^\s*_~`])", ""),
    (r"(?<=[^\s*_~`])(?:[*_`]|~~)+(?![^\s.,;:!?)\]\"”'—])", ""),
    (r"(?<=\w) \|\| (?=[\w!(])", " ∨ "),  # an operator, no table
    (r"\s*\|[\s|:-]*", ", "),
])  # fmt: skip
"""What is not said in any language."""

MARKS = compiled([
    (r"(?<=[.!?,;:]) (?=[”)])", ""),  # wide marks bring a space
    (r"[\[{]", "("),
    (r"[\]}]", ")"),
    (r"\s*--+\s*|\s*—[\s—]*|\s+[-–]+\s+", " — "),
    (r"\.(?:\s?\.){2,}|…[….]+", "…"),
    (r"([^\w\s])\1{3,}", r"\1\1\1"),
    (r"(?<=[\w)\"”'])\s+(?=[!?.,;:…]+(?:\s|$))", ""),  # "Bonjour !"
    (r"(?:(?<=\s)|^)[^\w—]+(?=\s|$)", " "),  # marks that stand alone
    (r"(?:—\s*){2,}", "— "),
])  # fmt: skip
"""Read after normt2s: the marks that are left, in the few forms the model has tokens for."""


def _spoken(raw: str, lang: str) -> str:
    """One block (at most BLOCK characters) in the words a reader would say, in one line."""
    text = rewrite(MARKUP, plain_characters(cjk_notation.narrowed(raw, lang)))
    if lang.startswith("en-"):
        text = spoken_english(text)
    else:
        text = rewrite_around(cjk_notation.rules(lang) or locale_rules.rules(lang), text)
    return " ".join(rewrite_around(MARKS, text).split())


def _cleaned(text: str, lang: str, text_end: Break) -> Iterator[TextPiece]:
    """The blocks in spoken words; one with nothing to say gives its break to the one before."""
    held, held_end = "", Break.WITHIN
    for raw, end in blocks(text, lang):
        spoken = _spoken(raw, lang)
        if not any(map(str.isalnum, spoken)):
            held_end = max(held_end, end)
            continue
        if held:
            yield TextPiece(_closed(held, held_end), held_end)
        held, held_end = spoken, end
    if held:
        yield TextPiece(_closed(held, text_end), text_end)


def _closed(text: str, end: Break) -> str:
    """With a full stop if it is a heading or a list item, which would run into the next line."""
    bare = end in (Break.LINE, Break.PARAGRAPH) and not CLOSED.search(text[-8:])
    return text + "." * bare


def _parts(line: str, lang: str) -> Iterator[TextPiece]:
    """A cleaned block as sentences; cuts those longer than PIECE behind a clause or a word."""
    start = 0
    for stop in [*sentence_ends(line, lang), len(line)]:
        while stop - start > PIECE:
            window = line[start : start + PIECE]
            clause = max(window.rfind(mark + " ") for mark in ",;:—") + 2
            size = clause if clause > PIECE // 2 else window.rfind(" ") + 1 or PIECE
            end = Break.WORD if line[start + size - 1] == " " else Break.WITHIN
            yield TextPiece(line[start : start + size], end)
            start += size
        yield TextPiece(line[start:stop], Break.SENTENCE)
        start = stop


def pieces(text: str, lang: str = "en-us", text_end: Break = Break.END) -> Iterator[TextPiece]:
    """The clean text lazily, sentence by sentence, long ones in parts that end with WORD.

    Every piece has a letter or a digit; joined they are `clean(text)`. lang: one of
    phonemizer.LANGUAGES. text_end: what follows the text. No text raises.
    """
    for line, end in _cleaned(text, lang, text_end):
        held, held_end = "", Break.WITHIN
        for part, part_end in _parts(line, lang):
            # a part with only marks belongs to the part before it (or after, if it is the first)
            if any(map(str.isalnum, held)) and any(map(str.isalnum, part)):
                yield TextPiece(held, held_end)
                held = ""
            held, held_end = held + part, part_end
        yield TextPiece(held + SEPARATORS.get(end, ""), end)


def clean(text: str, lang: str = "en-us") -> str:
    """The whole text in spoken words: the texts of its readings, joined."""
    return "".join(piece.text for piece in pieces(text, lang))
