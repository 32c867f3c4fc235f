"""Fractions of a language: 1/2, 2 3/4, ½, and what they are of."""

import unicodedata

from onset.text.locales.locale_table import NOTATION, LocaleTable, forms
from onset.text.locales.numerals import END, HEAD, TAIL, Numerals
from onset.text.rewrite_rules import Match, Replacement, alternatives

FRACTION = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"

PAGE = r"((?i:\b(?:página|page|pagina|पृष्ठ)) )"
"""Before 3/10, which is then no fraction."""

ROUND = (100, 1000, 1_000_000)
"""Denominators with ordinals for names in all languages."""


class Fractions:
    """How one language says fractions."""

    def __init__(self, words: LocaleTable, numerals: Numerals) -> None:
        self.words = words
        self.numerals = numerals

    def rules(self) -> list[tuple[str, Replacement]]:
        """½, seasons such as 2023/24, and fractions with what they are of."""
        figure = r"\d{1,3}(?:\.\d{3})+|\d{1,15}"
        names = alternatives(self.words.names)
        return [
            *((rf"(?<!\d){glyph}", name) for glyph, name in self.words.vulgar.items()),
            (rf"(?:(\d) ?)?([{FRACTION}])", _plain_fraction),
            (HEAD + r"(\d{4})/(\d{4}|\d\d)" + TAIL, _season),
            (HEAD + r"24/7" + TAIL, "24 7"),
            (PAGE + r"(\d{1,5})/(\d{1,5})" + TAIL, rf"\1\2 {self.words.over} \3"),
            (HEAD + rf"(?:({self.words.amount}) )?({figure})/({figure}) ?({names}){END}",
             self._part_of),
            (HEAD + rf"(?:(\d{{1,6}}) )?({figure})/({figure})" + TAIL + r"(?:(?= ([^\W\d_]+)))?",
             self._plain),
        ]  # fmt: skip

    def _plain(self, match: Match) -> str:
        """A fraction; an article before it is not said twice: "un 1/4"."""
        said = self.fraction(match[1] or "", match[2], match[3], self._noun(match[4]))
        article = f"{self.words.one[0]} "
        doubled = match.string[: match.start()].lower().endswith(article)
        return said.removeprefix(article) if doubled else said

    def _noun(self, word: str | None) -> str:
        """The word behind a fraction, if it may be a noun."""
        if not word or len(word) < 3 or not word.islower():
            return ""
        return "" if word in NOTATION["function_words"].split() else word

    def _part_of(self, match: Match) -> str:
        """A fraction of a unit: "tres quintos de milla por hora", "medio kilo"."""
        one = self.words.names[match[4]][0]
        said = self.fraction(match[1] or "", match[2], match[3], one)
        half = match[2] == "1" and match[3] == "2" and bool(self.words.halves)
        return f"{said} {one if half else self.numerals.joined(one)}"

    def part(self, denominator: int) -> tuple[str, str] | None:
        """A part of a whole as singular and plural: "tercio", "tercios"; None if it has no name."""
        words = self.words
        if name := words.parts.get(str(denominator)):
            return forms(name)
        if denominator < 2 or not words.halves:
            return None
        if denominator > 10 and words.small_part:
            named = self._small_part(denominator)
            if named:
                return named
        hundreds = denominator < 1000 and denominator % 100 == 0
        if denominator > 100 and not hundreds and denominator % 1000:
            return None
        one = self.numerals.ordinal(denominator)
        ending, plural = words.part_plural
        return one, one.removesuffix(ending) + plural

    def _small_part(self, denominator: int) -> tuple[str, str] | None:
        """Parts named by a cardinal: "treceavo" up to 99; "treze avos", with a space, for all."""
        ending = self.words.small_part
        name = self.numerals.cardinal(denominator)
        if ending.startswith(" "):
            return None if denominator in ROUND else (name + ending, name + ending)
        if denominator > 99:
            return None
        joined = _unaccented(name.replace(" y ", "i")) + ending
        one = joined.replace("aavo", "avo").replace("unoavo", "unavo")
        return one, one + "s"

    def fraction(self, whole: str, above: str, below: str, noun: str) -> str:
        """A fraction, or a mixed one; noun: the word behind it, or "" if it stands alone."""
        words = self.words
        up, down = (int(self.numerals.split(figure)[0]) for figure in (above, below))
        kind = 0 if not noun else 1 + self.numerals.is_feminine(noun.removesuffix("s"))
        if up == 1 and down == 2 and words.halves:
            half = (words.mixed_halves if whole else words.halves)[kind]
            number = words.one[1] if whole == "1" and kind == 2 else whole
            return words.mixed.format(number, half) if whole else half
        name = self.part(down)
        number = self.numerals.whole(str(up))
        if name is None or up == down or up > down > 10:
            said = f"{number} {words.over} {self.numerals.whole(str(down))}"
        else:
            said = f"{words.one[0]} {name[0]}" if up == 1 else f"{number} {name[1]}"
        return words.mixed.format(whole, said) if whole else said


def _unaccented(word: str) -> str:
    return unicodedata.normalize("NFD", word).replace("\u0301", "")


def _plain_fraction(match: Match) -> str:
    above, _, below = unicodedata.normalize("NFKC", match[2]).partition("\u2044")
    return f"{match[1] + ' ' if match[1] else ''}{above}/{below}"


def _season(match: Match) -> str:
    """2023/24 and 2023/2024: two years in a row; others are fractions."""
    year, following = int(match[1]), int(match[2])
    return f"{year} {match[2]}" if (year + 1 - following) % 100 == 0 else match[0]
