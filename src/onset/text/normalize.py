"""Normalization: what a user sends as clean words, in pieces that end where a reader would pause.

English notation is read by `english_notation`, that of other languages by `locales` and
`cjk`, the names of emoji by `characters`. The text is cleaned block by block.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape
from html.entities import html5

from onset.text.characters import plain_characters
from onset.text.cjk import cjk_notation
from onset.text.english.english_notation import spoken_english
from onset.text.given_sounds import hold, restore
from onset.text.locales import locale_rules
from onset.text.markup.latex_reading import spoken_formulas
from onset.text.rewrite_rules import compiled, rewrite
from onset.text.sentence_splitter import Break, TextPiece, blocks, sentence_ends
from onset.types import TURN, Silence

PIECE = 250
"""Most characters of a piece, where it has a space to cut at: about 15 s of speech."""

PAUSE_TAG = re.compile(r"(?i)\[pause:(\d{1,6}(?:\.\d{1,6})?)s\]")
"""A silence in plain text, as Kokoro-FastAPI has it: `[pause:1.5s]`."""

LONGEST_SILENCE = 10.0
"""Seconds of one silence at most, as at Amazon; Azure allows 20."""

MOST_SILENCE = 300.0
"""Seconds of all silences of a text together."""

SEPARATORS = {Break.WORD: " ", Break.SENTENCE: " ", Break.LINE: "\n", Break.PARAGRAPH: "\n\n"}
CLOSED = re.compile(r"[.!?…,;:—][\"”')]*$")


LINK = (
    r"\[([^\[\]]{1,200})\]"
    r"\([^()\[\]]{0,300}(?:\([^()\[\]]{0,100}\)[^()\[\]]{0,100})?\)"
)

TAGS = (
    "a|abbr|audio|b|big|blockquote|body|br|button|center|cite|code|del|details|dfn|div|dl|dt|dd|"
    "em|emphasis|figcaption|figure|font|footer|h[1-6]|header|hr|html|i|iframe|img|ins|kbd|li|mark|"
    "nav|ol|p|phoneme|picture|pre|prosody|q|s|samp|say-as|section|small|span|speak|strike|strong|"
    "summary|table|tbody|td|tfoot|th|thead|think|thinking|tr|tt|u|ul|video|voice|break"
)
"""Elements of HTML and SSML, and what models think in; no names that code and prose may have."""

BARE = "allowfullscreen|async|autoplay|checked|controls|defer|disabled|hidden|loop|muted|open"
"""Attributes that have no value."""

ATTRIBUTES = rf"(?:\s+(?:{BARE}))*(?:\s+[\w:@.-]{{1,40}}\s*=[^<>]*)?\s*"
"""What may stand in a tag behind its name; "a<b then c>d" has none."""

NAME = r"[A-Za-z][\w:-]{0,30}"
"""Of any element: one that is closed, or has an attribute in quotes, is no comparison."""

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

MARKUP = compiled([
    (TURN.pattern, " "),  # in a text that is spoken in one voice
    # HTML and Markdown marks that are not said
    (r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z]{2,31}\d{0,2});",
     lambda m: plain_characters(unescape(m[0])) if m[0][1] == "#" or m[0][1:] in html5 else m[0]),
    (r"(?i)</?su[bp]>", ""),
    (r"<!--[^<>]{0,1000}-->|<(?:!DOCTYPE|\?xml)\b[^<>]{0,300}>", " "),
    (rf"(?i)<(?:{TAGS}){ATTRIBUTES}/?>", " "),
    (rf"<{NAME}(?:\s+[\w:@.-]{{1,40}}=[\"'][^<>]*|\s*/)>", " "),
    (rf"<({NAME})>(?=[^<]{{0,500}}(?:<[^<]{{0,500}}){{0,3}}</\1\s*>)", " "),
    (rf"</{NAME}\s*>", " "),
    # footnotes and sources
    (r"\[\^[\w-]{1,20}\]|[【(]\d{1,3}(?::\d{1,3})?†[^】()]{0,40}[】)]", ""),
    (r"\[\[\d{1,3}\]\]\(https?://[^()\s]{1,300}\)", ""),
    (r"(?<=[^\W\d_]{4})([⁰¹²³⁴-⁹]{1,3})(?!\w)", lambda m: " " + m[1].translate(RAISED)),
    (r"(?<=[A-Za-z])[ʼ`](?=(?:t|s|m|d|re|ve|ll)\b)", "'"),
    (r"!?" + LINK, r"\1"),
    (r"```\w*", " "),
    (r"(?<![^\s(\[\"“'*_~`])(?:[*_`]|~~)+(?=[^\s*_~`=])", ""),
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
    text, held = hold(spoken_formulas(raw, lang), lang)
    text = rewrite(MARKUP, plain_characters(cjk_notation.narrowed(text, lang)))
    if lang.startswith("en-"):
        text = spoken_english(text, british=lang == "en-gb")
    else:
        text = rewrite(cjk_notation.rules(lang) or locale_rules.rules(lang), text)
    return restore(" ".join(rewrite(MARKS, text).split()), held, lang)


def _tagged(text: str, lang: str) -> Iterator[TextPiece | Silence]:
    """The blocks, cut at the silences that are asked for; MOST_SILENCE seconds of them."""
    left = MOST_SILENCE
    for raw, end in blocks(text, lang):
        *parts, last = PAUSE_TAG.split(raw)
        for before, seconds in zip(parts[::2], parts[1::2], strict=True):
            silence = Silence(min(float(seconds), LONGEST_SILENCE, left))
            left -= silence.seconds
            yield TextPiece(before, Break.SENTENCE if CLOSED.search(before[-8:]) else Break.WORD)
            yield silence
        yield TextPiece(last, end)


def _cleaned(
    text: str, lang: str, text_end: Break, rewritten: Callable[[str], str]
) -> Iterator[TextPiece | Silence]:
    """The blocks in spoken words; one with nothing to say gives its break to the one before."""
    held, held_end = "", Break.WITHIN
    for part in _tagged(text, lang):
        if isinstance(part, Silence):
            if held:
                yield TextPiece(continued(held), held_end)
            held, held_end = "", Break.WITHIN
            yield part
            continue
        spoken = _spoken(rewritten(part.text), lang)
        if not any(map(str.isalnum, spoken)):
            held_end = max(held_end, part.end)
            continue
        if held:
            yield TextPiece(_closed(held, held_end), held_end)
        held, held_end = spoken, part.end
    if held:
        yield TextPiece(_closed(held, text_end), text_end)


def continued(text: str) -> str:
    """With a comma if a silence cuts its sentence, so that the voice does not fall there."""
    return text if CLOSED.search(text[-8:]) else text + ","


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


def _as_it_is(text: str) -> str:
    return text


def spoken_pieces(
    text: str,
    lang: str = "en-us",
    text_end: Break = Break.END,
    rewritten: Callable[[str], str] = _as_it_is,
) -> Iterator[TextPiece | Silence]:
    """The clean text lazily, sentence by sentence, long ones in parts that end with WORD.

    Every piece has a letter or a digit; joined they are `clean(text)`. lang: one of
    languages.LANGUAGES. text_end: what follows the text. rewritten: gives a raw text with the
    words of a lexicon as they are to be said. `[pause:1.5s]` is a silence, LONGEST_SILENCE at most.
    No text raises.
    """
    for part in _cleaned(text, lang, text_end, rewritten):
        if isinstance(part, Silence):
            yield part
            continue
        line, end = part
        held, held_end = "", Break.WITHIN
        for sentence, sentence_end in _parts(line, lang):
            # one with only marks belongs to the one before it (or after, if it is the first)
            if any(map(str.isalnum, held)) and any(map(str.isalnum, sentence)):
                yield TextPiece(held, held_end)
                held = ""
            held, held_end = held + sentence, sentence_end
        yield TextPiece(held + SEPARATORS.get(end, ""), end)


def pieces(text: str, lang: str = "en-us", text_end: Break = Break.END) -> Iterator[TextPiece]:
    """The texts of `spoken_pieces`."""
    return (part for part in spoken_pieces(text, lang, text_end) if isinstance(part, TextPiece))


def clean(text: str, lang: str = "en-us") -> str:
    """The whole text in spoken words: the texts of its readings, joined."""
    return "".join(piece.text for piece in pieces(text, lang))
