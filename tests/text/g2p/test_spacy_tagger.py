"""The tagger: it tags, and does not bring spaCy's commands along."""

import subprocess
import sys

from onset.text.g2p.spacy_tagger import tagger


def test_words_have_tags() -> None:
    assert [token.tag_ for token in tagger()("She reads books.")] == ["PRP", "VBZ", "NNS", "."]


def test_the_server_starts_without_spacys_commands() -> None:
    code = "import sys, onset.phonemes; print('weasel' in sys.modules, 'spacy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
