"""Figures that are no quantities: telephones, cards, identifiers, IP and web addresses, versions.

They are said digit by digit, with a comma between groups.
"""

import re
from functools import partial
from string import ascii_lowercase

from onset.text.locales.locale_table import NOTATION, LocaleTable
from onset.text.locales.numerals import END, HEAD, digit_by_digit
from onset.text.rewrite_rules import MAIL, URL, Match, Replacement, spoken_address

FEWEST = 7
"""Digits of the shortest telephone number with a code."""

FIRST = r"(?<!\d )"
"""No group of digits stands before: the number is not the rest of a longer one."""

EXTENSION = r"(?:,? ?(?:ext|extensión|ramal|r|poste|int|x)\.? ?(\d{1,6})(?!\w))?"

COUNTRY = r"(?<![\w+])\(?\+\d{1,3}(?:[ .-]?\(?\d{1,12}\)?){1,7}"
AREA = r"(?<![\w(])\(0?\d{1,4}\)[ .-]?\d{2,5}(?:[ .-]\d{2,5}){0,3}"
THREES = FIRST + HEAD + r"(?:1[ .-])?(?:\d{2,4}[ .-]|\(\d{3}\) ?)\d{3,4}[ .-]\d{4}"
TRUNK = FIRST + r"(?<![\w.,:/@+-])0\d{1,6}(?:[ ./-]\d{2,8}){1,4}"
CARD = FIRST + HEAD + r"\d{4}([ -])\d{4}\1\d{4}(?:\1\d{4}){0,2}(?![\w-])"
ACCOUNT = r"(?<!\w)([A-Z]{2})(\d\d(?: ?[\dA-Z]{4}){3,7}(?: ?[\dA-Z]{1,3})?)(?!\w)"
IP = r"(?<![\w.-])(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?(?![\w-]|\.\d)"
VERSION = r"(?<![\w.,:/@])([vV]\.?\s?)?(\d{1,4}(?:\.\d{1,4})+)(?![\w-]|[.,:]\d)"


class DigitStrings:
    """How one language says figures that are read one by one, and addresses."""

    def __init__(self, words: LocaleTable) -> None:
        self.words = words
        self.address = partial(spoken_address, names=words.address)

    def addresses(self) -> list[tuple[str, Replacement]]:
        """Web and mail addresses, domains, IP addresses, files, handles, hashtags."""
        domains = "|".join(NOTATION["domains"].split())
        files = "|".join(NOTATION["files"].split())
        name = r"(?<![\w@.-])[a-z0-9][a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:"
        return [
            (URL, self.address),
            (
                r"(?<![\w@.-])(?:localhost|[a-z][a-z\d-]*(?:\.[a-z\d-]+)+):\d{2,5}(?![\w:])"
                r"(?:/[^\s<>\"“”()\[\]{}|]*)?",
                self.address,
            ),
            (MAIL, self.dictated),
            (rf"{name}{domains})(?![\w@-]|\.\w)(?:/[^\s<>\"“”()\[\]{{}}|]*)?", self.dictated),
            (rf"(?<![\w@./])[\w-]+(?:\.[\w-]+)*\.(?:{files})(?![\w@-])", self.dictated),
            (IP, self._ip),
            (r"(?<!\w)@(?=\w)", self.words.address["@"] + " "),
            (r"(?<![\w&])#(?=[^\W\d])", "hashtag "),
        ]

    def dictated(self, match: Match) -> str:
        """An address letter by letter where the language has names for the letters."""
        if not self.words.letters:
            return self.address(match)
        names = self.words.letters.split()

        def said(part: Match) -> str:
            word = part[0].lower()
            letters = [names[ord(c) - ord("a")] if c in ascii_lowercase else c for c in word]
            return f" {self.words.address_words.get(word) or ' '.join(letters)} "

        return re.sub(r"(?i)[a-z]+|\d+", said, self.address(match)).strip()

    def telephones(self) -> list[tuple[str, Replacement]]:
        """Telephones, cards, accounts, identifiers, and what stands behind a word for such."""
        words = self.words
        behind = rf"((?i:(?<!\w)(?:{words.spelled}))[^\d\n.?!]{{0,24}}?)"
        return [
            (COUNTRY + EXTENSION + r"(?!\w)", self._telephone),
            (AREA + EXTENSION + r"(?!\w)", self._telephone),
            *((FIRST + HEAD + own + r"(?![\w-])", self._spelled) for own in words.ids),
            (CARD, self._spelled),
            (THREES + EXTENSION + r"(?![\w-])", self._telephone),
            (TRUNK + r"(?![\w/-])", self._telephone),
            (ACCOUNT, self._account),
            (behind + r"(\d\d+(?:[ .-]\d+){0,7})(?![\w-]|[.,:/]\d)", self._behind),
            (rf"(?i)(?<!\w)({words.version}) (\d{{1,4}}(?:\.\d{{1,4}})+)(?![\w-]|[.,:]\d)",
             lambda m: f"{m[1]} {self._dotted(m[2])}"),
            (VERSION, self._version),
        ]  # fmt: skip

    def postal(self) -> list[tuple[str, Replacement]]:
        """Addresses of houses, where numbers are said digit by digit, and postal codes."""
        if not self.words.postal:
            return []
        code = r"(?<=[^\W\d]|[\u0900-\u0963])[ -]([1-9]\d{5})(?=[.,।]?\s*$)"
        return [(r"\A.{1,200}\Z", self._house), (code, self._postal_code)]

    def _spelled(self, match: Match) -> str:
        """Groups of digits one by one; letters stay."""
        return re.sub(r"[-./ ]*(\d+)[-./ ]*", lambda m: f" {digit_by_digit(m[1])},",
                      match[0]).strip(" ,")  # fmt: skip

    def _telephone(self, match: Match) -> str:
        extension = match.group(match.re.groups) if match.re.groups else None
        number = match[0]
        if extension:
            number = re.sub(r"\D+\d+$", "", number)
        count = sum(map(str.isdigit, number))
        if not FEWEST <= count <= 17 or re.fullmatch(r"0\d(?: \d{3})+", number):
            return match[0]
        plus = f"{self.words.plus} " if number.lstrip("(").startswith("+") else ""
        said = self._groups(number)
        rest = f", {self.words.extension} {digit_by_digit(extension)}" if extension else ""
        return plus + said + rest + " " * match[0].endswith(" ")

    def _behind(self, match: Match) -> str:
        """Figures behind a word for what is spelled, four and more."""
        count = sum(map(str.isdigit, match[2]))
        return match[1] + self._groups(match[2]) if 4 <= count <= 24 else match[0]

    def _groups(self, number: str) -> str:
        """The groups of a telephone number; French says pairs as numbers."""
        groups: list[str] = re.findall(r"\d+", number)
        if self.words.grouped_telephone and len(groups) > 1 and max(map(len, groups)) < 4:
            return " ".join(groups)
        return digit_by_digit(number)

    def _account(self, match: Match) -> str:
        letters = " ".join(match[1])
        groups = [" ".join(group) for group in re.findall(r"[\dA-Z]+", match[2])]
        return f"{letters} " + ", ".join(groups)

    def _ip(self, match: Match) -> str:
        """An IP address digit by digit, if it can be one."""
        parts = match[1].split(".")
        if any(int(part) > 255 or (len(part) > 1 and part[0] == "0") for part in parts):
            return match[0]
        dot, colon = self.words.address["."], self.words.address[":"]
        port = f" {colon} {match[2]}" if match[2] else ""
        return f" {dot} ".join(" ".join(part) for part in parts) + port

    def _version(self, match: Match) -> str:
        """Three numbers and more with dots between, or any behind a "v"; groups stay."""
        letter, number = (match[1] or "").strip(" ."), match[2]
        grouped = "." in self.words.groups and re.fullmatch(r"\d{1,3}(?:\.\d{3})+", number)
        if not letter and (grouped or number.count(".") < 2):
            return match[0]
        return f"{letter} {self._dotted(number)}".strip()

    def _dotted(self, number: str) -> str:
        """A number with its dots said."""
        return number.replace(".", f" {self.words.address['.']} ")

    def _house(self, match: Match) -> str:
        """A line that is an address: it has a word for a street, and none of a sentence."""
        line, words = match[0], self.words
        if not re.search(rf"(?<![\w\u0900-\u0963])(?:{words.postal}){END}", line) or re.search(
            rf"(?<![\w\u0900-\u0963])(?:{words.prose}){END}", line
        ):
            return line
        line = re.sub(r"(?<=\d)-(?=\d)", f" {words.address['-']} ", line)
        line = re.sub(r"(?<=\d)/(?=\d)", f" {words.over} ", line)
        return re.sub(rf"(?<![\w.])\d+{END}(?!\.\d)", lambda m: " ".join(m[0]), line)

    def _postal_code(self, match: Match) -> str:
        before = match.string[: match.start()].split()[-1:]
        if before and re.fullmatch(self.words.counted, before[0]):
            return match[0]
        return f" {digit_by_digit(match[1])}"
