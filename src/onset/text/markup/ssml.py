"""SSML: the elements people send, as parts that are spoken one after the other.

A subset of W3C's Speech Synthesis Markup Language 1.1. What is not in it is refused with the
choices, never spoken as text. Entities of a document's own are refused, so nothing expands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn
from xml.parsers import expat

from onset.errors import InvalidRequest
from onset.text.g2p.languages import resolve_language
from onset.text.g2p.pronunciations import to_kokoro
from onset.text.markup.say_as import said_as
from onset.text.markup.speech_script import Manner, Script, ScriptMark, ScriptPart, ScriptText
from onset.text.markup.ssml_values import LOUDEST, break_seconds, rate_factor, volume_factor
from onset.text.normalize import MOST_SILENCE
from onset.text.sentence_splitter import Break
from onset.text.stable_prefix import whole_prefix
from onset.types import Silence

DEEPEST = 32
"""Elements within each other."""

MOST_ELEMENTS = 20_000
"""Elements of a document: a mark at every word of the longest text."""

LONGEST_MARK = 100
"""Characters of a mark's name."""

SEEN = 40
"""Characters at a text's end that tell whether a sentence ends there."""

ALPHABETS = ("ipa", "kokoro")

ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "speak": frozenset({"version", "xml:lang", "xml:base", "xsi:schemaLocation"}),
    "p": frozenset({"xml:lang"}),
    "s": frozenset({"xml:lang"}),
    "break": frozenset({"time", "strength"}),
    "say-as": frozenset({"interpret-as", "format", "detail"}),
    "sub": frozenset({"alias"}),
    "phoneme": frozenset({"alphabet", "ph"}),
    "prosody": frozenset({"rate", "volume"}),
    "voice": frozenset({"name", "xml:lang"}),
    "lang": frozenset({"xml:lang"}),
    "mark": frozenset({"name"}),
}
"""The elements we know, and their attributes."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "say-as": ("interpret-as",),
    "sub": ("alias",),
    "phoneme": ("ph",),
    "prosody": ("rate", "volume"),
    "lang": ("xml:lang",),
    "mark": ("name",),
    "voice": ("name", "xml:lang"),
}
"""Attributes of which an element needs one."""

ENDS = {"p": Break.PARAGRAPH, "s": Break.SENTENCE}
EMPTY = frozenset({"break", "mark"})
LEAVES = frozenset({"say-as", "sub", "phoneme"})
"""Elements in which there is only text."""


def parse_ssml(
    document: str, lang: str = "en-us", voice_language: Callable[[str], str] | None = None
) -> Script:
    """The parts of a document, in order; the last text ends with Break.END.

    lang: the language of what is in no other. voice_language: the language of a voice; raises
    InvalidRequest for an unknown one; without it every voice speaks `lang`. Raises InvalidRequest,
    with the line, for what is malformed, unknown, too deep or too long.
    """
    return _SsmlReader(resolve_language(lang), voice_language).read(document)


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    attributes: Mapping[str, str]
    manner: Manner


class _SsmlReader:
    """Collects the parts while expat reads."""

    def __init__(self, lang: str, voice_language: Callable[[str], str] | None) -> None:
        self._lang, self._voice_language = lang, voice_language
        self._parts: list[ScriptPart] = []
        self._stack: list[_Element] = []
        self._text: list[str] = []
        self._leaf: list[str] = []
        self._count, self._silence = 0, 0.0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, document: str) -> Script:
        """The parts of the whole document."""
        try:
            self._parser.Parse(document.strip("\ufeff \t\r\n").encode("utf-8", "ignore"), True)
        except expat.ExpatError as error:
            reason = f"{expat.errors.messages[error.code]}, column {error.offset + 1}"
            self._refuse(reason, error.lineno)
        except InvalidRequest as error:
            if error.message.startswith("SSML, line"):
                raise
            self._refuse(error.message)
        for at in range(len(self._parts) - 1, -1, -1):
            if isinstance(part := self._parts[at], ScriptText):
                self._parts[at] = replace(part, end=Break.END)
                break
        return tuple(self._parts)

    def _refuse(self, reason: str, line: int | None = None) -> NoReturn:
        line = self._parser.CurrentLineNumber if line is None else line
        raise InvalidRequest(f"SSML, line {line}: {reason.rstrip('.')}.", "input")

    def _doctype(self, *_: object) -> None:
        self._refuse("a document type is refused, and entities with it")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._stack) >= DEEPEST:
            self._refuse(f"more than {MOST_ELEMENTS} elements, or {DEEPEST} within each other")
        self._check(name, attributes)
        manner = self._manner(name, attributes)
        if name in ENDS:
            self._flush(ENDS[name])
        elif name not in LEAVES | EMPTY and manner != self._current:
            self._flush()
        if name == "break":
            self._pause(break_seconds(attributes.get("time"), attributes.get("strength")))
        elif name == "mark":
            self._flush()
            self._parts.append(ScriptMark(attributes["name"]))
        self._stack.append(_Element(name, attributes, manner))

    def _end(self, name: str) -> None:
        element = self._stack.pop()
        if name in LEAVES:
            self._text.append(self._said(element, "".join(self._leaf)))
            self._leaf = []
        elif name in ENDS:
            self._flush(ENDS[name], element.manner)
        elif name not in EMPTY and element.manner != self._current:
            self._flush(manner=element.manner)
        elif not self._stack:
            self._flush(manner=element.manner)

    def _characters(self, text: str) -> None:
        name = self._stack[-1].name
        if name in EMPTY and text.strip():
            self._refuse(f"{name} has no text in it")
        (self._leaf if name in LEAVES else self._text).append(text)

    @property
    def _current(self) -> Manner:
        return self._stack[-1].manner if self._stack else Manner()

    def _check(self, name: str, attributes: Mapping[str, str]) -> None:
        """Refuse an element or an attribute that is not known, or not there."""
        if not self._stack and name != "speak":
            self._refuse(f"the document is no <speak>, but <{name}>")
        if name not in ATTRIBUTES or (self._stack and name == "speak"):
            known = ", ".join(key for key in ATTRIBUTES if key != "speak")
            self._refuse(f"<{name}> is not supported. Choices: {known}")
        if self._stack and self._stack[-1].name in LEAVES | EMPTY:
            self._refuse(f"no <{name}> may be inside <{self._stack[-1].name}>")
        known_attributes = ATTRIBUTES[name]
        for key in attributes:
            if key not in known_attributes and not key.startswith("xmlns"):
                choices = ", ".join(sorted(known_attributes))
                self._refuse(f"{name} has no {key!r} here. Choices: {choices}")
        needed = NEEDED.get(name)
        if needed and not any(attributes.get(key, "").strip() for key in needed):
            self._refuse(f"{name} needs {' or '.join(map(repr, needed))}")
        if name == "mark" and len(attributes["name"]) > LONGEST_MARK:
            self._refuse(f"a mark's name has at most {LONGEST_MARK} characters")

    def _manner(self, name: str, attributes: Mapping[str, str]) -> Manner:
        """How what is inside an element is spoken."""
        manner = self._current
        if name == "voice" and (voice := attributes.get("name")):
            lang = self._voice_language(voice) if self._voice_language else None
            manner = replace(manner, voice=voice, lang=lang and resolve_language(lang))
        if "xml:lang" in attributes:
            manner = replace(manner, lang=resolve_language(attributes["xml:lang"]))
        if "rate" in attributes:
            manner = replace(manner, rate=manner.rate * rate_factor(attributes["rate"]))
        if "volume" in attributes:
            volume = manner.volume * volume_factor(attributes["volume"])
            manner = replace(manner, volume=min(volume, LOUDEST))
        return manner

    def _said(self, element: _Element, text: str) -> str:
        """The text that stands for an element that has only text."""
        lang = element.manner.lang or self._lang
        if element.name == "sub":
            return element.attributes["alias"]
        if element.name == "say-as":
            form = element.attributes.get("format", "")
            return said_as(text, element.attributes["interpret-as"], form, lang)
        alphabet = element.attributes.get("alphabet", "ipa").lower()
        if alphabet not in ALPHABETS:
            self._refuse(f"phoneme: no alphabet {alphabet!r}. Choices: {', '.join(ALPHABETS)}")
        written = element.attributes["ph"]
        word = " ".join("".join(c for c in text if c not in "[]").split()) or written
        return f"[{word}](/{to_kokoro(written, lang)}/)"

    def _pause(self, seconds: float) -> None:
        self._silence += seconds
        if self._silence > MOST_SILENCE:
            self._refuse(f"the silences are longer than {MOST_SILENCE:g} seconds together")
        self._flush()
        self._parts.append(Silence(seconds))

    def _flush(self, end: Break | None = None, manner: Manner | None = None) -> None:
        """The text so far is a part. end: what follows it, by its looks if not told."""
        text = " ".join("".join(self._text).split())
        self._text = []
        if text:
            looks = whole_prefix(text[-SEEN:])  # the search is quadratic
            assert looks is not None
            self._parts.append(ScriptText(text, manner or self._current, end or looks.end))
        elif end is not None and self._parts and isinstance(last := self._parts[-1], ScriptText):
            self._parts[-1] = replace(last, end=max(last.end, end))
