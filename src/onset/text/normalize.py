"""Text: from what a user sends to clean words, in pieces that end where a reader would pause.

English `5 km` and `$3.50` are left to normt2s, the names of emoji to emoji; the tables here hold
only what neither reads, or reads wrongly. Other languages have theirs in notation and numerals.
Work is done block by block, so the first piece of a long text
costs no more than a short text, and hostile text takes linear time.
Ignorant of phonemes and audio.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from html import unescape

import emoji
from normt2s import Normalizer
from num2words import num2words

from onset.text import cjk_numbers, locales

BLOCK = 400
"""Most raw characters cleaned at once: a few sentences; bounds every regular expression below."""

PIECE = 250
"""Most characters of a piece, where it has a space to cut at: about 15 s of speech."""

WRAPPED = 40
"""A line at least this long goes on in the next one (a hard wrap); a shorter one ends (a list)."""


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


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A sentence, or a part of a long one (`end` is WORD). All texts joined are `clean(text)`."""

    text: str
    end: Break


SEPARATORS = {Break.WORD: " ", Break.SENTENCE: " ", Break.LINE: "\n", Break.PARAGRAPH: "\n\n"}

LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
ACCENTS = range(0x300, 0x370)  # what NFC could not compose: stacked decoration ("zalgo")
DROPPED = {"Cc", "Cf", "Cs", "Co"}  # control, zero-width and direction, lone surrogates, private
STYLED = ("<font>", "<wide>", "<narrow>", "<circle>")
LIGATURES = re.compile(r"[\ufb00-\ufb06\u0132\u0133\u2160-\u217f]")
ALIKE = {
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "–", "\u2015": "—", "\u2212": "−",
    "\u201a": ",", "\u201e": "“", "\u00ab": "“", "\u00bb": "”", "\u201f": "“", "\u00b4": "'",
    "\u2018": "'", "\u2019": "'", "\u201b": "'", "\u2032": "'", "\u2033": '"', "\u2044": "/",
    "\u037e": ";", "\u3001": ", ", "\u3002": ". ", "\uff0c": ", ", "\uff01": "! ", "\uff1f": "? ",
    "\uff1b": "; ", "\uff1a": ": ", "\u060c": ", ", "\u061f": "? ", "\u0964": ". ", "\u203d": "?!",
    "\u300c": "“", "\u300d": "”", "\u300e": "“", "\u300f": "”", "\u300a": "“", "\u300b": "”",
    "\u3008": "“", "\u3009": "”", "\u3010": "(", "\u3011": ")", "\uff0e": ". ", "\uff61": ". ",
    "\uff64": ", ", "\u30fb": " ", "\u0965": ". ", "\u00bf": "", "\u00a1": "", "\u2022": " ",
    "\u00b7": " · ", "\u2100": "°C",
}  # fmt: skip
"""Marks written in other ways or scripts, as the ones the rules and the model know."""


@lru_cache(maxsize=4096)
def _character(character: str) -> str:
    """One character as the rest of the program expects it; "" for what nobody would read."""
    if character in ALIKE:
        return ALIKE[character]
    category = unicodedata.category(character)
    if category in DROPPED or ord(character) in ACCENTS:
        return ""
    if category[0] == "Z" or category == "Nd":
        return str(unicodedata.digit(character, " "))
    if unicodedata.decomposition(character).startswith(STYLED) or LIGATURES.match(character):
        return unicodedata.normalize("NFKC", character)
    return character


def _name(shown: str, _: dict[str, str]) -> str:
    """The name of an emoji as words: "grinning face"."""
    return " " + emoji.demojize(shown, delimiters=("", "")).replace("_", " ") + " "


def _characters(raw: str) -> str:
    """Plain characters: emoji named, accents composed, styles, controls and surrogates removed."""
    raw = raw.replace("\t", " ")
    if raw.isascii() and raw.isprintable():
        return raw
    named = emoji.replace_emoji(raw, replace=_name)
    return "".join(map(_character, unicodedata.normalize("NFC", named)))


URL_MARKS = {
    ".": "dot", "/": "slash", "-": "dash", "_": "underscore", "?": "question mark", "@": "at",
    "=": "equals", "&": "and", "#": "hash", "%": "percent", ":": "colon", "~": "tilde", "+": "plus",
}  # fmt: skip
MONTHS = (
    "January February March April May June July August September October November December"
).split()
MONTH = {name[:3]: name for name in MONTHS} | {"Sept": "September"}
STREETS = {"St": "Street", "Ave": "Avenue", "Rd": "Road", "Blvd": "Boulevard"}
DECADES = "twenties thirties forties fifties sixties seventies eighties nineties".split()
SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion", "tn": "trillion"}

Match = re.Match[str]
Spoken = str | Callable[[Match], str]


def _compile(rules: list[tuple[str, Spoken]]) -> list[tuple[re.Pattern[str], Spoken]]:
    return [(re.compile(pattern), replacement) for pattern, replacement in rules]


def _address(match: Match) -> str:
    """A web or mail address as it is dictated; "://" is not said."""
    text = match[0].replace("://", " ")
    body = text.rstrip(".:?-")  # the marks of the sentence
    marks = re.sub(r"[./\-_?@=&#%:~+]", lambda m: f" {URL_MARKS[m[0]]} ", body)
    return marks + text[len(body) :]


def _digits(match: Match) -> str:
    """A telephone number: digits one by one, groups with a comma between."""
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(" ".join(group) for group in re.findall(r"\d+", match[0]))


def _date(match: Match) -> str:
    """12/05/2024 is December 5 (American order) unless the first number cannot be a month."""
    first, second, year = int(match[1]), int(match[3]), match[4]
    month, day = (second, first) if first > 12 or match[2] == "." else (first, second)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    if len(year) == 2:
        year = ("20" if int(year) < 70 else "19") + year
    return f"{MONTHS[month - 1]} {day}, {year}"


def _years(match: Match) -> str:
    """1914-1918: both read as years."""
    until = match[2] if len(match[2]) == 4 else match[1][:2] + match[2]
    return f"{num2words(int(match[1]), to='year')} to {num2words(int(until), to='year')}"


def _dots(match: Match) -> str:
    """A version or an IP address: every dot is said."""
    return ("version " if match[1] else "") + match[2].replace(".", " dot ")


def _link(match: Match) -> str:
    """A Markdown link is its text; `[word](/phonemes/)` is kept, the phonemizer speaks it."""
    return match[0] if re.fullmatch(r"/[^/\s]+(?: [^/\s]+)*/", match[2]) else match[1]


LINK = r"\[([^\[\]]{1,200})\]\(([^()\[\]]{0,300})\)"
EXPLICIT = r"\[[^\[\]]{1,200}\]\(/[^/()\[\]]{1,200}/\)"
"""A word with its pronunciation, `[Kokoro](/kˈOkəɹO/)`: the notation of misaki."""

HEAD = r"(?<![\w.,:/@-])"  # not inside a longer word or number
TAIL = r"(?![\w/@-])(?![.,:]\d)"

MARKUP = _compile([
    # HTML and Markdown marks that are not said
    (r"&(?:amp|lt|gt|quot|apos|nbsp|#39);", lambda m: unescape(m[0])),
    (r"(?i)</?(?:a|b|i|u|p|br|em|strong|div|span|li|ul|ol|code|pre|h[1-6])(?:\s[^<>]*)?/?>", " "),
    (r"!?" + LINK, _link),
    (r"```\w*", " "),
    (r"(?<![^\s(\[\"“'*_~`])[*_~`]+(?=[^\s*_~`])", ""),
    (r"(?<=[^\s*_~`])[*_~`]+(?![^\s.,;:!?)\]\"”'—])", ""),
    (r"\s*\|[\s|:-]*", ", "),
])  # fmt: skip
"""What is not said in any language."""

RULES = _compile([
    # addresses, file names, handles
    (r"(?i)(?:\b[a-z][a-z0-9+]{1,9}://|\bwww\.)[^\s<>\"“”()\[\]{}|]+", _address),
    (r"[\w.+-]+@[\w-]+\.[\w.-]*\w", _address),
    (r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|ai|edu|gov|uk|de)"
     r"(?:/[^\s<>\"“”()\[\]{}|]*|\b(?![.@]\w))", _address),
    (r"(?<=[A-Za-z0-9]{2})\.(?=[a-z]{2,4}\b)(?=[a-z]{2,4}(?:[^.\w]|$))", " dot "),
    (r"(?<=[a-z]{2})\.(?=[A-Z][a-z])", ". "),
    (r"(?<!\w)@(?=\w)", "at "),
    (r"(?<![\w&])#(?=[^\W\d])", "hashtag "),
    (r"\b([CF])#(?!\w)", r"\1 sharp"),
    (r"(?<=\d)\s?°(?=$|\s|[.,;:!?])", " degrees"),
    # numbers
    (HEAD + r"(?:\+?1[ .-])?\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}" + TAIL, _digits),
    (r"(?<![\w+])\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?![\w-])", _digits),
    (HEAD + r"\d{3}-\d{4}" + TAIL, _digits),
    (HEAD + r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d\d)" + TAIL, _date),
    (HEAD + r"(\d{1,2}):([0-5]\d):([0-5]\d)" + TAIL, r"\1 hours \2 minutes \3 seconds"),
    (r"(?<![\d:])(\d{1,3}):(\d)(?![\d:])", r"\1 to \2"),
    (HEAD + r"([vV]\.?\s?)(\d+(?:\.\d+)+)" + TAIL, _dots),
    (HEAD + r"()(\d+(?:\.\d+){2,})" + TAIL, _dots),
    (HEAD + r"(1[1-9]\d\d|20\d\d)[-–—](1[1-9]\d\d|20\d\d|\d\d)" + TAIL, _years),
    (r"(?<!\w)['’]?([2-9])0['’]?s\b", lambda m: DECADES[int(m[1]) - 2]),
    (r"([$£€]\d[\d,]*(?:\.\d+)?)\s?(k|K|m|M|bn|b|B|tn)\b",
     lambda m: f"{m[1]} {SCALES[m[2].lower()]}"),
    (r"\b(?:US|A|C|CA|AU)(?=\$\d)", lambda m: m[0] + " "),
    (HEAD + r"(\d{1,4}%?)[-–—](?=\d{1,4}%?(?![\w-]))", r"\1 to "),
    (r"(\d+)['’]\s?(\d{1,2})(?:[\"”]|['’]{2})", r"\1 foot \2"),
    # abbreviations
    (r"\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.?(?=\s\d)",
     lambda m: MONTH[m[1]]),
    (r"(?<![Tt]he )\b([1-9]|[12]\d|3[01])(?= (?:" + "|".join(MONTHS) + r")\b(?! \d\d?\b))",
     lambda m: f"the {num2words(int(m[1]), to='ordinal')} of"),
    (r"(\d\w* (?:[A-Z]\w* ){1,2})(St|Ave|Rd|Blvd)\.", lambda m: m[1] + STREETS[m[2]]),
    (r"(?<!\w)'n'(?!\w)", "and"),
    (r"(?<!\w)'(?=(?:tis|twas|em|cause|til)\b)", ""),  # misaki takes it for a quote
    (r"\bNo\.\s?(?=\d)", "number "),
    (r"(?<!\w)w/(?:(o)\b)?(?=\s|\w|$)", lambda m: "without" if m[1] else "with "),
])  # fmt: skip
"""Read in this order, before normt2s: a more particular form stands before a more general one."""

NOON = re.compile(r"\b([ap]) m\b\.?")

MARKS = _compile([
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


def _normalizer() -> Normalizer:
    """normt2s with the entries that mislead a reader of prose taken out or corrected."""
    normalizer = Normalizer("en", latex="keep")  # `$5 and $6` is money more often than LaTeX
    # these end sentences or are words ("in a sec.", "to the max."); misaki reads the others
    for key in ("U.S.", "U.K.", "sec.", "ch.", "eq.", "max.", "Jr.", "Sr.", "Inc.", "Ltd."):
        normalizer.lexicon.remove("abbreviations", key)
    normalizer.lexicon.remove("punctuation", "—")  # the model has a token for it
    normalizer.add_unit("mph", "mile per hour", "miles per hour")
    normalizer.add_unit("rpm", "revolution per minute", "revolutions per minute")
    return normalizer.add_protected(EXPLICIT, opener="[")


NORMALIZER = _normalizer()


def _english(text: str) -> str:
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    text = NORMALIZER.normalize(" ".join(text.split()))
    return NOON.sub(lambda m: f"{m[1].upper()}.M.", text)  # "a m" would be an article


def _foreign(text: str, lang: str) -> str:
    """A block in another language; an explicit pronunciation stays as it is."""
    rules = cjk_numbers.RULES.get(lang) or locales.rules(lang)
    kept = re.split(f"({EXPLICIT})", text)
    for pattern, replacement in rules:
        kept[::2] = [pattern.sub(replacement, part) for part in kept[::2]]
    return "".join(kept)


def _spoken(raw: str, lang: str) -> str:
    """One block (at most BLOCK characters) in the words a reader would say, in one line."""
    text = _characters(raw)
    for pattern, replacement in MARKUP:
        text = pattern.sub(replacement, text)
    text = _english(text) if lang.startswith("en-") else _foreign(text, lang)
    kept = re.split(f"({EXPLICIT})", text)
    for pattern, mark in MARKS:
        kept[::2] = [pattern.sub(mark, part) for part in kept[::2]]
    return " ".join("".join(kept).split())


ENDS = re.compile(r"[.!?…]+[\"”')]*\s+(?=(\S)(\S*))")
# after these a full stop never ends a sentence
ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st mt rev hon gen col maj capt lt sgt sen rep gov pres fig figs vs viz "
    "dept approx est al e.g i.e cf ave blvd rd ft p pp".split()
)
# after these, and initials, it does only before one of STARTERS
TITLES = frozenset("inc ltd co corp jr sr bros etc a.m p.m u.s u.k u.n e.u d.c ph.d no".split())
STARTERS = frozenset(
    "the a an i he she it we you they this that these those there here in on at as if when while "
    "but and or so then now however what why who how where his her its our their my not no".split()
)


def ends_sentence(before: str, match: Match, lang: str = "en-us") -> bool:
    """Whether the marks in `match` (of ENDS) end a sentence; `before` is the text up to them."""
    marks, following = match[0], match[1] + match[2]
    if lang in cjk_numbers.RULES:  # these write no spaces: a quotation goes on into its sentence
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


def _sentence_ends(text: str, lang: str) -> Iterator[int]:
    """Where the sentences of `text` end, each behind its space; not the last one."""
    for match in ENDS.finditer(text):
        if ends_sentence(text[max(0, match.start() - 20) : match.start()], match, lang):
            yield match.end()


WIDE = re.compile("([。！？｡।॥])[」』”’）]*|[、，；：､]")
"""Marks with no space behind: ends of sentences, or only of clauses."""

RULE_LINE = re.compile(r"\s*(?:[-*_=~]\s*){3,}$")
MARKER = re.compile(r"^\s*(?:(?:[-*+\u2022\u2023\u25e6]|#{1,6}|>+)\s+(?:\[[ xX]\]\s+)?)+")
NUMBER = re.compile(r"^\s*(?:\((?=\d+\)))?(\d\d?)[.)]\s")
NUMBERED = re.compile(r"\s*\(?\w{1,3}[.)]\s")


def goes_on(line: str, following: str) -> bool:
    """Whether `following` only continues a line that was wrapped."""
    if MARKER.match(following) or NUMBERED.match(following):
        return False
    if line.rstrip().endswith(("。", "！", "？", "」", "』", "।")):
        return False
    return len(line) >= WRAPPED or following.lstrip()[:1].islower()


def _lines(text: str) -> Iterator[tuple[str, Break]]:
    """Paragraphs and list items, unwrapped, without their markers."""
    held: list[str] = []
    before, end = "", Break.LINE
    for line in LINE_ENDS.sub("\n", text).split("\n"):
        if not line.strip() or RULE_LINE.match(line):
            end = Break.PARAGRAPH
            continue
        if held and (end is Break.PARAGRAPH or not goes_on(before, line)):
            yield " ".join(held), end
            held = []
        held.append(NUMBER.sub(r"\1: ", MARKER.sub("", line, count=1)))
        before, end = line, Break.LINE
    if held:
        yield " ".join(held), Break.END


def _stop(window: str, lang: str) -> tuple[int, Break]:
    """Where to cut a line that is longer than `window`."""
    wide = {bool(m[1]): m.end() for m in WIDE.finditer(window)}  # the last of each kind
    if stop := max([*_sentence_ends(window, lang), wide.get(True, 0)]):
        return stop, Break.SENTENCE
    if stop := window.rfind(" ") + 1:
        return stop, Break.WORD
    return wide.get(False, BLOCK), Break.WITHIN


def _blocks(text: str, lang: str) -> Iterator[tuple[str, Break]]:
    """The lines cut to at most BLOCK characters: after a sentence, else a word, else anywhere."""
    for line, end in _lines(text):
        start = 0
        while len(line) - start > BLOCK:
            window = line[start : start + BLOCK]
            stop, kind = _stop(window, lang)
            yield window[:stop], kind
            start += stop
        yield line[start:], end


CLOSED = re.compile(r"[.!?…,;:—][\"”')]*$")


def _cleaned(text: str, lang: str) -> Iterator[tuple[str, Break]]:
    """The blocks in spoken words; one with nothing to say only lends its break to the one before.

    A heading or list item without a mark gets a full stop, or it would run into the next line.
    """
    held, held_end = "", Break.WITHIN
    for raw, end in _blocks(text, lang):
        spoken = _spoken(raw, lang)
        if not any(map(str.isalnum, spoken)):
            held_end = max(held_end, end)
            continue
        if held:
            closing = held_end >= Break.LINE and not CLOSED.search(held[-8:])
            yield held + "." * closing, held_end
        held, held_end = spoken, end
    if held:
        yield held, Break.END


def _window(sentence: str) -> int:
    """Where to cut a sentence that is longer than PIECE: behind a clause, a word, or anywhere."""
    window = sentence[:PIECE]
    clause = max(window.rfind(mark + " ") for mark in ",;:—") + 2
    if clause > PIECE // 2:
        return clause
    return window.rfind(" ") + 1 or PIECE


def _parts(line: str, lang: str) -> Iterator[tuple[str, Break]]:
    """A cleaned block as sentences, those longer than PIECE in parts."""
    start = 0
    for stop in [*_sentence_ends(line, lang), len(line)]:
        while stop - start > PIECE:
            size = _window(line[start:stop])
            end = Break.WORD if line[start + size - 1] == " " else Break.WITHIN
            yield line[start : start + size], end
            start += size
        yield line[start:stop], Break.SENTENCE
        start = stop


def pieces(text: str, lang: str = "en-us") -> Iterator[TextPiece]:
    """The clean text lazily, sentence by sentence. Every piece has a letter or a digit.

    lang: one of phonemes.LANGUAGES. Text with nothing to say yields nothing. Never raises, whatever
    the text.
    """
    for line, end in _cleaned(text, lang):
        held, held_end = "", Break.WITHIN
        for part, part_end in _parts(line, lang):
            # a part with only marks belongs to the part before it (or after, if it is the first)
            if any(map(str.isalnum, held)) and any(map(str.isalnum, part)):
                yield TextPiece(held, held_end)
                held = ""
            held, held_end = held + part, part_end
        yield TextPiece(held + SEPARATORS.get(end, ""), end)


def clean(text: str, lang: str = "en-us") -> str:
    """The whole text in spoken words: what the segments' texts joined give back."""
    return "".join(piece.text for piece in pieces(text, lang))
