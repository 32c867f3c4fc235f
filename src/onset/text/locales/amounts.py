"""Money and units of a language, with what they are for: "20 euros por mes"."""

import re

from onset.text.locales.locale_table import NOTATION, LocaleTable, forms
from onset.text.locales.numerals import END, HEAD, Numerals
from onset.text.rewrite_rules import Match, Replacement, alternatives

WORD = r"[a-zà-ÿ\u0900-\u0963]{2,9}"
"""A word behind a slash: what an amount is for."""

PER = r"[^\W\d_][a-zà-ÿ\u0900-\u0963]{0,8}[²³23]?"
"""A unit or a word behind a slash: what an amount is for."""

SIGN = r"°?[^\W\d_]{1,4}[²³]?|[^\w\s.,;:()-]{1,2}"
"""What may be a unit or a coin."""

BARE = ("km", "kg", "cm", "mm", "ml", "kWh")
"""Units that are no words and are read without a number too: "al km"."""

SHARES = "%‰"
"""Units that are no nouns: "1 por ciento"."""

POWERS = {"²": "square", "2": "square", "³": "cubic", "3": "cubic"}


class Amounts:
    """How one language says amounts of money and of units."""

    def __init__(self, words: LocaleTable, numerals: Numerals) -> None:
        self.words = words
        self.numerals = numerals
        self.coins = {key: name.split("|") for key, name in words.currencies.items()}
        small = {key.lower(): name for key, name in self.coins.items()}
        self.coins |= {k: name for k, name in small.items() if k not in words.names} | self.coins
        named = [forms(name) for key, name in words.units.items() if key not in SHARES]
        named += [(name[0], name[1]) for name in self.coins.values()]
        self.nouns = {one for one, _ in named} | set(filter(None, words.nouns.split("|")))
        self.counted = {many for _, many in named} | self.nouns
        lengths = [key for key in words.names if key in NOTATION["lengths"]]
        power = rf"(?:(?:{alternatives(lengths)})(?:\^?[23](?!\d)|[²³])|"
        self.unit = power + alternatives(words.names) + ")"

    def rules(self) -> list[tuple[str, Replacement]]:
        """Degrees, durations, ranges with units, money, units; in this order."""
        words = self.words
        coins, amount = alternatives(self.coins), words.amount
        scales = alternatives(words.scales)
        scale = rf"(?:\s?({scales}){END})?"
        per = rf"(?:\s?/\s?({PER}){END})?"
        short = (
            alternatives(
                key for key, name in words.scales.items() if key != name and key not in words.names
            )
            or "(?!)"
        )
        return [
            (r"(?<=\d)\s?[°º]\s?([CFKcfk])(?!\w)", lambda m: "°" + m[1].upper()),
            (HEAD + r"(\d{1,3})\s?h\s?(\d{1,2})\s?min\b", r"\1 h \2 min"),
            (HEAD + rf"((?:{coins})\s?(?:{amount})|(?:{amount})\s?({SIGN}))"
             rf"\s?[-–—]\s?(?=\d|(?:{coins})\s?\d)", self._range),
            (rf"(?<![\w)\u0900-\u0963])[-−]\s?(?=(?:{coins})\s?\d)", f"{words.minus} "),
            (rf"(?<![\w])(?!Q[1-4](?!\d))({coins})\s?({amount}){scale}{per}(?![\w@])(?![.,:]\d)",
             lambda m: self._money(m[1], m[2], m[3], m[4])),
            (HEAD + rf"({amount}){scale}(?: (?:de|d'|di))?\s?({coins})(?![\w]){per}",
             lambda m: self._money(m[3], m[1], m[2], m[4])),
            (HEAD + rf"({amount})(?:\s?({short})|(K)(?= [a-zà-ÿ])){END}", self._scale),
            (HEAD + rf"({amount})\s?({self.unit}){END}{per}(?!/)", self._unit),
            (HEAD + rf"({amount})\s?/\s?({self.unit}){END}",
             lambda m: f"{self.numerals.figure(m[1])} {self._per(m[2])}"),
        ]  # fmt: skip

    def last(self) -> list[tuple[str, Replacement]]:
        """What is counted in words already: "500 rupees/month", "1 hour"; read late."""
        nouns = alternatives(self.nouns)
        bare = alternatives(key for key in BARE if key in self.words.names)
        return [
            (rf"(?<=[^\W\d_]{{2}} )(?<!/)({bare}){END}(?![\w/.]\w| \d)", self._bare),
            (rf"([^\W\d_][\w\u0900-\u0963]*)/({WORD}){END}", self._slash),
            (HEAD + rf"1 ({nouns}){END}", lambda m: f"{self.numerals.one(m[1])} {m[1]}"),
        ]

    def _bare(self, match: Match) -> str:
        """A unit with no number before it: "al km", "muchos kg"."""
        many = match.string[match.start() - 2] in "si"
        return self.name(match[1])[many]

    def _slash(self, match: Match) -> str:
        if match[1] not in self.counted:
            return match[0]
        return f"{match[1]} {self._per(match[2])}"

    def _range(self, match: Match) -> str:
        """The first number of a range, with the coin before it only if the second has one too."""
        if match[2] and match[2] not in self.words.names and match[2] not in self.coins:
            return match[0]
        rest = match.string[match.end() :]
        first = re.match(rf"({alternatives(self.coins)})\s?", match[1])
        if first and rest[:1].isdigit():
            number = re.match(rf"(?:{self.words.amount})", rest)
            after = rest[number.end() :] if number else ""
            if not re.match(rf"\s?(?:{alternatives(self.coins)})", after):
                return f"{match[1][first.end() :]} {self.words.to} {first[0]}"
        return f"{match[1]} {self.words.to} "

    def name(self, unit: str) -> tuple[str, str]:
        """Singular and plural of a unit, which may be squared: "m²", "m2", "m^3"."""
        if unit in self.words.names:
            return self.words.names[unit]
        base = self.words.names[unit.rstrip("^23²³")]
        template = forms(self.words.square if POWERS[unit[-1]] == "square" else self.words.cubic)
        return template[0].format(base[0]), template[1].format(base[1])

    def _per(self, unit: str) -> str:
        known = re.fullmatch(self.unit, unit)
        return self.words.per.format(self.name(unit)[0] if known else unit)

    def _unit(self, match: Match) -> str:
        name = self.name(match[2])
        share = match[1] == "1" and match[2] in SHARES
        said = f"1 {name[0]}" if share else self.numerals.counted(match[1], name)
        return f"{said} {self._per(match[3])}" if match[3] else said

    def _money(self, symbol: str, amount: str, scale: str | None, per: str | None) -> str:
        """An amount of money; a million joins what it counts with a word of its own."""
        one, many, *coins = self.coins[symbol]
        if re.fullmatch(r"\d{1,3},\d{3}", amount):  # no money has three decimals
            amount = amount.replace(",", "")
        whole, cents = self.numerals.split(amount)
        if scale:
            spoken = forms(self.words.scales[scale])[amount != "1"]
            counted = many if spoken in NOTATION["unjoined"] else self.numerals.joined(many)
            said = f"{self._scaled(amount)} {spoken} {counted}"
        elif len(cents) == 2 and coins:
            said = self._with_cents(whole, cents, (one, many), (coins[0], coins[-1]))
        else:
            said = self.numerals.counted(amount, (one, many))
        return f"{said} {self._per(per)}" if per else said

    def _scale(self, match: Match) -> str:
        """3 mld, 5K: a scale that is written short, of no money; kelvins have a space before."""
        scale = self.words.scales.get(match[2] or match[3])
        return f"{self._scaled(match[1])} {forms(scale)[match[1] != '1']}" if scale else match[0]

    def _scaled(self, amount: str) -> str:
        return self.words.one[0] if amount == "1" else self.numerals.figure(amount)

    def _with_cents(
        self, whole: str, cents: str, coin: tuple[str, str], cent: tuple[str, str]
    ) -> str:
        parts = [self.numerals.counted(whole, coin)] if int(whole) or not int(cents) else []
        if int(cents):
            parts.append(self.numerals.counted(str(int(cents)), cent))
        return f" {self.words.money} ".join(parts).replace("  ", " ")
