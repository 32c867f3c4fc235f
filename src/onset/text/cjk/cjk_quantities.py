"""Money, units, rates, fractions, powers, and the numbers that are left."""

import re
import unicodedata

from onset.text.cjk.cjk_numerals import CJK, HEAD, NUMBER, SCALES, TAIL, HanNumerals, Pairs
from onset.text.cjk.cjk_ranges import coins
from onset.text.rewrite_rules import Match, alternatives

WHOLE = r"(?<![A-Za-z\d.,])"
"""What does not stand before the first figure of a quantity."""

FIGURES = "[\\d.,一二三四五六七八九十百千万亿億零两点ゼロイチニーサンヨンゴクナハキュ]"
SPOKEN = f"(?<!{FIGURES}){FIGURES}+"
"""An amount that may be in words already."""

LENGTHS = ("m", "km", "cm", "mm")


class PriceRules:
    """Amounts of money, before or behind its sign or code, with scales."""

    def __init__(self, numerals: HanNumerals) -> None:
        self._numerals = numerals
        self._money: dict[str, str] = numerals.words["money"]
        self._cents: dict[str, str] = numerals.words.get("cents", {})

    def rules(self) -> Pairs:
        """$1.5万, 100USD, 500円/月."""
        scales = alternatives(self._numerals.words["scales"])
        scale = rf"(?:\s?(?:({scales})(?![A-Za-z])|({SCALES})))?"
        coin, names = coins(self._numerals), alternatives({*self._money.values(), "块", "円"})
        per = self._numerals.words["per_words"]
        each = RateRules(self._numerals)
        return [
            (rf"(?<!\d)({coin})\s?({NUMBER}){scale}",
             lambda m: self._price(m[2], m[3], m[4], m[1])),
            (rf"(?<![\d.,])({NUMBER}){scale}\s?({coin})",
             lambda m: self._price(m[1], m[2], m[3], m[4])),
            (rf"(?<![\d.,])({NUMBER}[{CJK}]{{1,3}})/({per})(?!\w)", each.priced),
            (rf"({SPOKEN}(?:{names}))\s?/\s?({each.pattern})", each.priced),
        ]  # fmt: skip

    def _price(self, number: str, letter: str | None, tens: str | None, coin: str) -> str:
        """letter: k, M ...; tens: a scale in characters."""
        if letter:
            return self._numerals.scaled(number, letter) + self._money[coin]
        whole, _, decimals = number.partition(".")
        if coin in self._cents and len(decimals) == 2 and not tens:
            cents = self._numerals.whole(str(int(decimals))) + self._cents[coin]
            units = self._numerals.amount(whole) + self._money[coin]
            return units * (whole != "0" or decimals == "00") + cents * (decimals != "00")
        return self._numerals.amount(number) + (tens or "") + self._money[coin]


class RateRules:
    """Something for each of something: km/h, mg/L, 元/月."""

    def __init__(self, numerals: HanNumerals) -> None:
        words = numerals.words
        self._numerals = numerals
        self._units: dict[str, str] = words["units"]
        self._names: dict[str, str] = self._units | words["per_units"]
        self._speeds: dict[str, str] = words.get("speeds", {})
        self.pattern = rf"(?:{alternatives(self._names)})(?![A-Za-z])|{words['per_words']}"

    def rules(self) -> Pairs:
        """Rates with two units; a speed that is called one already is not called so again."""
        called = "|".join(dict.fromkeys(self._speeds.values())) or "(?!)"
        units = alternatives(self._units)
        rate = rf"{WHOLE}({NUMBER})\s?({units})\s?/\s?({self.pattern})"
        return [(rf"(風速|流速)?(?:{called})?{rate}", self._rate)]

    def priced(self, match: Match) -> str:
        """An amount of money or things, and what it is for."""
        amount = re.sub(NUMBER, self._numerals.matched, match[1])
        return self._each(match[2], amount)

    def _rate(self, match: Match) -> str:
        amount = self._numerals.amount(match[2]) + self._units[match[3]]
        if match[3] in LENGTHS and match[4] in self._speeds:
            return (match[1] or self._speeds[match[4]]) + amount
        return (match[1] or "") + self._each(match[4], amount)

    def _each(self, per: str, amount: str) -> str:
        template: str = self._numerals.words["per"]
        return template.format(per=self._names.get(per, per), amount=amount)


def measure_rules(numerals: HanNumerals) -> Pairs:
    """Numbers with a unit, and rates."""
    units: dict[str, str] = numerals.words["units"]
    permille: str = numerals.words["permille"]

    def primes(match: Match) -> str:
        feet = int(match[2]) < 12
        first, second = (
            (units["ft"], numerals.words["inch"]) if feet else (units["min"], units["s"])
        )
        return f"{match[1]}{first}{match[2]}{second}"

    def angle(match: Match) -> str:
        parts = [numerals.amount(match[1]), units["°"], numerals.whole(str(int(match[2])))]
        seconds = [numerals.whole(str(int(match[3]))), numerals.words["second"]] if match[3] else []
        return "".join([*parts, numerals.words["minute"], *seconds])

    return [
        (rf"({NUMBER})\s?‰", lambda m: permille.format(numerals.amount(m[1]))),
        (rf"{WHOLE}(\d+)\s?h\s?(?=\d+\s?m(?:in)?(?![A-Za-z]))", rf"\1{units['h']}"),
        (rf"(?<=[{units['h']}])(\d+)\s?m(?:in)?(?![A-Za-z])", rf"\1{units['min']}"),
        (rf"{WHOLE}(\d+)\s?m(?:in)?\s?(?=\d+\s?s(?:ec)?(?![A-Za-z]))", rf"\1{units['min']}"),
        (rf"({NUMBER})\s?°\s?(\d{{1,2}})'(?:\s?(\d{{1,2}})\")?", angle),
        (rf"({NUMBER})\s?°(?!\s?[CF])", lambda m: numerals.amount(m[1]) + units["°"]),
        *RateRules(numerals).rules(),
        (rf"{WHOLE}(\d{{1,2}})'\s?(\d{{1,2}})\"", primes),
        (rf"{WHOLE}({NUMBER})\s?({alternatives(units)})(?![A-Za-z\d])",
         lambda m: numerals.amount(m[1]) + units[m[2]]),
    ]  # fmt: skip


def fraction_rules(numerals: HanNumerals) -> Pairs:
    """1/2, 2 1/2, √1/2; 50/50 are shares."""
    words, whole = numerals.words, numerals.whole

    def fraction(match: Match) -> str:
        mixed, above, below = match[1], match[2], match[3]
        if above == below:
            return f"{whole(above)}{words['versus']}{whole(below)}"
        front = f"{whole(mixed)}{words['mixed']}" if mixed else ""
        return front + str(words["part"]).join(map(part, (below, above)))

    def part(number: str) -> str:
        return str(words["root"]) * number.startswith("√") + whole(number.lstrip("√"))

    number = r"(\d{1,5}|√\d{1,5})"
    return [(rf"{HEAD}(?:(\d{{1,3}})\s)?{number}\s?/\s?{number}{TAIL}", fraction)]


def power_rules(numerals: HanNumerals) -> Pairs:
    """x², 10⁻³, 10^6."""
    words = numerals.words

    def power(match: Match) -> str:
        exponent = unicodedata.normalize("NFKC", match[1]).replace("\u2212", "-")
        if exponent in ("2", "3"):
            return str(words["square" if exponent == "2" else "cube"])
        size = exponent.lstrip("-")
        minus = str(words["minus"]) * exponent.startswith("-")
        return str(words["power"]).format(
            minus + (numerals.whole(size) if size.isdecimal() else size)
        )

    return [
        (r"(?<=[\w)])(⁻?[⁰¹²³⁴-⁹]+)", power),
        (r"(?<=[\w)])\s?(?:\^|\*\*)\s?[({]?(-?\d+|[a-z](?![a-z]))[)}]?", power),
    ]


def numeral_rules(numerals: HanNumerals) -> Pairs:
    """Numbers with nothing else to them; they stand behind all other rules of numbers."""
    sign: str = numerals.words["number_sign"]

    def spaced(match: Match) -> str:
        return numerals.amount(match[0].replace(" ", ""))

    return [
        (r"(?<![\w.])\.(\d+)", lambda m: numerals.amount(f"0.{m[1]}")),
        (HEAD + r"(\d+)(?:st|nd|rd|th)(?![A-Za-z])", lambda m: "第" + numerals.whole(m[1])),
        (r"(?<![A-Za-z])(?:[Nn][Oo]\.|№)\s?(?=\d)|(?<![A-Za-z])No(?=\d)|(?<!\w)#(?=\d)", sign),
        (r"(?<![\d.,])(?<!\d )\d{1,3}(?: \d{3}){2,}(?![\d.]| \d)", spaced),
        (NUMBER, numerals.matched),
    ]
