#!/usr/bin/env python3
"""Compares who reads written text right: `make reading-peers`.

    python tests/text/reading/compare_readers.py [--lang LANG] [--cases PATH]

Two tables, in per cent of the cases of a language that are right or acceptable:

  words   what makes words of text: ours and other normalizers, by the scorer of score_reading;
  sounds  what makes phonemes of text: ours and other engines. Each is judged by its own sounds: a
          line is right that sounds as one of its right readings, written in words, does there.

A peer that is not installed is named with the package to install; a language it lacks is "-".
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from score_reading import (
    BY_SOUND,
    CASES,
    NEAR,
    READERS,
    Case,
    Scorer,
    distance,
    heard,
    read_cases,
)

from onset.text.g2p.english import EnglishG2P
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.spacy_tagger import tagger
from onset.text.normalize import clean

Sound: TypeAlias = Callable[[str], str]
"""Written text to phonemes."""

Share: TypeAlias = float | str
"""Per cent, or why there is none."""

ESPEAK = {"en-us": "en-us", "es": "es", "fr": "fr-fr", "hi": "hi", "it": "it", "pt-br": "pt-br"}
"""Our languages as espeak-ng names them; its Chinese and Japanese read no prose."""

ALIKE = 0.05
"""Most edits, over the length of the right sounds, that connected speech makes: one in twenty."""

READS = {"wetext": "en-us ja zh", "damga": "en-us es fr it", "normt2s": "en-us",
         "spokenform": "en-us es fr hi it pt-br"}  # fmt: skip
"""Languages of the normalizers; ours reads all."""


def _onset(lang: str) -> Sound:
    phonemizer = Phonemizer()
    return lambda text: "".join(
        word.phonemes + word.space for word in phonemizer.words(clean(text, lang), lang)
    )


def _misaki(lang: str) -> Sound:
    if lang == "zh":
        g2p = import_module("misaki.zh").ZHG2P()
    elif lang == "ja":
        g2p = import_module("misaki.ja").JAG2P("pyopenjtalk")  # its other way raises on figures
    elif lang == "en-us":
        g2p = EnglishG2P(tagger(), british=False)._misaki  # with the tagger that we ship
    else:
        g2p = import_module("misaki.espeak").EspeakG2P(ESPEAK[lang])
    return lambda text: str(g2p(text)[0])


def _kokoro_onnx(lang: str) -> Sound:
    tokenizer = import_module("kokoro_onnx.tokenizer").Tokenizer()
    return lambda text: str(tokenizer.phonemize(text, ESPEAK[lang]))


def _piper(lang: str) -> Sound:
    phonemizer = import_module("piper.phonemize_espeak").EspeakPhonemizer()
    if lang not in ESPEAK:
        raise KeyError(lang)
    return lambda text: "".join("".join(sentence) for sentence in phonemizer.phonemize(lang, text))


SOUNDS: dict[str, Callable[[str], Sound]] = {
    "onset": _onset,
    "misaki": _misaki,
    "kokoro-onnx": _kokoro_onnx,
    "piper": _piper,
}
"""Ours, and engines for the same or a like model, with what they read text by themselves."""


def sounds_right(case: Case, sound: Sound) -> bool:
    """Whether a case sounds as one of its right readings does, by the same engine."""
    said = heard(sound(case.written))
    most = NEAR if case.kind in BY_SOUND else ALIKE
    return any(distance(said, heard(sound(right))) <= most for right in case.spoken + case.also)


def share_by_sound(cases: Sequence[Case], make: Callable[[str], Sound]) -> float:
    """How many per cent of the cases, of one language, sound right."""
    sound = make(cases[0].lang)
    return 100 * sum(sounds_right(case, sound) for case in cases) / len(cases)


def share_by_words(cases: Sequence[Case], name: str) -> float:
    """How many per cent of the cases the normalizer `name` reads right or acceptably."""
    results = list(Scorer(READERS[name]()).score(cases))
    return 100 * sum(result.verdict != "wrong" for result in results) / len(results)


def measured(measure: Callable[[], float]) -> Share:
    """A share; what is missing, if something is not installed; "-" for a language it lacks."""
    try:
        return round(measure(), 1)
    except ImportError as error:
        return f"needs {error.name or error}"
    except KeyError:
        return "-"


def table(title: str, rows: dict[str, dict[str, Share]], langs: Sequence[str]) -> None:
    """Prints shares, a row a reader."""
    print(f"{title:12}" + "".join(f"{lang:>8}" for lang in langs))
    for name, shares in rows.items():
        missing = sorted({value for value in shares.values() if str(value).startswith("needs")})
        cells = [str(shares[lang]) for lang in langs]
        shown = "".join(f"{'-' if cell.startswith('needs') else cell:>8}" for cell in cells)
        print(f"{name:12}{shown}" + "".join(f"  ({note})" for note in map(str, missing)))


def by_language(cases: Iterable[Case]) -> dict[str, list[Case]]:
    """The cases of each language."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        found[case.lang].append(case)
    return dict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lang", help="only this language")
    parser.add_argument("--cases", type=Path, default=CASES, help="a file or a folder of cases")
    asked = parser.parse_args()
    cases = by_language(c for c in read_cases([asked.cases]) if asked.lang in (None, c.lang))
    words: dict[str, dict[str, Share]] = {}
    sounds: dict[str, dict[str, Share]] = {}
    for name in READERS:
        reads = READS.get(name, " ".join(cases)).split()
        words[name] = {
            lang: measured(partial(share_by_words, own, name)) if lang in reads else "-"
            for lang, own in cases.items()
        }
    for name, make in SOUNDS.items():
        sounds[name] = {
            lang: measured(partial(share_by_sound, own, make)) for lang, own in cases.items()
        }
    print(f"{'lines':12}" + "".join(f"{len(own):8}" for own in cases.values()))
    table("words", words, list(cases))
    table("sounds", sounds, list(cases))
    print(json.dumps({"words": words, "sounds": sounds}))


if __name__ == "__main__":
    main()
