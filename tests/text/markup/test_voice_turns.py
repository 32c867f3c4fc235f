"""Turns of voices in plain text."""

import pytest

from onset.errors import InvalidRequest
from onset.model.voice_styles import language
from onset.text.markup.speech_script import Manner, ScriptText
from onset.text.markup.voice_turns import MOST_TURNS, voice_turns
from onset.text.sentence_splitter import Break


def test_each_turn_is_in_the_voice_before_it() -> None:
    text = "They met. [voice:af_heart] Ready?\n\n[VOICE: if_sara ]Sì.\n[voice:am_adam]"
    assert voice_turns(text, language) == (
        ScriptText("They met.", Manner(), Break.SENTENCE),
        ScriptText("Ready?", Manner("af_heart", "en-us"), Break.PARAGRAPH),
        ScriptText("Sì.", Manner("if_sara", "it"), Break.END),
    )


def test_an_unknown_voice_and_too_many_turns_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="Unknown voice 'bob'"):
        voice_turns("[voice:bob] a", language)
    with pytest.raises(InvalidRequest, match=f"at most {MOST_TURNS}"):
        voice_turns("[voice:am_adam] a" * (MOST_TURNS + 1))
