#!/usr/bin/env python3
"""What reading loses: `make reading-losses`.

    python tests/text/reading/losses.py [--lines 5000] [--lang LANG] [--seed N] [--shown N]

Lines of words, numbers and signs are generated in every language. Of each line each token is left
out once: if the line then sounds the same, the token was lost. What is left in the spoken text of
signs that no phonemizer says is lost too. Prints, by language, lines, tokens with a letter or a
digit, signs, and how many of each were lost; exits with 1 if any was.
"""

import argparse
import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from onset.text.g2p.languages import LANGUAGES
from onset.text.normalize import clean

FIGURES = """7 21 007 1,5 3.14 0,05 1.234.567,89 12345678 2024 1999 90% 5‰ 1/2 3/4 120/80 ½ 2½
25/12/2023 2024-01-07 05/03 10:30 14:30:15 8h30 9-17 3-1 16:9 10-15 20€ €1.200 $3,50 £5 ¥100 ₹500
₩760 5¢ -5 +34 −3 5km 10kg 30°C 28ºC 20℃ 45° m² km/h 100km/h 50m2 2x4 3×4 10³ x² 2^8 #5 №3 §2 v2.1
192.168.1.1 a@b.es web.com info.pdf @ana #tema C++ R&D AT&T XIV III F-16 I-95 5th H2O A4 B12 4K
(12) [3] "7" 5, 8. 9; 1! 2? ~5 ±2 ≤3 ≥4 √9 18+ IV-V 600123456 4111-1111 00123 a==b i++ <3 >8 5.5k
$5M 1:05 12pm x≥5 No.4 p.7 90s 1990s Mon-Fri""".split()
"""Tokens of every language: each in a notation of its own."""

SIGNS = "+ − = ≠ ≤ ≥ < > ≈ ± × ÷ √ ∞ → & § № @ % == != && -> =>".split()
"""Signs that a listener would miss, where they stand between other tokens."""

STARTS = frozenset(sign[0] for sign in SIGNS)
"""No token that begins so is put behind a sign: "+ +34" is nothing that is written."""

ANDS, PARTS = ("&", "&&"), ("½", "1/2", "3/4", "120/80")
"""What sounds alike with and without the sign: "2 & ½" is two and a half."""

WORDS = {
    "en-us": "house dog Mr. Dr. St. etc. the of Henry chapter page tel. code May Jan. Monday u.s.",
    "en-gb": "house dog Mr Dr St. etc. the of Henry chapter page tel. code May Jan. Monday lorry",
    "es": "casa perro Sr. Dra. etc. el del Isabel siglo capítulo pág. tel. código mayo abr. lunes",
    "fr": "maison chien M. Mme Dr etc. le du Louis chapitre p. tél. code mai avr. lundi",
    "hi": "घर लड़का डॉ. पं. का में अध्याय नंबर कोड मई रुपये करोड़ रोड सन",
    "it": "casa cane Sig. Dott. ecc. il del Vittorio secolo capitolo pag. tel. codice maggio apr.",
    "ja": "家 犬 東京 さん の で 第 番号 ページ 電話 コード 5月 月曜日 月 円 人 時 10年 午後",
    "pt-br": "casa cachorro Sr. Dra. etc. o do Dom século capítulo pág. tel. código maio abr. dia",
    "zh": "房子 狗 北京 先生 的 在 第 号码 页 电话 代码 5月 星期一 周一 元 人 点 10年 下午",
}

UNSPOKEN = ("Sm", "Sc", "So", "No")
"""Categories of characters that stay silent, or are called by their Unicode names."""

OPENINGS = ("+", ">", "#5")
"""At a line's beginning these are an item, a quotation, a heading."""


class Loss(NamedTuple):
    """A token that was not heard, and the line it stood in."""

    token: str
    line: str


def generated(lang: str, lines: int, seed: int = 3) -> Iterator[list[str]]:
    """Lines of two to six tokens."""
    randoms = random.Random(f"{lang} {seed}")
    pool = [*FIGURES, *WORDS[lang].split(), *WORDS[lang].split(), *SIGNS]
    for _ in range(lines):
        line: list[str] = []
        for _ in range(randoms.randint(2, 6)):
            token, before = randoms.choice(pool), line[-1] if line else ""
            glued = before in SIGNS and token[0] in STARTS
            if not (glued or (before in ANDS and token in PARTS)):
                line.append(token)
        yield line


def heard(said: str) -> str:
    """What is said without its marks."""
    return " ".join(re.findall(r"[\w\u0900-\u0963]+", said))


def losses(tokens: Sequence[str], lang: str) -> Iterator[Loss]:
    """The tokens of a line that are not heard."""
    line = " ".join(tokens)
    said = clean(line, lang)
    whole = heard(said)
    for place, token in enumerate(tokens):
        if place == 0 and token in OPENINGS:
            continue
        rest = " ".join([*tokens[:place], *tokens[place + 1 :]])
        if heard(clean(rest, lang)) == whole:
            yield Loss(token, line)
    left = [c for c in said if unicodedata.category(c) in UNSPOKEN]
    yield from (Loss(sign, line) for sign in left)


def is_sign(token: str) -> bool:
    """Whether a token has no letter and no digit."""
    return not any(map(str.isalnum, token))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lines", type=int, default=5000, help="lines a language")
    parser.add_argument("--lang", choices=WORDS, help="only this language")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--shown", type=int, default=5, help="losses shown a language")
    asked = parser.parse_args()
    every = 0
    print(f"{'lang':6} {'lines':>6} {'tokens':>7} {'lost':>5} {'signs':>7} {'lost':>5}")
    for lang in LANGUAGES if asked.lang is None else [asked.lang]:
        lines = list(generated(lang, asked.lines, asked.seed))
        tokens = [token for line in lines for token in line]
        signs = sum(map(is_sign, tokens))
        lost = [loss for line in lines for loss in losses(line, lang)]
        silent = sum(is_sign(loss.token) for loss in lost)
        print(f"{lang:6} {len(lines):6} {len(tokens) - signs:7} {len(lost) - silent:5} "
              f"{signs:7} {silent:5}")  # fmt: skip
        for loss in lost[: asked.shown]:
            print(f"    {loss.token!r} of {loss.line!r}: {clean(loss.line, lang)!r}")
        every += len(lost)
    return int(every > 0)


if __name__ == "__main__":
    raise SystemExit(main())
