"""Turns of voices in plain text, for dialogues: `[voice:af_heart] Hello. [voice:am_adam] Hi.`"""

from collections.abc import Callable

from onset.errors import InvalidRequest
from onset.text.g2p.languages import resolve_language
from onset.text.markup.speech_script import Manner, Script, ScriptText
from onset.text.sentence_splitter import Break
from onset.types import TURN

MOST_TURNS = 1_000
"""Turns of a text, of which each is read by itself."""


def voice_turns(text: str, voice_language: Callable[[str], str] | None = None) -> Script:
    """The parts of a text, each in the voice of the tag before it, which speaks its own language.

    What stands before the first tag is in the request's. voice_language: the language of a voice;
    raises InvalidRequest for an unknown one. Raises InvalidRequest for more than MOST_TURNS.
    """
    before, *turns = TURN.split(text)
    if len(turns) > 2 * MOST_TURNS:
        raise InvalidRequest(f"A text has at most {MOST_TURNS} turns of voices.", "input")
    parts = [(Manner(), before)]
    for voice, said in zip(turns[::2], turns[1::2], strict=True):
        lang = voice_language(voice) if voice_language else None
        parts.append((Manner(voice, lang and resolve_language(lang)), said))
    spoken = [part for part in parts if part[1].strip()]
    last = len(spoken) - 1
    return tuple(
        ScriptText(said.strip(), manner, Break.END if at == last else _end(said))
        for at, (manner, said) in enumerate(spoken)
    )


def _end(said: str) -> Break:
    """What lies between a turn and the next, by the lines that are left free."""
    lines = said[len(said.rstrip()) :].count("\n")
    return (Break.SENTENCE, Break.LINE, Break.PARAGRAPH)[min(lines, 2)]
