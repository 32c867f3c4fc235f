"""What a hyphen, a tilde or a colon between two numbers is: a range, a minus, a score, a sum."""

import re

from onset.text.cjk.cjk_numerals import CJK, HEAD, NUMBER, RANGE, HanNumerals, Pairs
from onset.text.rewrite_rules import Match, alternatives

OPERAND = r"[-+±√(]{0,2}(?:\d+(?:,\d{3})*(?:\.\d+)?|[A-Za-z](?![A-Za-z]))[²³%)]{0,2}"
EQUATION = (
    rf"(?<![A-Za-z\d.]){OPERAND}(?:\s?(?:[-+×÷*/≠≈<>≤≥≦≧]|[=!<>]?=)\s?{OPERAND})+(?![A-Za-z\d])"
)
PROVES = re.compile(r"[+×÷*=≠≈<>≤≥≦≧²³]")
"""What makes a line of operands an equation, so that a hyphen in it is a minus."""

SCORE = r"(\d{1,3})\s?[:-]\s?(\d{1,3})"


def coins(numerals: HanNumerals) -> str:
    """A pattern for any sign or code of money."""
    money = numerals.words["money"]
    signs = alternatives(coin for coin in money if not coin.isalpha())
    codes = alternatives(filter(str.isalpha, money))
    return rf"{signs}|(?<![A-Za-z])(?:{codes})(?![A-Za-z])"


def equation_rules(numerals: HanNumerals) -> Pairs:
    """5-3=2 has a minus, 1920x1080 a times."""
    less: str = numerals.words["less"]

    counted = re.compile(rf"\s?(?:[%°A-Za-z]|{numerals.words['counted']})")

    def equation(match: Match) -> str:
        measured = counted.match(match.string, match.end())
        if not PROVES.search(match[0]) and (match[0][0] != "-" or measured):
            return match[0]
        divided = re.sub(r"(\d+)\s?/\s?(\d+)", quotient, match[0])
        return re.sub(r"(?<=[\w)%²³])\s?-\s?", less, divided)

    def quotient(match: Match) -> str:
        return f"{match[1]}÷{match[2]}" if int(match[1]) > int(match[2]) else match[0]

    return [(r"(?<=\d)(?<!\D0)(?<!^0)\s?[xX]\s?(?=\d)", "×"), (EQUATION, equation)]


def score_rules(numerals: HanNumerals) -> Pairs:
    """Scores by the words beside them, which else would be times or ranges."""
    words, versus = numerals.words, numerals.words["versus"]
    before, after = alternatives(words["score_before"]), words["score_after"]
    return [
        (rf"({before})(\s?){SCORE}(?![\d:.-])", rf"\1\2\3{versus}\4"),
        (
            rf"{HEAD}{SCORE}(?=(?:\s?[,、]\s?\d{{1,3}}[:-]\d{{1,3}}){{0,5}}\s?(?:{after}))",
            rf"\1{versus}\2",
        ),
    ]


def ratio_rules(numerals: HanNumerals) -> Pairs:
    """3:1, and whatever has a colon and is no time."""
    versus: str = numerals.words["versus"]
    ratio = rf"{HEAD}\d+(?:\.\d+)?(?::\d+(?:\.\d+)?)+(?![\d:/])"
    return [(ratio, lambda m: m[0].replace(":", versus))]


def range_rules(numerals: HanNumerals) -> Pairs:
    """From one quantity to another."""
    to, coin = numerals.words["to"], coins(numerals)
    left = rf"\d\s?(?:[{CJK}]{{1,4}}|[A-Za-z²³]{{1,4}}|[%‰°]C?|°F|{coin})"
    bare = rf"(?<![A-Za-z\d.,:/-])({NUMBER})({RANGE})({NUMBER})(?![\d:/]|[.-]\d)"

    def between(match: Match) -> str:
        return f"{match[1]}{_between(match, numerals, coin)}{match[3]}"

    return [
        (rf"({coin})\s?({NUMBER}){RANGE}(?:{coin})?(?={NUMBER})", rf"\1\2{to}\1"),
        (bare, between),
        (rf"({left}){RANGE}"
         rf"(?=第?(?:{coin})?-?\d|(?:{numerals.words['range_ends']})\d)", rf"\1{to}"),
        (r"(?<=[\d%‰])\s?[~〜–]\s?(?=-?\d)", to),
    ]  # fmt: skip


def _between(match: Match, numerals: HanNumerals, coin: str) -> str:
    """The word between two bare numbers.

    A hyphen before a number that is not greater is no range, unless something is counted: it is
    a score beside words, and a minus by itself or where a result follows.
    """
    words = numerals.words
    to, versus, less = str(words["to"]), str(words["versus"]), str(words["less"])
    first, second = (float(number.replace(",", "")) for number in match.group(1, 3))
    before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    if first < second or match[2].strip() != "-":
        return to
    if re.match(rf"[%‰°A-Za-z]|{coin}|{words['counted']}", after):
        return to
    if after and after in words["results"]:
        return less
    beside = re.compile(f"(?![{words['minus_before']}])[{CJK}]")
    named = beside.fullmatch(after) or (beside.fullmatch(before) and not after.strip())
    return versus if named else less


def minus_rules(numerals: HanNumerals) -> Pairs:
    """Signs before a number: minus, less, more, about.

    Behind a Han character a hyphen is a minus if the number is measured, or the character says so:
    歼-20 is an aircraft.
    """
    words, coin = numerals.words, coins(numerals)
    minus, prefixes, units = words["minus"], words["prefixes"], alternatives(words["units"])
    amount = rf"(?:{coin})?{NUMBER}"
    measured = rf"\d+\.\d|{amount}\s?(?:[度%‰°点万亿億元円]|{units})"
    comparisons = alternatives(sign for sign in prefixes if sign[0] in "<>")
    return [
        (rf"(?<![\w)%°])[-−](?=(?:{coin})?(?:\d|\.\d|√))", minus),
        (rf"(?<=[{words['minus_before']}])[-−](?={amount})", minus),
        (rf"(?<=[{CJK}])[-−](?={measured})", minus),
        (rf"(?<![-=])({comparisons})\s?(?=\d|\.\d|{minus})", lambda m: prefixes[m[1]]),
        (rf"(?<=[A-Za-z\d)])\s?({comparisons})\s?(?=[A-Za-z(])", lambda m: prefixes[m[1]]),
        (r"(?<![\w)])(?<![\w)]\s)≈\s?(?=\d)", words["about"]),
    ]
