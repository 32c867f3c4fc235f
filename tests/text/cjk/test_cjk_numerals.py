"""Figures become Chinese and Japanese characters."""

import pytest

from onset.text.cjk.cjk_numerals import LONGEST, HanNumerals
from onset.text.normalize import clean

ZH, JA = HanNumerals("zh"), HanNumerals("ja")


@pytest.mark.parametrize(
    ("digits", "characters"),
    [
        ("0", "零"),
        ("10", "十"),
        ("12", "十二"),
        ("110", "一百一十"),
        ("1001", "一千零一"),
        ("2000", "两千"),
        ("22222", "两万两千二百二十二"),
        ("100010", "十万零一十"),
        ("10001000", "一千万一千"),
        ("200000000", "两亿"),
        ("101000000000", "一千零一十亿"),
        ("100000010000", "一千亿零一万"),
        ("007", "零零七"),
    ],
)
def test_a_whole_number_in_chinese(digits: str, characters: str) -> None:
    assert ZH.whole(digits) == characters


@pytest.mark.parametrize(
    ("digits", "characters"),
    [
        ("1000", "千"),
        ("10000000", "一千万"),
        ("23000000", "二千三百万"),
        ("109000000000", "千九十億"),
        ("007", "ゼロゼロナナ"),
    ],
)
def test_a_whole_number_in_japanese(digits: str, characters: str) -> None:
    assert JA.whole(digits) == characters


def test_a_number_too_long_to_be_said_as_one_is_said_by_digits() -> None:
    assert ZH.whole("1" * LONGEST).endswith("一百一十一")
    assert ZH.whole("1" * (LONGEST + 1)) == "一" * (LONGEST + 1)


def test_letters_are_scales() -> None:
    assert ZH.scaled("1.5", "B") == "十五亿"
    assert ZH.scaled("2.5005", "k") == "两千五百点五"
    assert JA.scaled("30", "M") == "三千万"


def test_a_code_keeps_its_groups() -> None:
    assert ZH.code("138 1234") == "幺三八, 幺二三四"
    assert JA.code("03-12") == "ゼロサンのイチニー"


@pytest.mark.parametrize("lang", ["ja", "zh"])
def test_no_figure_is_left(lang: str) -> None:
    for raw in ("0", "00", "1" * 50, "1.2.3", "3,4", "99:99", "2024/13/45", "x1y2", "½", "10²"):
        assert not any(map(str.isdecimal, clean(raw, lang))), raw
