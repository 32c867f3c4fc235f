"""Our phonemes beside those of misaki, with which Kokoro was trained.

    scripts/figures/phonemes_beside_misaki.py [LANG ...]

Reads the corpora that ship (prose), cleaned by us, with both, and prints for each language how many
words sound the same, which phonemes only one of them has, and the commonest words that differ.
misaki's Japanese and Chinese need packages that we do not use; what is missing is named.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from importlib import import_module, resources

from onset.text.g2p.english import EnglishG2P
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.spacy_tagger import tagger
from onset.text.g2p.vocabulary import to_vocabulary
from onset.text.normalize import clean

CORPORA = {"en-us": "", "es": "-es", "fr": "-fr", "hi": "-hi", "it": "-it", "ja": "-ja",
           "pt-br": "-pt", "zh": "-zh"}  # fmt: skip
ESPEAK = {"fr": "fr-fr"}
"""Where espeak-ng names a language otherwise."""

QUIET = re.compile(r"[.,;:!?…—\"“”()]")
SHOWN = 8
"""Differences that are printed."""


def misaki(lang: str) -> Callable[[str], str]:
    """misaki's phonemes of clean text, without what has no token."""
    if lang == "zh":
        g2p = import_module("misaki.zh").ZHG2P()
    elif lang == "ja":
        g2p = import_module("misaki.cutlet").Cutlet()
    elif lang == "en-us":
        g2p = EnglishG2P(tagger(), british=False)._misaki
    else:
        g2p = import_module("misaki.espeak").EspeakG2P(ESPEAK.get(lang, lang))
    return lambda text: to_vocabulary(str(g2p(text)[0]))


def lines(lang: str) -> Iterator[str]:
    """The clean lines of a language's corpora."""
    for kind in ("corpus", "heldout"):
        path = resources.files("onset") / "data" / f"{kind}{CORPORA[lang]}.txt"
        for line in path.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                yield clean(line, lang)


def compared(lang: str) -> str:
    """A paragraph on a language."""
    phonemizer, theirs = Phonemizer(), misaki(lang)
    total = same = 0
    differ, only = Counter[str](), (Counter[str](), Counter[str]())
    for line in lines(lang):
        ours = "".join(word.phonemes + word.space for word in phonemizer.words(line, lang))
        one, other = (QUIET.sub("", said).split() for said in (ours, theirs(line)))
        only[0].update("".join(one))
        only[1].update("".join(other))
        total += len(one)
        for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            same += (b - a) * (kind == "equal")
            differ[f"{' '.join(one[a:b])} / {' '.join(other[c:d])}"] += kind != "equal"
    alone = [
        ", ".join(f"{sign} {count}" for sign, count in own.most_common() if sign not in others)
        for own, others in (only, only[::-1])
    ]
    shown = "".join(f"\n  {n} {pair}" for pair, n in differ.most_common(SHOWN) if n)
    head = (
        f"{lang}: {100 * same / total:.1f} % of {total} words alike; phonemes that only we have: "
    )
    return f"{head}{alone[0] or 'none'}; only misaki: {alone[1] or 'none'}{shown}"


def main() -> None:
    """Print each language."""
    for lang in sys.argv[1:] or CORPORA:
        try:
            print(compared(lang))
        except ImportError as error:
            print(f"{lang}: needs {error.name or error}")


if __name__ == "__main__":
    main()
