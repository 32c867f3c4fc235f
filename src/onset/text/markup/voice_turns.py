"""Turns of voices in plain text, for dialogues: `[voice:af_heart] Hello. [voice:am_adam] Hi.`"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from onset.errors import InvalidRequest
from onset.text.g2p.languages import resolve_language
from onset.text.markup.speech_script import Manner, Script, ScriptText
from onset.text.sentence_splitter import Break
from onset.types import TURN

MOST_TURNS = 1_000
"""Turns of a text, of which each is read by itself."""

VoiceLanguage = Callable[[str], str] | None
"""The language of a voice, which raises InvalidRequest for an unknown one; None: nobody asks."""

HALF_TURN = re.compile(
    r"(?i)\[(?:v(?:o(?:i(?:c(?:e(?::[ \t]{0,10}(?:[^\[\]\s]{1,200}[ \t]{0,10})?)?)?)?)?)?)?"
)
"""What may become a turn when more text comes."""


@dataclass(frozen=True, slots=True)
class VoiceTurn:
    """Another voice from here on. before: what lies between it and the text before it."""

    manner: Manner
    before: Break


def voice_turns(text: str, voice_language: VoiceLanguage = None) -> Script:
    """The parts of a text, each in the voice of the tag before it, which speaks its own language.

    What stands before the first tag is in the request's. Raises InvalidRequest for an unknown voice
    and for more than MOST_TURNS.
    """
    before, *turns = TURN.split(text)
    check_turns(len(turns) // 2)
    parts = [(Manner(), before)]
    for voice, said in zip(turns[::2], turns[1::2], strict=True):
        parts.append((turn_manner(voice, voice_language), said))
    spoken = [part for part in parts if part[1].strip()]
    last = len(spoken) - 1
    return tuple(
        ScriptText(said.strip(), manner, Break.END if at == last else turn_break(said))
        for at, (manner, said) in enumerate(spoken)
    )


def check_turns(count: int) -> None:
    """Raise InvalidRequest for too many turns."""
    if count > MOST_TURNS:
        raise InvalidRequest(f"A text has at most {MOST_TURNS} turns of voices.", "input")


def turn_manner(voice: str, voice_language: VoiceLanguage) -> Manner:
    """How a turn is spoken. Raises InvalidRequest for an unknown voice."""
    lang = voice_language(voice) if voice_language else None
    return Manner(voice, lang and resolve_language(lang))


def turn_break(said: str) -> Break:
    """What lies between a turn and the next, by the lines that are left free."""
    lines = said[len(said.rstrip()) :].count("\n")
    return (Break.SENTENCE, Break.LINE, Break.PARAGRAPH)[min(lines, 2)]


def half_turn(text: str) -> int:
    """Where what may become a turn begins at the end of a text; its length if nothing does."""
    at = text.rfind("[")
    return at if at >= 0 and HALF_TURN.fullmatch(text, at) else len(text)
