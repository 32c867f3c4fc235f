"""What only Chinese has: years digit by digit, percents before their number, 两."""

from onset.text.cjk.cjk_numerals import CJK, HEAD, NUMBER, RANGE, HanNumerals, Pairs
from onset.text.rewrite_rules import Match

CENTURIES = r"(?:1[5-9]|20)\d\d"


def year_rules(numerals: HanNumerals) -> Pairs:
    """Years as digits, by what stands beside them."""
    digits, to, events = numerals.digits, numerals.words["to"], numerals.words["year_before"]

    def both(match: Match) -> str:
        return f"{digits(match[1])}{to}{digits(match[2])}"

    return [
        (rf"(?<!\d)(\d{{4}}\s?年){RANGE}(?=\d{{4}}\s?年)", rf"\1{to}"),
        (rf"(?<!\d)(\d{{4}}){RANGE}(\d{{4}})(?=\s?(?:年|学年|赛季|财年))", both),
        (r"(?<!\w)'(\d\d)(?=\s?年)", lambda m: digits(m[1])),
        (rf"(?<![\d.])(\d{{1,2}})(?:\.| · )(\d{{1,2}})(?={numerals.words['day_names']})",
         lambda m: digits(m[1] + m[2])),
        (r"(?<!\d)(\d{4}|0\d|\d\d(?=\s?年\s?\d{1,2}\s?月))\s?年", lambda m: digits(m[1]) + "年"),
        (r"((?:公元|西元)前?)(\d{1,4})年", lambda m: f"{m[1]}{digits(m[2])}年"),
        (rf"(?<!\d)({CENTURIES})(?={events})", lambda m: digits(m[1])),
        (rf"(?<!\d)({CENTURIES})[-–/](\d\d)\s?(?=赛季|学年|年度|财年)", both),
        (rf"{HEAD}({CENTURIES})(?:[-–]|(?<!—)—)({CENTURIES})(?![\d%A-Za-z.,-])", both),
        (r"(?<!\d)([5-9]\d)(?=后)", lambda m: digits(m[1])),
    ]  # fmt: skip


def percent_range_rules(numerals: HanNumerals) -> Pairs:
    """5-10%: the sign is said first, and once for a range whose first number has none."""
    amount, to = numerals.amount, numerals.words["to"]

    def both(match: Match) -> str:
        second = _percent(numerals, match[3]) if match[2] else amount(match[3])
        return f"{_percent(numerals, match[1])}{to}{second}"

    return [(rf"({NUMBER})\s?(%?){RANGE}({NUMBER})\s?%", both)]


def percent_rules(numerals: HanNumerals) -> Pairs:
    """5%: the sign is said first; read behind the minus, which is said before that."""
    return [(rf"({NUMBER})\s?%", lambda m: _percent(numerals, m[1]))]


def _percent(numerals: HanNumerals, number: str) -> str:
    return str(numerals.words["percent"]).format(numerals.amount(number))


def tilde_rules(numerals: HanNumerals) -> Pairs:
    """A tilde that is no range of numbers: about, from place to place, or a drawn-out sound."""
    words = numerals.words
    return [
        (r"(?<=[约概])[~〜](?=\d)", ""),
        (rf"(?<=[{CJK}])[~〜](?=\d)", words["about"]),
        (rf"(?<=[\w)])(?<![{words['particles']}])\s?[~〜]\s?(?=\w)", words["to"]),
    ]


def chat_rules(numerals: HanNumerals) -> Pairs:
    """Letters that stand for 万 and 千: 10w+, 5k; read before units."""
    amount, plus = numerals.amount, numerals.words["plus"]
    return [
        (rf"({NUMBER})[wW]\+", lambda m: f"{amount(m[1])}万{plus}"),
        (rf"(?<![A-Za-z\d.,])({NUMBER})k(?![A-Za-z\d])", lambda m: numerals.scaled(m[1], "k")),
    ]


def counted_rules(numerals: HanNumerals) -> Pairs:
    """Numbers that what stands beside them changes: two of a thing, more than 100, A380."""
    words = numerals.words
    pair = rf"[{words['counted_two']}](?!方)|小时|分钟|年(?![级代份])"
    return [
        (rf"(?<![\d.,A-Za-z第])(?<!第\d, )2(?={pair})", "两"),
        (rf"({NUMBER})\+(?=[{words['counted_more']}])", lambda m: numerals.amount(m[1]) + "多"),
        (r"(?<=[A-Za-z])-?(?!\d*00(?!\d))(\d{3,})(?![\d:/]|[.,]\d)", lambda m: numerals.code(m[1])),
        (r"(?<=\d)#(?=[\w\s]|$)", "号"),
    ]
