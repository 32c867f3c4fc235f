#!/usr/bin/env python3
"""Whether reading takes linear time, whatever the text: `make reading-linear`.

    python tests/text/reading/linear_time.py [--attacks 200] [--size 100000] [--seed N]

Each attack is a few fragments of notation, markup and other scripts, repeated up to a quarter of
the size and up to the size, and read in a language and a reading mode. Four times the text may
take TIMES as long where it takes more than BRIEF; a quadratic rule takes 16 times as long. Prints
the worst by seconds and by that ratio; exits with 1 if one took too long.
"""

import argparse
import random
from collections.abc import Iterator
from time import process_time
from typing import NamedTuple

from losses import FIGURES, SIGNS, WORDS

from onset.errors import InvalidRequest
from onset.text.g2p.languages import LANGUAGES
from onset.text.markup.reading_modes import READING_MODES, as_prose
from onset.text.normalize import pieces

TIMES = 8.0
"""How many times as long four times the text may take."""

BRIEF = 1.0
"""CPU seconds below which no ratio is looked at: it would be noise."""

LONGEST = 30.0
"""CPU seconds that 100,000 characters may take on any machine of ours; here most take 0.1 to 3."""

MARKUP = r"""[ ] ( ) ]( [a]( ](b) ![ ``` ` ** * __ _ ~~ | |- --- # > - 1. [^1] [^1]: $ $$ \( \)
\frac{ } \sqrt{ ^{ _{ \left( <b> </b> <speak> <p < <!-- --> &amp; & &#x [pause:1s] [voice:af_sky]
[a](/b/) http:// @ .com www. \n \n\n \t ' " “ ” … .. !!! — – -- ... a.b. A. a, 》 「 」 。 、 ， : ;
/ \\ {{ }} [[ ]] 😀 é ñ 家 中 क ् ़ ا α я ﷽ ½ ² ⁹ Ⅳ ① ㎡ ℃ \u200b \ufeff \u0301 0 00 1 12 1, 1. 1-
1/ 1: IV X AAAA aaaa aB a_b""".split()
"""What rules for markup and for characters look for."""


class Attack(NamedTuple):
    """A text that repeats a unit, in a language and a reading mode."""

    unit: str
    lang: str
    mode: str

    def seconds(self, size: int) -> float:
        """CPU seconds of reading so many characters of it."""
        text = self.unit * (size // len(self.unit))
        start = process_time()
        try:
            for _ in pieces(as_prose(text, self.mode, self.lang), self.lang):  # type: ignore[arg-type]
                pass
        except InvalidRequest:
            pass
        return process_time() - start


def attacks(count: int, seed: int = 3) -> Iterator[Attack]:
    """Random attacks; every language in its turn, half of them in prose."""
    randoms = random.Random(seed)
    for number in range(count):
        lang = LANGUAGES[number % len(LANGUAGES)]
        pool = [FIGURES, SIGNS, WORDS[lang].split(), MARKUP, MARKUP]
        parts = [randoms.choice(randoms.choice(pool)) for _ in range(randoms.randint(1, 3))]
        unit = randoms.choice(("", "", " ")).join(parts) + randoms.choice(("", "", " ", "\n"))
        unit = unit.encode().decode("unicode_escape") if unit in (r"\n", r"\t") else unit
        mode = "prose" if randoms.random() < 0.5 else randoms.choice(READING_MODES)
        yield Attack(unit, lang, mode)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--attacks", type=int, default=200)
    parser.add_argument("--size", type=int, default=100_000, help="characters")
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    results = []
    for attack in attacks(asked.attacks, asked.seed):
        quarter, whole = attack.seconds(asked.size // 4), attack.seconds(asked.size)
        ratio = whole / max(quarter, 1e-9) if whole > BRIEF else 0.0
        results.append((whole, ratio, attack))
    by_seconds = sorted(results, key=lambda row: row[0], reverse=True)
    by_ratio = sorted(results, key=lambda row: row[1], reverse=True)
    for name, worst in (("seconds", by_seconds), ("ratio", by_ratio)):
        print(f"worst by {name}:")
        for whole, ratio, attack in worst[:5]:
            print(f"  {whole:6.2f} s  {ratio:5.1f} x  {attack}")
    bad = [attack for whole, ratio, attack in results
           if ratio > TIMES or whole > LONGEST * asked.size / 100_000]  # fmt: skip
    print(f"{len(results)} attacks of {asked.size} characters, {len(bad)} too slow")
    return int(bool(bad))


if __name__ == "__main__":
    raise SystemExit(main())
