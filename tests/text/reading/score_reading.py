#!/usr/bin/env python3
"""Scores how written text is read aloud, per language and class: `make reading`.

    python tests/text/reading/score_reading.py [CASES ...] [--lang LANG] [--wrong N] [--reader PEER]

CASES: TSV files, or folders of them, with the columns lang, class, written, spoken, also. `spoken`
has right readings, `also` readings that a listener accepts, " | " between them. A reading is

  exact       the words of `spoken`, but for case, marks, hyphens, "and", figures for words;
  acceptable  the same after the licences of english_readings and other_readings (order of a date,
              years as numbers, minus or negative ...), a reading of `also`, or the same phonemes;
  wrong       anything else: a listener is told something else, or hears noise.

Prints a table, and one line of JSON last.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from english_readings import exact_english, loose_english
from other_readings import exact_other, loose_other

from onset.text.g2p.phonemizer import Phonemizer
from onset.text.normalize import clean

CASES = Path(__file__).parent / "cases"

Verdict: TypeAlias = Literal["exact", "acceptable", "wrong"]

BY_SOUND = {"acronym", "chemistry", "names", "code"}
"""English classes in which words may look right and still be said wrong (AT&T, NaCl)."""

NEAR = 0.12
"""Most edits, over the length of the right phonemes, that still sound like them."""

UNHEARD = re.compile(r"[ˈˌː\s.,;:!?…—\-“”\"'()→↗↘↓ᵊ\u0303]")
ALIKE = (("ɚ", "əɹ"), ("ᵻ", "ɪ"), ("ɛ", "e"), ("ɔ", "o"), ("ʎ", "ʝ"))


class Case(NamedTuple):
    """One line of a file of cases."""

    lang: str
    kind: str
    written: str
    spoken: list[str]
    also: list[str]


class Result(NamedTuple):
    """A case, what was said, and what that is."""

    case: Case
    said: str
    verdict: Verdict


def _readings(cell: str) -> list[str]:
    return [reading.strip() for reading in cell.split(" | ") if reading.strip()]


def read_cases(paths: Iterable[Path]) -> Iterator[Case]:
    """The cases of files and folders; a line that begins with "#" is a comment."""
    for path in paths:
        for file in sorted(path.glob("*.tsv")) if path.is_dir() else [path]:
            for line in file.read_text("utf-8").splitlines():
                if line.strip() and not line.startswith(("#", "lang\t")):
                    lang, kind, written, spoken, *also = line.split("\t")
                    also_said = _readings(also[0]) if also else []
                    written = written.replace("\\n", "\n")
                    spoken_forms = [reading.strip() for reading in spoken.split(" | ")]
                    yield Case(lang, kind, written, spoken_forms, also_said)


def heard(phonemes: str) -> str:
    """Phonemes without stress, length and pauses; alike sounds as one."""
    for sound, same in ALIKE:
        phonemes = phonemes.replace(sound, same)
    return UNHEARD.sub("", phonemes)


def distance(a: str, b: str) -> float:
    """Edits between two strings over the length of the second."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1] / max(1, len(b))


Reader: TypeAlias = Callable[[str, str], str]
"""Written text and language to spoken text."""


def _wetext() -> Reader:
    readers = {lang: import_module("wetext").Normalizer(lang=lang, operator="tn")
               for lang in ("en", "ja", "zh")}  # fmt: skip

    def read(text: str, lang: str) -> str:
        try:
            return str(readers[lang[:2]].normalize(text))
        except AssertionError:  # it refuses some texts; nothing read is wrong
            return ""

    return read


def _damga() -> Reader:
    made = import_module("damga").Normalizer
    readers = {lang: made(mode="tn", lang=lang) for lang in ("en", "es", "fr", "it")}
    return lambda text, lang: str(readers[lang[:2]].normalize(text))


def _spokenform() -> Reader:
    prepare = import_module("spokenform").prepare_text

    def read(text: str, lang: str) -> str:
        try:
            return str(prepare(text, language=lang[:2]).text)
        except ValueError:  # it refuses some texts; nothing read is wrong
            return ""

    return read


def _normt2s() -> Reader:
    reader = import_module("normt2s").Normalizer("en")
    return lambda text, lang: str(reader.normalize(text))


READERS: dict[str, Callable[[], Reader]] = {
    "onset": lambda: clean,
    "wetext": _wetext,
    "damga": _damga,
    "spokenform": _spokenform,
    "normt2s": _normt2s,
}
"""Ours, and peers, whose packages one installs oneself."""


class Scorer:
    """Reads cases and judges the readings; phonemes are the project's own."""

    def __init__(self, reader: Reader = clean) -> None:
        self._reader = reader
        self._phonemizer = Phonemizer()

    def score(self, cases: Iterable[Case]) -> Iterator[Result]:
        """Each case read and judged."""
        for case in cases:
            said = self._reader(case.written, case.lang)
            verdict = self.judge(case, said, case.spoken)
            if verdict == "wrong" and case.also:
                near = self.judge(case, said, [*case.spoken, *case.also])
                verdict = "wrong" if near == "wrong" else "acceptable"
            yield Result(case, said, verdict)

    def judge(self, case: Case, said: str, right: Sequence[str]) -> Verdict:
        """What `said` is, if `right` are the right readings."""
        english = case.lang.startswith("en-")
        forms = [exact_english(text) if english else exact_other(text, case.lang)
                 for text in (said, *right)]  # fmt: skip
        verdict: Verdict = "exact" if forms[0] in forms[1:] else "acceptable"
        if english and case.kind in BY_SOUND:
            return verdict if self._distance(case.lang, said, right) <= NEAR else "wrong"
        told = [loose_english(text) if english else loose_other(text, case.lang)
                for text in (said, *right)]  # fmt: skip
        if verdict == "exact" or told[0] in told[1:]:
            return verdict
        return "acceptable" if not self._distance(case.lang, said, right) else "wrong"

    def _distance(self, lang: str, said: str, right: Sequence[str]) -> float:
        """From the sound of `said` to the nearest sound of `right`."""
        sound = self._sound(said, lang)
        return min(distance(sound, self._sound(clean(text, lang), lang)) for text in right)

    def _sound(self, text: str, lang: str) -> str:
        words = self._phonemizer.words(text, lang)
        return heard("".join(word.phonemes + word.space for word in words))


def share(counts: Counter[Verdict], *verdicts: Verdict) -> float:
    """How many per cent are one of `verdicts`."""
    return 100 * sum(counts[verdict] for verdict in verdicts) / sum(counts.values())


def by_kind(results: Iterable[Result]) -> dict[tuple[str, str], Counter[Verdict]]:
    """The verdicts of each language and class, and of "ALL" of a language."""
    counts: dict[tuple[str, str], Counter[Verdict]] = defaultdict(Counter)
    for case, _, verdict in results:
        counts[case.lang, case.kind][verdict] += 1
        counts[case.lang, "ALL"][verdict] += 1
    return dict(counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("cases", nargs="*", type=Path, default=[CASES])
    parser.add_argument("--lang", help="only this language")
    parser.add_argument("--wrong", type=int, default=0, help="show so many wrong ones a class")
    parser.add_argument("--reader", choices=READERS, default="onset", help="whose readings")
    asked = parser.parse_args()
    cases = [case for case in read_cases(asked.cases) if asked.lang in (None, case.lang)]
    results = list(Scorer(READERS[asked.reader]()).score(cases))
    shown: Counter[tuple[str, str]] = Counter()
    for case, said, verdict in results:
        shown[case.lang, case.kind] += verdict == "wrong"
        if verdict == "wrong" and shown[case.lang, case.kind] <= asked.wrong:
            print(f"{case.lang} {case.kind}: {case.written!r} -> {said!r}; {case.spoken[0]!r}")
    print(f"{'lang':6} {'class':14} {'n':>5} {'exact %':>8} {'or acceptable %':>16}")
    counts = by_kind(results)
    for (lang, kind), found in sorted(counts.items(), key=lambda row: (row[0][1] == "ALL", row[0])):
        right = share(found, "exact", "acceptable")
        print(f"{lang:6} {kind:14} {found.total():5} {share(found, 'exact'):8.1f} {right:16.1f}")
    print(json.dumps({
        lang: round(share(found, "exact", "acceptable"), 1)
        for (lang, kind), found in counts.items() if kind == "ALL"
    }))  # fmt: skip


if __name__ == "__main__":
    main()
