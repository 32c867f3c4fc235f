"""The parts of a text that says how it is spoken: texts in their manner, silences, marks."""

from dataclasses import dataclass
from typing import TypeAlias

from onset.text.sentence_splitter import Break
from onset.types import Silence


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is spoken. voice, lang: None where the request's holds.

    rate: times its speed. volume: how many times as loud.
    """

    voice: str | None = None
    lang: str | None = None
    rate: float = 1.0
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class ScriptText:
    """A text to be cleaned and spoken, and what lies between it and the text behind it.

    It may have words with their phonemes, `[Kokoro](/kˈOkəɹO/)`.
    """

    text: str
    manner: Manner = Manner()
    end: Break = Break.WORD


@dataclass(frozen=True, slots=True)
class ScriptMark:
    """A place in the text, of which the client wants to know when it is reached."""

    name: str


ScriptPart: TypeAlias = ScriptText | Silence | ScriptMark
Script: TypeAlias = tuple[ScriptPart, ...]
