"""Phonemes are Kokoro's tokens, and nothing else."""

import importlib.util
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.errors import InvalidRequest
from onset.text.g2p.vocabulary import VOCABULARY, audible, encode, punctuation, to_vocabulary


@given(st.text("aəˈãõçʐɫ. ,\u0303\u0361˥❓g"))
def test_known_leaves_only_tokens(ipa: str) -> None:
    encode(to_vocabulary(ipa))
    assert to_vocabulary(to_vocabulary(ipa)) == to_vocabulary(ipa)


def test_known_takes_the_nearest_sound() -> None:
    assert to_vocabulary("ɡã ʐi g") == "ɡã ʂi ɡ".replace("ã", "a\u0303")


def test_marks_are_punctuation_and_make_no_sound() -> None:
    assert punctuation("a, b!") == ",!"
    assert not audible("ˈ, —")


def test_encode_gives_one_token_a_phoneme() -> None:
    assert encode("həlˈO.") == (50, 83, 54, 156, 31, 4)
    assert encode("") == ()


@pytest.mark.parametrize("phonemes", ["❓", "həl g", "\n"])
def test_encode_refuses_unknown_phonemes(phonemes: str) -> None:
    with pytest.raises(InvalidRequest, match="Unknown phoneme"):
        encode(phonemes)


def test_vocabulary_is_that_of_kokoro() -> None:
    assert len(VOCABULARY) == 114 and len(set(VOCABULARY.values())) == 114
    assert all(0 < token < 178 and len(phoneme) == 1 for phoneme, token in VOCABULARY.items())
    spec = importlib.util.find_spec("kokoro_onnx")
    if spec is None or spec.origin is None:
        pytest.skip("kokoro-onnx is not installed")
    config = Path(spec.origin).with_name("config.json").read_text("utf-8")
    assert VOCABULARY == json.loads(config)["vocab"]
