"""The rules of Chinese and of Japanese, in the order they are read.

Codes, dates and times stand before ranges and signs, these before money, units and fractions, and
bare numbers come last: a hyphen alone may be any of six things.
"""

from functools import cache

from onset.text.cjk import chinese_notation as chinese
from onset.text.cjk import japanese_notation as japanese
from onset.text.cjk.cjk_codes import address_rules, code_rules, version_rules
from onset.text.cjk.cjk_dates import DateRules
from onset.text.cjk.cjk_numerals import HanNumerals, Pairs
from onset.text.cjk.cjk_quantities import (
    PriceRules,
    fraction_rules,
    measure_rules,
    numeral_rules,
    power_rules,
)
from onset.text.cjk.cjk_ranges import (
    equation_rules,
    minus_rules,
    range_rules,
    ratio_rules,
    score_rules,
)
from onset.text.cjk.cjk_signs import sign_rules
from onset.text.cjk.wide_forms import narrowed
from onset.text.rewrite_rules import Rules, compiled

__all__ = ["narrowed", "rules"]


@cache
def rules(lang: str) -> Rules:
    """The rules of "zh" or "ja"; none for another language."""
    languages = {"zh": _chinese, "ja": _japanese}
    return compiled(languages[lang](HanNumerals(lang))) if lang in languages else []


def _chinese(numerals: HanNumerals) -> Pairs:
    return [
        *address_rules(numerals),
        *DateRules(numerals).rules(),
        *chinese.year_rules(numerals),
        *_compared(numerals),
        *chinese.percent_range_rules(numerals),
        *range_rules(numerals),
        *chinese.tilde_rules(numerals),
        *minus_rules(numerals),
        *chinese.percent_rules(numerals),
        *chinese.chat_rules(numerals),
        *PriceRules(numerals).rules(),
        *measure_rules(numerals),
        *_plain(numerals, chinese.counted_rules(numerals)),
    ]


def _japanese(numerals: HanNumerals) -> Pairs:
    return [
        *address_rules(numerals),
        *japanese.era_rules(numerals),
        *DateRules(numerals).rules(),
        *_compared(numerals),
        *range_rules(numerals),
        *japanese.tilde_rules(numerals),
        *japanese.loss_rules(numerals),
        *minus_rules(numerals),
        *PriceRules(numerals).rules(),
        *japanese.fahrenheit_rules(numerals),
        *measure_rules(numerals),
        *_plain(numerals, []),
    ]


def _compared(numerals: HanNumerals) -> Pairs:
    """Numbers that belong together without being a range."""
    return [
        *code_rules(numerals),
        *equation_rules(numerals),
        *score_rules(numerals),
        *DateRules(numerals).times(),
        *ratio_rules(numerals),
    ]


def _plain(numerals: HanNumerals, counted: Pairs) -> Pairs:
    """What is left when quantities are read."""
    return [
        *fraction_rules(numerals),
        *power_rules(numerals),
        *version_rules(numerals),
        *counted,
        *numeral_rules(numerals),
        *sign_rules(numerals),
        (r"(时速)每小时|(時速[^、。時]{1,20})毎時", lambda m: m[1] or m[2]),  # said once is enough
    ]
