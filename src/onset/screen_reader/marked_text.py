"""Messages of speech-dispatcher: SSML as texts with marks between their words.

Nothing may keep a screen reader silent: what is no SSML, or has elements we do not know, is spoken
without its tags.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from onset.errors import InvalidRequest
from onset.text.markup.speech_script import ScriptMark, ScriptText
from onset.text.markup.ssml import parse_ssml
from onset.types import Silence

TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>")
NAME = re.compile(r"\bname\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")

PLAIN = frozenset({"speak", "mark"})
"""Elements of nearly all messages. In these the text is kept as it is written, as a mark may stand
inside a word."""


@dataclass(frozen=True, slots=True)
class TextMark:
    """A place in a text, before the word number `word` of those between white space."""

    name: str
    word: int


@dataclass(slots=True)
class MarkedText:
    """A text spoken in one manner. faster: times the rate. silence: seconds before it."""

    text: str = ""
    marks: list[TextMark] = field(default_factory=list)
    lang: str | None = None
    faster: float = 1.0
    silence: float = 0.0

    def add_mark(self, name: str) -> None:
        """A mark behind all that is there so far."""
        self.marks.append(TextMark(name, len(self.text.split())))


def marked_texts(message: str) -> list[MarkedText]:
    """The texts of a message in their order; perhaps none has a word, but marks are kept."""
    elements = {tag[2] for tag in TAG.finditer(message)}
    if elements - PLAIN:
        try:
            return list(_of_script(message))
        except InvalidRequest:
            pass
    return [_without_tags(message)]


def _without_tags(message: str) -> MarkedText:
    """The text of a message, with its marks; other tags are taken away."""
    result, position = MarkedText(), 0
    for tag in TAG.finditer(message):
        result.text += html.unescape(message[position : tag.start()])
        position = tag.end()
        name = NAME.search(tag[3]) if tag[2] == "mark" and not tag[1] else None
        if name is not None:
            result.add_mark(html.unescape(name[1] or name[2] or ""))
    result.text += html.unescape(message[position:])
    return result


def _of_script(message: str) -> Iterator[MarkedText]:
    """The parts of SSML, joined where they are spoken in one manner. Raises InvalidRequest."""
    current = MarkedText()
    for part in parse_ssml(message):
        if isinstance(part, ScriptMark):
            current.add_mark(part.name)
        elif isinstance(part, ScriptText):
            manner = part.manner
            if current.text and (current.lang, current.faster) != (manner.lang, manner.rate):
                yield current
                current = MarkedText()
            current.lang, current.faster = manner.lang, manner.rate
            current.text += part.text + " "
        elif isinstance(part, Silence):
            if current.text or current.marks:
                yield current
                current = MarkedText()
            current.silence += part.seconds
    yield current
