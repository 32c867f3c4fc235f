"""Figures become Chinese and Japanese characters."""

import pytest

from onset.text.normalize import clean

SPOKEN = [
    ("zh", "2024年5月14日，1,280元。", "二零二四年五月十四日, 一千二百八十元."),
    ("zh", "2024-05-12 7:25", "二零二四年五月十二日 七点二十五分"),
    ("zh", "3.5公里，50%，2个，22个", "三点五公里, 百分之五十, 两个, 二十二个"),
    ("zh", "¥5.5，-5度，10-20", "五点五元, 负五度, 十到二十"),
    ("zh", "13812345678，1/2，007", "一三八一二三四五六七八, 二分之一, 零零七"),
    ("zh", "12345678901234567890", "一二三四五六七八九零一二三四五六七八九零"),
    ("ja", "7時25分、1,280円。", "七時二十五分, 千二百八十円."),
    ("ja", "2024/05/12 7:25", "二千二十四年五月十二日 七時二十五分"),
    ("ja", "¥500、50%、10〜20、-5度", "五百円, 五十パーセント, 十から二十, マイナス五度"),
    ("ja", "03-1234-5678、1/2", "ゼロサンのイチニーサンヨンのゴーロクナナハチ, 二分の一"),
    ("ja", "そうですよ〜！ 5km", "そうですよー! 五キロメートル"),
    ("ja", "iPhone15を買う", "iPhone十五を買う"),
]


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken


@pytest.mark.parametrize("lang", ["ja", "zh"])
def test_no_figure_is_left(lang: str) -> None:
    for raw in ("0", "00", "1" * 50, "1.2.3", "3,4", "99:99", "2024/13/45", "x1y2"):
        assert not any(map(str.isdecimal, clean(raw, lang))), raw
