"""Numbers of a language: figures, ordinals, and how they agree with a noun."""

import re

from onset.text.locales.locale_table import LocaleTable
from onset.text.rewrite_rules import Match, Replacement, alternatives

HEAD = r"(?<![\w.,:/@])"  # not inside a longer word or number
TAIL = r"(?![\w/@])(?![.,:-]\d)"
END = r"(?![\w\u0900-\u0963])"
"""No letter follows; vowel signs and the nukta of Devanagari are no letters to `re`."""

LONGEST = 13
"""Most digits that espeak-ng says as one number; in longer ones it says "punto" or groups."""

IDENTIFIER = 15
"""More digits in a row without separators are an identifier, said digit by digit."""

CODES = {"pt-br": "pt_BR"}
"""Names of num2words for our languages, where they differ."""

NO_NOUNS = frozenset(
    "del los las una unos unas por para con que entre desde hasta sin pero cuando como más muy "
    "izquierda derecha principal".split()
)
"""Words behind an ordinal that is not short before them: "quedó primero entre ellos"."""


def digit_by_digit(text: str) -> str:
    """Each digit by itself, a comma between the groups: a reader breathes there."""
    return ", ".join(" ".join(group) for group in re.findall(r"\d+", text))


class Numerals:
    """The numbers of one language."""

    def __init__(self, words: LocaleTable) -> None:
        self.words = words

    def cardinal(self, number: int) -> str:
        """A whole number in words. The language must be one that num2words knows."""
        return self._named(number, "cardinal").replace(",", "")

    def _named(self, number: int, kind: str) -> str:
        from num2words import num2words  # noqa: PLC0415  14 ms, which English does not need

        lang = self.words.lang
        return str(num2words(number, to=kind, lang=CODES.get(lang, lang)))

    def split(self, amount: str) -> tuple[str, str]:
        """The whole part without separators, and the digits behind the decimal mark."""
        grouped = (
            re.fullmatch(
                rf"(\d{{1,3}}(?:[{re.escape(self.words.groups)}]\d\d\d?)+)(?:[.,](\d+))?", amount
            )
            or re.fullmatch(r"(\d{1,3}(?:,\d{3})+)(?:\.(\d+))", amount)
            or re.fullmatch(r"(\d{1,3}(?:,\d{3}){2,})()", amount)
        )
        if grouped and len(re.split(r"\D", grouped[1])[-1]) == 3:
            return re.sub(r"\D", "", grouped[1]), grouped[2] or ""
        whole, _, decimals = amount.replace(",", ".").partition(".")
        return whole, decimals

    def whole(self, digits: str, grouped: bool = False) -> str:
        """A whole number as espeak-ng can read it; leading zeros and identifiers digit by digit."""
        if len(digits) > 1 and digits[0] == "0" and len(digits) != 2:
            return " ".join(digits)
        if len(digits) <= LONGEST and not (self.words.large and len(digits) > LONGEST - 1):
            return digits
        for zeros, name in self.words.large.items():
            if int(zeros) < len(digits) <= int(zeros) + 2:
                rest = digits[-int(zeros) :].lstrip("0")
                return f"{digits[: -int(zeros)]} {name} {rest and self.whole(rest)}".strip()
        if self.words.large or (len(digits) > IDENTIFIER and not grouped):
            return " ".join(digits)
        return self.cardinal(int(digits)) if len(digits) < 60 else " ".join(digits)

    def figure(self, amount: str) -> str:
        """An amount with its decimal mark as a word; short decimals are a number."""
        whole, decimals = self.split(amount)
        figure = self.whole(whole, grouped=not amount.isdecimal())
        if not decimals:
            return figure
        short = self.words.pairs and len(decimals) < 3 and not decimals.startswith("0")
        return f"{figure} {self.words.point} {decimals if short else ' '.join(decimals)}"

    def is_feminine(self, name: str) -> bool:
        """Whether a noun is feminine, as far as its ending tells."""
        words = self.words
        if not words.feminine or (words.masculine and re.match(words.masculine, name)):
            return False
        return re.match(words.feminine, name) is not None

    def one(self, name: str) -> str:
        """The word for 1 before a noun."""
        return self.words.one[self.is_feminine(name)]

    def counted(self, amount: str, name: tuple[str, str]) -> str:
        """An amount of something, given by its singular and its plural."""
        if amount == "1":
            return f"{self.one(name[0])} {name[0]}"
        whole, decimals = self.split(amount)
        figure = self.figure(amount)
        million = not decimals and len(whole) > 6 and whole.endswith("000000")
        return f"{figure} {self.joined(name[1]) if million else name[1]}"

    def joined(self, name: str) -> str:
        """What is counted with the word that a million puts before it: "de euros", "d'euros"."""
        if self.words.elided and name[0] in "aeiouh":
            return self.words.elided + name
        return f"{self.words.of} {name}".lstrip()

    def ordinal(self, number: int, kind: str = "m") -> str:
        """An ordinal; kind: "m", "f", or "s" for the short form before a noun."""
        masculine = self._composed(number) if self.words.ordinals else self._regular(number)
        if kind == "s":
            *before, last = masculine.split(" ")
            for ending, short in self.words.short_ordinals.items():
                if last.endswith(ending):
                    last = last.removesuffix(ending) + short
                    break
            return " ".join([*before, last])
        return " ".join(map(self.feminine, masculine.split(" "))) if kind == "f" else masculine

    def feminine(self, word: str) -> str:
        """The feminine of a word by its ending."""
        for ending, changed in self.words.feminine_endings.items():
            if word.endswith(ending):
                return word.removesuffix(ending) + changed
        return word

    def _regular(self, number: int) -> str:
        text = self._named(number, "ordinal")
        for wrong, right in self.words.ordinal_mends.items():
            text = re.sub(wrong, right, text)
        return text

    def _composed(self, number: int) -> str:
        """An ordinal from those in the table, from the largest one down."""
        words: list[str] = []
        for size in (1_000_000, 1_000):
            count, number = divmod(number, size)
            if count:
                base = self.words.ordinals[str(size)]
                words.append(base if count == 1 else self.cardinal(count).replace(" ", "") + base)
        for key in sorted(map(int, self.words.ordinals), reverse=True):
            if 0 < key <= number:
                words.append(self.words.ordinals[str(key)])
                number -= key
        return " ".join(words) or self.cardinal(number)

    def agreed(self, match: Match) -> str:
        """A figure that a noun follows, in the form of the noun: "veintiuna personas"."""
        number, noun = int(match[1]), match[2]
        if number < 2 or re.match(r"\w+mos\b", noun):
            return match[0]
        feminine = self.is_feminine(noun.removesuffix("s"))
        text = cardinal = self.cardinal(number)
        changes = self.words.feminine_numbers if feminine else self.words.short_numbers
        for ending, changed in changes.items():
            text = re.sub(rf"{ending}\b", changed, text)
        return match[0] if text == cardinal else f"{text} {noun}"

    def ordinal_rules(self) -> list[tuple[str, Replacement]]:
        """Ordinals in figures: irregular ones first, then those with an ending."""
        words = self.words
        written = r"(?<!\w)(\d+(?:\.?[ºª]|er?|ème|व[ाीे][ंँ]?))\s?[-–]\s?(?=\d)"
        rules: list[tuple[str, Replacement]] = [(written, rf"\1 {words.to} ")]
        if words.ordinal_words:
            irregular = alternatives(words.ordinal_words)
            rules.append((HEAD + rf"({irregular}){END}", lambda m: words.ordinal_words[m[1]]))
        if words.ordinal_suffixes:
            ending = alternatives(words.ordinal_suffixes)
            number = r"\d{1,3}(?:[. ]\d{3})+|\d{1,9}"
            rules.append((HEAD + rf"(?<![-−])({number})\.?({ending})(?!\w)", self._ordinal))
        if {"º", "ª"} <= words.ordinal_suffixes.keys():
            letters = {"o": "m", "a": "f"}
            rules.append((HEAD + r"(\d{1,2})([oa])\.(?= [a-zà-ÿ]{3})",
                          lambda m: self.ordinal(int(m[1]), letters[m[2]])))  # fmt: skip
        if words.articles and words.ordinal_suffixes:
            rules.append((rf"(?i)(\b(?:{words.articles})[ '])(\d{{1,3}})°(?= ?[^\W\d])",
                          lambda m: m[1] + self.ordinal(int(m[2]))))  # fmt: skip
        if words.degree_ordinal:
            rules.append((HEAD + r"([1-9]\d?)°(?= [a-zà-ÿ])", lambda m: self.ordinal(int(m[1]))))
        return rules

    def _ordinal(self, match: Match) -> str:
        number = int(re.sub(r"\D", "", match[1]))
        kind = self.words.ordinal_suffixes[match[2]]
        noun = re.match(r" ([a-zà-ÿ]{3,})", match.string[match.end() :])
        if kind == "m" and self.words.short_ordinals and noun and noun[1] not in NO_NOUNS:
            kind = "s"  # "el tercer piso"
        return self.ordinal(number, kind) if number else match[0]
