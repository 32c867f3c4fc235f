#!/usr/bin/env python3
"""Fits `src/onset/data/homographs.json`: which reading of a homograph is meant.

    python scripts/fitting/fit_homographs.py FOLDER [--folds 5 | --evaluate SPLIT]

FOLDER: the Wikipedia Homograph Data of google-research-datasets (Apache-2.0), of which only
`data/train/*.tsv` and `data/wordids.tsv` are read. With --folds nothing is written: it prints what
share of the training split is read right in cross-validation, and what share misaki reads right:
of all sentences, of which those that cannot be judged count as wrong.
With --evaluate, what share of `data/SPLIT` is read right by what ships; `eval` is for the end.
"""

import argparse
import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import minimize

from onset.text.g2p.english import EnglishG2P
from onset.text.g2p.homographs import TaggedWord, distance, features, nearest, reading
from onset.text.g2p.spacy_tagger import tagger
from onset.text.normalize import pieces

DATA = Path(__file__).parents[2] / "src" / "onset" / "data" / "homographs.json"

STRENGTH = 2.0
"""Inverse of the regularisation (C of scikit-learn): the best of three in cross-validation."""

SEEN, KEPT = 2, 80
"""A feature counts that was seen so often; most features kept of a word. 40 of them read 0.25 %
less right in cross-validation, all of them as much."""

OWN = {
    "aged_adj": ("ˈAʤᵻd", "ˈAʤɪd"), "aged": ("ˈAʤd", "ˈAʤd"),
    "august": ("ˈɔɡəst", "ˈɔːɡəst"), "august_adj": ("ɔɡˈʌst", "ɔːɡˈʌst"),
    "august_nam": ("ˈWɡʊst", "ˈWɡʊst"), "blessed_adj": ("blˈɛsᵻd", "blˈɛsɪd"),
    "blessed_vrb": ("blˈɛst", "blˈɛst"), "bologna": ("bəlˈOni", "bəlˈQni"),
    "bologna_geo": ("bəlˈOnjə", "bəlˈɒnjə"), "celtic_adj-nou-sports": ("sˈɛltɪk", "sˈɛltɪk"),
    "celtic": ("kˈɛltɪk", "kˈɛltɪk"), "export_nou": ("ˈɛkspˌɔɹt", "ˈɛkspɔːt"),
    "export_vrb": ("ɪkspˈɔɹt", "ɪkspˈɔːt"), "expose_nou": ("ˌɛkspOzˈA", "ɛkspˈQzA"),
    "expose_vrb": ("ɪkspˈOz", "ɪkspˈQz"), "frequent_adj": ("fɹˈikwənt", "fɹˈiːkwᵊnt"),
    "frequent_vrb": ("fɹikwˈɛnt", "fɹɪkwˈɛnt"), "impact_nou": ("ˈɪmpˌækt", "ˈɪmpakt"),
    "impact_vrb": ("ɪmpˈækt", "ɪmpˈakt"), "increment_nou": ("ˈɪŋkɹəmənt", "ˈɪnkɹɪmᵊnt"),
    "increment_vrb": ("ˈɪŋkɹəmˌɛnt", "ˈɪnkɹɪmɛnt"),
    "instrument_nou": ("ˈɪnstɹəmənt", "ˈɪnstɹʊmᵊnt"),
    "instrument_vrb": ("ˈɪnstɹəmˌɛnt", "ˈɪnstɹʊmɛnt"), "jesus": ("ʤˈizəs", "ʤˈiːzəs"),
    "jesus_es": ("hAsˈus", "hAsˈuːs"), "job_bible": ("ʤˈOb", "ʤˈQb"), "job": ("ʤˈɑb", "ʤˈɒb"),
    "lead_nou": ("lˈɛd", "lˈɛd"), "lead_nou-vrb": ("lˈid", "lˈiːd"),
    "mate_nou": ("mˈɑtˌA", "mˈatA"),
    "mate": ("mˈAt", "mˈAt"), "mobile": ("mˈObᵊl", "mˈQbIl"), "mobile_geo": ("mObˈil", "mQbˈiːl"),
    "mobile_nou-art": ("mˈObˌil", "mˈQbIl"), "nestle_nam": ("nˈɛsli", "nˈɛsli"),
    "nestle_vrb": ("nˈɛsᵊl", "nˈɛsᵊl"), "perfume_nou": ("pˈɜɹfjˌum", "pˈɜːfjuːm"),
    "perfume_vrb": ("pəɹfjˈum", "pəfjˈuːm"), "polish_geo": ("pˈOlɪʃ", "pˈQlɪʃ"),
    "polish": ("pˈɑlɪʃ", "pˈɒlɪʃ"), "protest_nou": ("pɹˈOtˌɛst", "pɹˈQtɛst"),
    "protest_vrb": ("pɹətˈɛst", "pɹətˈɛst"), "ravel_nam": ("ɹəvˈɛl", "ɹəvˈɛl"),
    "ravel_nou": ("ɹˈævᵊl", "ɹˈavᵊl"), "reading_geo": ("ɹˈɛdɪŋ", "ɹˈɛdɪŋ"),
    "reading_en": ("ɹˈidɪŋ", "ɹˈiːdɪŋ"), "recount_nou": ("ɹˈikˌWnt", "ɹˈiːkWnt"),
    "recount_vrb": ("ɹikˈWnt", "ɹɪkˈWnt"), "resume_nou": ("ɹˈɛzəmˌA", "ɹˈɛzjuːmA"),
    "resume_vrb": ("ɹəzˈum", "ɹɪzjˈuːm"), "rodeo_geo": ("ɹOdˈAO", "ɹQdˈAQ"),
    "rodeo": ("ɹˈOdiˌO", "ɹˈQdɪQ"), "row_1": ("ɹˈO", "ɹˈQ"), "row_2": ("ɹˈW", "ɹˈW"),
    "sake_jp": ("sˈɑkA", "sˈɑːkA"), "sake": ("sˈAk", "sˈAk"),
}  # fmt: skip
"""American and British phonemes of readings that misaki's lexicon lacks, and of their fellows."""

CUES = {
    "bass_corp": "fish fishing caught trout lake river pond bait perch striped salmon",
    "lead_nou": "pipe pipes paint poisoning metal zinc copper tin pencil toxic ore acid",
    "tear_nou": "eye eyes cry crying cheek cheeks shed grief",
    "bow_nou-knot": "arrow arrows archer hair ribbon tie tied violin string strings cello",
    "bow_nou-ship": "take takes took ship stern boat audience curtain head deck",
    "row_2": "quarrel argument angry blazing furious",
    "sow_nou": "pig pigs piglets boar litter farrowing",
    "sake_jp": "rice drink bottle japanese brewery sushi",
    "polish_geo": "poland warsaw kraków army language",
    "polish": "nail shoe shoes shine silver",
    "mobile_geo": "alabama",
    "resume_nou": "job cv cover employer hiring",
    "job_bible": "bible testament suffering satan",
    "reading_geo": "berkshire pennsylvania fc",
    "minute": "hand hands",
    "minute_adj": "tiny particles amounts",
    "read_past": "yesterday ago last",
    "read_present": "every usually never always often rarely weekly daily please",
}
"""Words around a rare reading that the training split is too small to show; written for Onset."""

CUE = 4.0
"""Weight of one of CUES: two of them outvote most tags."""

IPA = [("'", "ˈ"), ("ː", ""), ("eɪ", "A"), ("aɪ", "I"), ("oʊ", "O"), ("aʊ", "W"), ("ɔɪ", "Y"),
       ("ɚ", "əɹ"), ("0", ""), ("1", "")]  # fmt: skip
"""From the transcription of wordids.tsv to misaki's."""


VOWELS = frozenset("aeiouæɑɒɔəɛɜɪʊʌᵊᵻAIOQWY")


Matrix: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Seen: TypeAlias = dict[str, float]
Readings: TypeAlias = dict[str, dict[str, list[str | None]]]
Model: TypeAlias = dict[str, Any]
"""Bias and weights of one homograph, as in the file."""


class Example(NamedTuple):
    """A sentence that was tagged, the place of the homograph in it, and its right reading."""

    words: list[TaggedWord]
    at: int
    wordid: str


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def tagged(g2p: EnglishG2P, row: dict[str, str]) -> Example | None:
    """The sentence of a row as the G2P sees it; None if the word is not found in the clean text."""
    start = len(row["sentence"].encode()[: int(row["start"])].decode())
    word = re.compile(rf"(?<![\w'’]){row['homograph']}(?!\w)", re.IGNORECASE)
    before = sum(match.start() < start for match in word.finditer(row["sentence"]))
    for piece in pieces(row["sentence"]):
        words = g2p.tagged(piece.text)
        places = [k for k, w in enumerate(words) if word.fullmatch(w.text)]
        if before < len(places):
            return Example(words, places[before], row["wordid"])
        before -= len(places)
    return None


def unlikeness(some: str, wanted: str) -> int:
    """Edits between two sounds; another stressed syllable counts more."""
    stressed = [sum(c in VOWELS for c in sound.partition("ˈ")[0]) for sound in (some, wanted)]
    bare = [re.sub("[ˈˌː]", "", sound) for sound in (some, wanted)]
    return distance(*bare) + 5 * (stressed[0] != stressed[1])


def matched(wanted: Sequence[str], lexicon: object) -> list[str] | None:
    """misaki's variants that are nearest to the transcriptions `wanted`, one each."""
    variants = sorted({v for v in lexicon.values() if v}) if isinstance(lexicon, dict) else []
    if len(variants) < len(wanted):
        return None
    return list(min(permutations(variants, len(wanted)),
                    key=lambda some: sum(map(unlikeness, some, wanted))))  # fmt: skip


def all_readings(folder: Path, g2ps: Sequence[EnglishG2P]) -> Readings:
    """Homograph to wordid to American and British phonemes."""
    wanted: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(folder / "data" / "wordids.tsv"):
        sounds = row["pronunciation"]
        for symbol, ours in IPA:
            sounds = sounds.replace(symbol, ours)
        wanted[row["homograph"]][row["wordid"]] = sounds
    found: Readings = {}
    for word, ids in wanted.items():
        if set(ids) <= OWN.keys():
            found[word] = {wordid: list(OWN[wordid]) for wordid in ids}
            continue
        choices = [matched(list(ids.values()), g2p.variants(word)) for g2p in g2ps]
        if choices[0] is not None:
            british: Sequence[str | None] = choices[1] or [None] * len(ids)
            pairs = zip(choices[0], british, strict=True)
            found[word] = {wordid: list(pair) for wordid, pair in zip(ids, pairs, strict=True)}
    return found


def fitted(inputs: Matrix, right: Matrix, classes: int) -> tuple[Matrix, Matrix]:
    """Weights (features, classes) and biases of a multinomial logistic regression."""
    count, size = inputs.shape
    targets = np.eye(classes)[right]

    def loss(flat: Matrix) -> tuple[float, Matrix]:
        weights, bias = flat[: size * classes].reshape(size, classes), flat[size * classes :]
        scores = inputs @ weights + bias
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        shares /= shares.sum(axis=1, keepdims=True)
        value = -np.log(shares[np.arange(count), right]).sum() + (weights**2).sum() / (2 * STRENGTH)
        error = shares - targets
        slope = inputs.T @ error + weights / STRENGTH
        return float(value), np.concatenate([slope.ravel(), error.sum(axis=0)])

    best = minimize(loss, np.zeros((size + 1) * classes), jac=True, method="L-BFGS-B").x
    return best[: size * classes].reshape(size, classes), best[size * classes :]


def fit_word(seen: Sequence[Seen], right: Sequence[int], classes: int) -> Model:
    """Bias and the KEPT features of one homograph that matter most."""
    counts = Counter(feature for example in seen for feature in example)
    names = sorted(feature for feature, count in counts.items() if count >= SEEN)
    index = {name: k for k, name in enumerate(names)}
    inputs = np.zeros((len(seen), len(names)))
    for k, example in enumerate(seen):
        for feature, size in example.items():
            if feature in index:
                inputs[k, index[feature]] = size
    weights, bias = fitted(inputs, np.array(right), classes)
    weights -= weights.mean(axis=1, keepdims=True)
    worth = np.abs(weights).max(axis=1) * np.sqrt((inputs != 0).mean(axis=0))
    kept = sorted(np.argsort(-worth)[:KEPT])
    chosen = {names[k]: [round(float(w), 2) for w in weights[k]] for k in kept}
    return {"bias": [round(float(b), 2) for b in bias], "weights": chosen}


def read_as(model: Model, seen: Seen) -> int:
    """The reading a fitted word chooses."""
    bias, weights = model["bias"], model["weights"]
    scores = [b + sum(size * weights[f][k] for f, size in seen.items() if f in weights)
              for k, b in enumerate(bias)]  # fmt: skip
    return scores.index(max(scores))


def add_cues(model: Model, ids: Sequence[str]) -> None:
    """CUES in the place of what was fitted for these words."""
    for k, wordid in enumerate(ids):
        for word in CUES.get(wordid, "").split():
            model["weights"][f"b={word}"] = [CUE if j == k else -CUE for j in range(len(ids))]


def held_out(seen: Sequence[Seen], labels: Sequence[int], ids: Sequence[str], folds: int) -> int:
    """How many examples are read right by models that were fitted without them."""
    right = 0
    for fold in range(folds):
        kept = [k for k in range(len(seen)) if k % folds != fold]
        model = fit_word([seen[k] for k in kept], [labels[k] for k in kept], len(ids))
        add_cues(model, ids)
        right += sum(read_as(model, seen[k]) == labels[k] for k in range(fold, len(seen), folds))
    return right


def report(counts: Counter[str]) -> None:
    for key, count in counts.items():
        print(f"{key}: {count}, {100 * count / counts['all']:.1f} %")


def evaluate(folder: Path, split: str, g2p: EnglishG2P, readings: Readings) -> Counter[str]:
    """How many sentences of a split are read right by what ships, and by misaki.

    A word whose readings we do not know, or that is not in the clean text, is read wrong by both.
    """
    counts: Counter[str] = Counter()
    for path in sorted((folder / "data" / split).glob("*.tsv")):
        ids = readings.get(path.stem, {})
        sounds = [str(pair[0]) for pair in ids.values()]
        for row in rows(path):
            counts["all"] += 1
            example = tagged(g2p, row) if row["wordid"] in ids else None
            if example is None:
                counts["not judged"] += 1
                continue
            wanted = list(ids).index(row["wordid"])
            misaki = nearest(example.words[example.at].phonemes, sounds)
            shipped = reading(example.words, example.at, british=False)
            counts["misaki"] += misaki == wanted
            counts["Onset"] += (misaki if shipped is None else sounds.index(shipped)) == wanted
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--evaluate", metavar="SPLIT", choices=["train", "eval"])
    asked = parser.parse_args()
    nlp = tagger()
    american = EnglishG2P(nlp, british=False)
    readings = all_readings(asked.folder, [american, EnglishG2P(nlp, british=True)])
    if asked.evaluate:
        report(evaluate(asked.folder, asked.evaluate, american, readings))
        return
    counts: Counter[str] = Counter()
    models: Model = {}
    for word, ids in readings.items():
        path = asked.folder / "data" / "train" / f"{word}.tsv"
        found = [tagged(american, row) if row["wordid"] in ids else None for row in rows(path)]
        examples = [example for example in found if example is not None]
        sounds = [str(pair[0]) for pair in ids.values()]
        choices = [nearest(e.words[e.at].phonemes, sounds) for e in examples]
        seen = [features(e.words, e.at, c) for e, c in zip(examples, choices, strict=True)]
        labels = [list(ids).index(example.wordid) for example in examples]
        counts["all"] += len(found)
        counts["not judged"] += len(found) - len(labels)
        counts["misaki"] += sum(c == y for c, y in zip(choices, labels, strict=True))
        if asked.folds:
            counts["held out"] += held_out(seen, labels, list(ids), asked.folds)
        else:
            model = fit_word(seen, labels, len(ids))
            add_cues(model, list(ids))
            models[word] = {"readings": list(ids.values()), **model}
    report(counts)
    if not asked.folds:
        text = json.dumps(models, ensure_ascii=False, separators=(",", ":"))
        DATA.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
