"""Nothing is lost: letters, figures, signs with a meaning; and any text takes linear time."""

import random
import re
from time import process_time

import pytest

from onset.text.cjk.cjk_notation import rules
from onset.text.normalize import clean, pieces

ZH = """+ 加 = 等于 × 乘 * 乘 ÷ 除以 ≠ 不等于 ≤ 小于等于 >= 大于等于 < 小于 > 大于 ≈ 约等于
& 和 → 到 ± 正负 @ 艾特 % 百分 ‰ 千分 √ 根号 ∞ 无穷大 ^ 次方 °C 摄氏度 € 欧元 ₩ 韩元 ₹ 卢比
₽ 卢布 № 第 § 第 ~ 到"""
JA = """+ プラス = イコール × かける * かける ÷ 割る ≠ ノットイコール ≤ 小なりイコール
>= 大なりイコール < 小なり > 大なり ≈ ほぼイコール & アンド → から ± プラスマイナス @ アット
% パーセント ‰ パーミル √ ルート ∞ 無限大 ^ 乗 °C 度 € ユーロ ₩ ウォン ₹ ルピー ₽ ルーブル
№ ナンバー § セクション 〜 から"""
SIGNS = {lang: dict(zip(*[iter(words.split())] * 2, strict=True))
         for lang, words in (("zh", ZH), ("ja", JA))}  # fmt: skip
"""A part of what is said where the sign stands between two numbers."""

SPOKEN_FIGURE = {
    "zh": re.compile("[零一二三四五六七八九十百千万亿两幺]"),
    "ja": re.compile(
        "[零一二三四五六七八九十百千万億元]|ゼロ|イチ|ニー|サン|ヨン|ゴー|ロク|ナナ|ハチ|キュー"
    ),
}
MARKS = [
    *"。，、！？：；（）「」…—-~〜/.,:+=×*%&@#<>|^²$¥€°",
    " ",
    "年",
    "月",
    "日",
    "は",
    "的",
    "から",
]


def lost(lang: str, tokens: list[str], said: str) -> list[str]:
    """What of `tokens` is not in `said`: words, in order, and as many figures as numbers."""
    missing, rest = [], said
    for word in filter(str.isalpha, tokens):
        before, found, behind = rest.partition(word)
        missing += [] if found else [word]
        rest = behind if found else before
    numbers = [token for token in tokens if token.isdecimal()]
    figures = SPOKEN_FIGURE[lang].findall(said)
    return missing + numbers[len(figures) :]


@pytest.mark.parametrize("lang", ["ja", "zh"])
def test_no_word_and_no_number_is_lost_in_2500_lines(lang: str) -> None:
    chance = random.Random(7)
    for _ in range(2500):
        tokens = [
            chance.choice(
                ("".join(chance.choices("bcdfgjqvz", k=5)), str(chance.randrange(1, 3000)))
            )
            for _ in range(chance.randrange(1, 7))
        ]
        raw = "".join(token + chance.choice(MARKS) * chance.randrange(1, 3) for token in tokens)
        said = clean(raw, lang)
        assert not lost(lang, tokens, said), (raw, said)
        assert not re.search(r"\d", said), (raw, said)


def test_the_check_sees_what_is_lost() -> None:
    assert lost("zh", ["bcd", "12", "fgj", "3"], "bcd 十二 三") == ["fgj"]
    assert lost("ja", ["12", "3"], "ニー") == ["3"]


@pytest.mark.parametrize("lang", ["ja", "zh"])
@pytest.mark.parametrize("space", ["", " "])
def test_no_sign_that_changes_a_meaning_is_lost(lang: str, space: str) -> None:
    chance = random.Random(11)
    for sign, word in SIGNS[lang].items():
        for _ in range(50):
            first, second = chance.randrange(2, 999), chance.randrange(2, 999)
            raw = f"{first}{space}{sign}{space}{second}"
            assert word in clean(raw, lang), (raw, clean(raw, lang))


@pytest.mark.parametrize(
    ("lang", "minus", "words"), [("ja", "マイナス", "はが約差"), ("zh", "负", "是约到率")]
)
def test_no_minus_is_lost(lang: str, minus: str, words: str) -> None:
    for before in ("", "x=", "（", "＋", " ", *words):
        for number in ("-5", "−5", "－5", "-0.5", "-5℃", "-5%", "-$5", "-1/2"):
            assert minus in clean(before + number, lang), before + number


def test_another_language_has_no_rules() -> None:
    assert rules("es") == []


ATTACKS = ["1", "1.", "1-", "1/", "1:", "1 ", "1月", "a@", "http://", "〜", "x²+", "a+1=", "番号",
           "$", "½", "1万", "㎡", "東1-", "(月)", "第1-", "1 1/2 ", "=", "約~", "。"]  # fmt: skip


@pytest.mark.parametrize("lang", ["ja", "zh"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_takes_linear_time(attack: str, lang: str) -> None:
    next(pieces("1", lang))
    seconds = []
    for size in (10_000, 100_000):
        start = process_time()
        for _ in pieces(attack * (size // len(attack)), lang):
            pass
        seconds.append(process_time() - start)
    assert seconds[1] < 30 * max(seconds[0], 0.05)  # ten times the text; quadratic is 100 times
