"""Homographs: which reading of a word that has several is meant, by the words and tags around it.

A logistic regression a word, after Gorman, Mazovetskiy and Nikolaev, "Improving homograph
disambiguation with machine learning" (LREC 2018). `scripts/fitting/fit_homographs.py` fits
`data/homographs.json` on the training split of their Wikipedia Homograph Data (Apache-2.0).
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

NEAR, AROUND = 3, 8
"""Words on each side that count by their place, and that count wherever they stand."""

OWN_TAG, TAGS, WORDS, BAG, CHOICE = 3.0, 1.5, 1.0, 0.5, 3.0
"""How much each kind of feature counts: the best of five settings in cross-validation."""

PREFIXED = {"reread": "read"}
"""A word read as the homograph behind its "re"."""


class TaggedWord(NamedTuple):
    """A word of a sentence, its part of speech by spaCy's tagger, and misaki's phonemes."""

    text: str
    tag: str
    phonemes: str


class _Word(NamedTuple):
    """One homograph. readings: American and British phonemes of each (None: not known).

    bias: one a reading; weights: feature to one a reading.
    """

    readings: list[list[str | None]]
    bias: list[float]
    weights: dict[str, list[float]]


@cache
def _words() -> dict[str, _Word]:
    text = (resources.files("onset") / "data" / "homographs.json").read_text("utf-8")
    return {word: _Word(**fields) for word, fields in json.loads(text).items()}


def distance(a: str, b: str) -> int:
    """Edits between two strings of phonemes."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


def nearest(phonemes: str, readings: Sequence[str]) -> int:
    """Which of `readings` sounds most like `phonemes`; the first of equals."""
    distances = [distance(phonemes, reading) for reading in readings]
    return distances.index(min(distances))


def _tag_features(tags: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Tags from two words before to two behind; the middle one is the word's own."""
    yield f"t={tags[2]}", OWN_TAG
    for place, tag in zip((-2, -1, 1, 2), (*tags[:2], *tags[3:]), strict=True):
        yield f"t{place}={tag}", TAGS
    yield f"tt={tags[1]}_{tags[2]}", TAGS
    yield f"tu={tags[2]}_{tags[3]}", TAGS
    yield f"tv={tags[1]}_{tags[3]}", TAGS


def features(words: Sequence[TaggedWord], at: int, choice: int) -> dict[str, float]:
    """What is seen of the word at `at`. choice: the reading that misaki gives it."""

    def word(place: int) -> str:
        return words[place].text.lower() if 0 <= place < len(words) else "^$"[place >= len(words)]

    tags = [words[k].tag if 0 <= k < len(words) else word(k) for k in range(at - 2, at + 3)]
    seen = dict(_tag_features(tags))
    for place in range(-NEAR, NEAR + 1):
        if place:
            seen[f"w{place}={word(at + place)}"] = WORDS
    for k in range(max(0, at - AROUND), min(len(words), at + AROUND + 1)):
        if k != at and words[k].text.isalpha():
            seen[f"b={word(k)}"] = BAG
    text = words[at].text
    case = "U" if text.isupper() else "T" if text[:1].isupper() else "l"
    seen[f"c={case}{int(at == 0)}"] = WORDS
    seen[f"m={choice}"] = CHOICE
    return seen


def is_homograph(word: str) -> bool:
    """Whether a word has several readings that we know."""
    return PREFIXED.get(word.lower(), word.lower()) in _words()


def within(sound: str, part: str, chosen: str, last: bool) -> str:
    """The sound of a compound with `chosen` in the place of `part`, whatever their stresses.

    last: whether the part is the compound's last. A part that lost its stress to another does not
    get it back. Where the compound has not the part's sound, it stays as it is.
    """
    letters = [re.escape(letter) for letter in re.sub("[ˈˌ]", "", part)]
    found = list(re.finditer("[ˈˌ]*" + "[ˈˌ]*".join(letters), sound)) if letters else []
    if not found:
        return sound
    match = found[-1 if last else 0]
    if "ˈ" not in match[0]:
        chosen = chosen.replace("ˌ", "").replace("ˈ", "ˌ")
    return sound[: match.start()] + chosen + sound[match.end() :]


def reading(words: Sequence[TaggedWord], at: int, british: bool) -> str | None:
    """The phonemes of the word at `at`, if it is a homograph that we can read."""
    word = words[at].text.lower()
    entry = _words().get(PREFIXED.get(word, word))
    if entry is None:
        return None
    phonemes = [pair[british] for pair in entry.readings]
    known = [text for text in phonemes if text is not None]
    if len(known) < len(phonemes):
        return None
    seen = features(words, at, nearest(words[at].phonemes, known))
    scores = list(entry.bias)
    for feature, size in seen.items():
        for k, weight in enumerate(entry.weights.get(feature, ())):
            scores[k] += size * weight
    return "ɹi" * (word in PREFIXED) + known[scores.index(max(scores))]
