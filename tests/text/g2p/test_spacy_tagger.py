"""The tagger: it tags, and does not bring spaCy's commands along."""

import subprocess
import sys

from onset.text.g2p.spacy_tagger import tagger


def test_words_have_tags() -> None:
    assert [token.tag_ for token in tagger()("She reads books.")] == ["PRP", "VBZ", "NNS", "."]


def test_the_server_starts_without_spacys_commands() -> None:
    program = "import sys, onset.text.g2p.phonemizer; print(*sys.modules)"
    imported = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert "spacy" in imported and "weasel" not in imported
