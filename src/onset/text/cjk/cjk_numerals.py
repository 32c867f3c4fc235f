"""Numbers of Chinese and Japanese in their own characters, and patterns of how they are written.

How they sound is decided later: a number before a counter, for one, by `g2p.japanese`.
"""

import re
from decimal import Decimal
from typing import Any, TypeAlias

from onset.text.rewrite_rules import Match, Replacement
from onset.text.word_tables import table

Pairs: TypeAlias = list[tuple[str, Replacement]]

TABLES = {"ja": "japanese", "zh": "chinese"}
"""By language, its table in `data/`."""

LONGEST = 15
"""Most digits of a number that is said as one; a longer one is read digit by digit."""

NUMBER = r"(?<!\d)(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
"""A number as it is written, from its first figure: commas between thousands, decimals."""

CJK = "\u3041-\u30ff\u3400-\u9fff"
"""Kana and Han characters, within brackets of a pattern."""

SCALES = "[十百千万亿億兆]+"
RANGE = r"\s?(?:[-~〜–]|(?<!—)—(?!—))\s?"
HEAD = r"(?<![\d.,:/A-Za-z-])"
TAIL = r"(?![\d:/]|[.-]\d)"
"""What does not stand beside a whole date, time or fraction."""


class HanNumerals:
    """How one of the two languages reads numbers. lang: "ja" or "zh"."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.words: dict[str, Any] = table(TABLES[lang])

    def digits(self, digits: str) -> str:
        """Each by itself; in Japanese in kana, which unlike characters are never read together."""
        return "".join(self.words["digits"][int(digit)] for digit in digits)

    def code(self, text: str) -> str:
        """The digits of a telephone, card or room: one by one, groups as they are written."""
        groups = [
            "".join(self.words["code_digits"][int(digit)] for digit in group)
            for group in re.findall(r"\d+", text)
        ]
        plus: str = self.words["plus"] if text.startswith("+") else ""
        between: str = self.words["between_groups"]
        return plus + between.join(groups)

    def house(self, digits: str) -> str:
        """A part of an address: a number, or the digits of a room."""
        return self.whole(digits) if len(digits) < 3 else self.code(digits)

    def whole(self, digits: str) -> str:
        """A whole number; leading zeros are said."""
        alone = len(digits) == 1 and self.lang == "zh"
        if len(digits) > LONGEST or (digits[0] == "0" and not alone):
            return self.digits(digits)
        if self.lang == "ja":
            from num2words import num2words  # noqa: PLC0415  14 ms, which English does not need

            characters = str(num2words(int(digits), lang="ja"))
            return re.sub("(?<![二三四五六七八九])千(?=[万億兆])", "一千", characters)
        return _chinese(int(digits))

    def amount(self, number: str) -> str:
        """A number as in NUMBER."""
        whole, _, decimals = number.replace(",", "").partition(".")
        if not decimals:
            return self.whole(whole)
        before = self.words["zero"] if whole == "0" else self.whole(whole)
        return f"{before}{self.words['point']}{self.digits(decimals)}"

    def matched(self, match: Match) -> str:
        """The amount that a rule found."""
        return self.amount(match[0])

    def scaled(self, number: str, scale: str) -> str:
        """A number times k, M or B, which neither language has words for."""
        product = Decimal(number.replace(",", "")) * self.words["scales"][scale]
        return self.amount(f"{product:.0f}" if product % 1 == 0 else f"{product.normalize():f}")


def _chinese(number: int) -> str:
    """A whole number below 10^16 in Chinese: 十二, 一百零二, 两万零一百."""
    characters = _myriads(number)
    characters = re.sub("^一(?=十)", "", characters)
    return re.sub("(?:^|(?<=[万亿零]))二(?=千)|^二(?=[万亿])", "两", characters)


def _myriads(number: int) -> str:
    """With 一 before every 十; a zero stands for empty places, however many."""
    for size, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            above, below = divmod(number, size)
            gap = "零" if 0 < below < size // 10 else ""
            return _myriads(above) + name + gap + (_myriads(below) if below else "")
    return "零一二三四五六七八九"[number]
