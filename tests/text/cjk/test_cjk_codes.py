"""Addresses are dictated; telephones, cards and rooms are said digit by digit."""

import pytest

from onset.text.normalize import clean

SPOKEN = [
    ("zh", "13812345678，1/2，007", "幺三八幺二三四五六七八, 二分之一, 零零七"),
    ("zh", "138 1234 5678", "幺三八, 幺二三四, 五六七八"),
    ("zh", "010-64035547", "零幺零, 六四零三五五四七"),
    ("zh", "+86 138-1234-5678", "加八六, 幺三八, 幺二三四, 五六七八"),
    ("zh", "拨打110，尾号1702，验证码：1234", "拨打幺幺零, 尾号幺七零二, 验证码: 幺二三四"),
    ("zh", "501室和302路公交", "五零幺室和三零二路公交"),
    ("zh", "建国路88-1号", "建国路八十八杠一号"),
    ("zh", "127.0.0.1:8080", "一二七点零点零点一 冒号 八千零八十"),
    ("zh", "3.0.1版本", "三点零点一版本"),
    ("zh", "发到info@example.cn吧", "发到info 艾特 example 点 cn吧"),
    ("zh", "见report.pdf", "见report 点 pdf"),
    ("ja", "03-1234-5678、1/2", "ゼロサンのイチニーサンヨンのゴーロクナナハチ, 二分の一"),
    ("ja", "〒100-0001 千代田区千代田1-1",
     "郵便番号イチゼロゼロのゼロゼロゼロイチ 千代田区千代田一の一"),
    ("ja", "六本木6-10-1", "六本木六の十の一"),
    ("ja", "4111 1111 1111 1111",
     "ヨンイチイチイチのイチイチイチイチのイチイチイチイチのイチイチイチイチ"),
    ("ja", "https://example.com/a_b",
     "https コロン スラッシュ スラッシュ example ドット com スラッシュ a アンダーバー b"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(lang: str, raw: str, spoken: str) -> None:
    assert clean(raw, lang) == spoken


def test_a_number_beside_a_telephone_is_none() -> None:
    assert clean("电话打了5次", "zh") == "电话打了五次"
    assert clean("電話は3回", "ja") == "電話は三回"
