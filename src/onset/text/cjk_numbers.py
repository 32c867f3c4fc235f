"""Numbers, dates, times, money and units of Chinese and Japanese text, in their own characters.

How they sound is decided later: a number before a counter, for one, by `g2p.japanese`.
"""

from num2words import num2words

from onset.text.rewrite_rules import Match, Replacement, alternatives, compiled
from onset.text.word_tables import table

LONGEST = 16
"""Most digits of a number that is said as one; a longer one is read digit by digit."""

AMOUNT = r"(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.(\d+))?"
HEAD = r"(?<![\d.,:/A-Za-z-])"
TAIL = r"(?![\d:/])"


class _Notation:
    """How one of the two languages reads numbers, by its table in `data/`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.words = table({"ja": "japanese", "zh": "chinese"}[lang])

    def digits(self, digits: str) -> str:
        """Each by itself; in Japanese in kana, which unlike characters are never read together."""
        return "".join(self.words["digits"][int(digit)] for digit in digits)

    def whole(self, digits: str) -> str:
        """A whole number; leading zeros are said."""
        alone = self.lang == "zh" and len(digits) == 1
        if len(digits) > LONGEST or (digits[0] == "0" and not alone):
            return self.digits(digits)
        if self.lang == "ja":
            return str(num2words(int(digits), lang="ja"))
        import cn2an  # noqa: PLC0415  takes half a second

        return str(cn2an.an2cn(digits, "low"))

    def amount(self, whole: str, decimals: str | None) -> str:
        """A number that may have commas, and decimals."""
        integer = self.whole(whole.replace(",", ""))
        return integer if not decimals else f"{integer}{self.words['point']}{self.digits(decimals)}"

    def time(self, match: Match) -> str:
        hour, minute = (self.whole(str(int(part))) for part in match.groups())
        later = f"{minute}{self.words['minute']}" if int(match[2]) else ""
        return f"{hour}{self.words['hour']}{later}"

    def date(self, match: Match) -> str:
        month, day = (self.whole(str(int(part))) for part in match.group(3, 4))
        return f"{match[1]}年{month}月{day}日"

    def decimal(self, match: Match) -> str:
        return self.amount(match[1], match[2])

    def common(self) -> list[tuple[str, Replacement]]:
        """What both languages write alike: date, time, money, unit, range, sign; in this order."""
        money, units = self.words["money"], self.words["units"]
        coins, names = alternatives(money), alternatives(units)
        return [
            (HEAD + r"(\d{4})([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])" + TAIL, self.date),
            (HEAD + r"([01]?\d|2[0-4]):\s?([0-5]\d)" + TAIL, self.time),
            (rf"({coins})\s?" + AMOUNT, lambda m: self.amount(m[2], m[3]) + money[m[1]]),
            (AMOUNT + rf"\s?({coins})(?!\w)", lambda m: self.decimal(m) + money[m[3]]),
            (AMOUNT + rf"\s?({names})(?![A-Za-z/])", lambda m: self.decimal(m) + units[m[3]]),
            (r"(?<=\d)(?:[~〜～–—]|-(?!\d+-))(?=\d)", self.words["to"]),
            (r"(?<![\w)])[-−](?=\d)", self.words["minus"]),
        ]


ZH, JA = _Notation("zh"), _Notation("ja")
YEAR, FRACTION = r"(?<!\d)(\d{4})\s?年", HEAD + r"(\d{1,4})/(\d{1,4})" + TAIL

RULES = {
    "zh": compiled([
        (YEAR, lambda m: ZH.digits(m[1]) + "年"),
        (AMOUNT + r"%", lambda m: "百分之" + ZH.decimal(m)),
        *ZH.common(),
        (YEAR, lambda m: ZH.digits(m[1]) + "年"),
        (FRACTION, lambda m: f"{ZH.whole(m[2])}分之{ZH.whole(m[1])}"),
        (rf"(?<![\d.,])2(?=[{ZH.words['counted_two']}])", "两"),
        (r"(?<!\d)1\d{10}(?!\d)", lambda m: ZH.digits(m[0])),  # a mobile telephone
        (AMOUNT, ZH.decimal),
    ]),
    "ja": compiled([
        (r"(?<![\d-])0\d{1,4}(?:-\d{1,4}){1,2}(?![\d-])",  # a telephone
         lambda m: "の".join(map(JA.digits, m[0].split("-")))),
        *JA.common(),
        (FRACTION, lambda m: f"{JA.whole(m[2])}分の{JA.whole(m[1])}"),
        (AMOUNT, JA.decimal),
        (r"(?<=[\u3041-\u30ff])[~〜～]+", "ー"),
    ]),
}  # fmt: skip
"""By language, in the order they are read."""
