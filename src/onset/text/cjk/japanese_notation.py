"""What only Japanese has: letters of eras, 〜 as "from" or as a long vowel."""

from onset.text.cjk.cjk_numerals import NUMBER, HanNumerals, Pairs
from onset.text.rewrite_rules import Match, alternatives, is_date

KATAKANA = "\u30a1-\u30ff"


def era_rules(numerals: HanNumerals) -> Pairs:
    """R6.5.1, H30年; the first year of an era has a name of its own."""
    eras: dict[str, str] = numerals.words["eras"]
    era, number = f"(?<![A-Za-z])([{''.join(eras)}])", numerals.whole

    def day(match: Match) -> str:
        year, month, date = (int(part) for part in match.group(2, 3, 4))
        if not is_date(date, month):
            return match[0]
        parts = f"{number(str(year))}年{number(str(month))}月{number(str(date))}日"
        return eras[match[1]] + parts

    return [
        (era + r"\.?(\d{1,2})[./-](\d{1,2})[./-](\d{1,2})(?!\d)", day),
        (era + r"\.?(\d{1,2}|元)(?=年)", lambda m: eras[m[1]] + m[2]),
        (era + r"\.(\d{1,2})(?![\d.])", lambda m: f"{eras[m[1]]}{number(m[2])}年"),
        (
            rf"({alternatives(eras.values())})(\d{{1,2}})[./](\d{{1,2}})(?![\d./])",
            lambda m: f"{m[1]}{number(m[2])}年{number(str(int(m[3])))}月",
        ),
        (f"({alternatives(eras.values())})1(?=年)", r"\1元"),
    ]


def tilde_rules(numerals: HanNumerals) -> Pairs:
    """〜 from place to place or from a time on; behind kana that go on it is a long vowel."""
    to = numerals.words["to"]
    return [
        (rf"(?<=[\w)])(?<![\u3041-\u3096{KATAKANA}])\s?[~〜]\s?(?=[\w(])", to),
        (rf"(?<=[{KATAKANA}]{{2}})\s?[~〜]\s?(?=[{KATAKANA}]{{2}})", to),
        (rf"(?<=[\u3041-\u3096{KATAKANA}])[~〜](?=[\d\u3400-\u9fff々A-Za-z])", to),
        (r"(?:(?<=[\d一二三四五六七八九十][年月日時分円人回個])|(?<=時半))[~〜](?!\w)", to),
        (r"(?<!\w)[~〜]\s?(?=\d)", to),
        (rf"(?<=[\u3041-\u3096{KATAKANA}])[~〜]+", "ー"),
    ]


def loss_rules(numerals: HanNumerals) -> Pairs:
    """Accounts write a loss with a triangle: ▲5%."""
    return [(r"[▲△](?=[¥$€]?\d)", numerals.words["minus"])]


def fahrenheit_rules(numerals: HanNumerals) -> Pairs:
    """98.6°F: the scale stands before the sign and the number."""
    minus = numerals.words["minus"]
    pattern = rf"({minus})?({NUMBER})\s?°F"
    return [(pattern, lambda m: f"華氏{m[1] or ''}{numerals.amount(m[2])}度")]
