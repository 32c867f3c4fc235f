"""Reading English loses no word, no number and no sign that changes a meaning, in linear time."""

import random
import re
from time import process_time

import pytest

from onset.text.normalize import clean, pieces

LINES = 5000
WORDS = ("zorple", "quidnap", "brastle", "flumdin", "wexgor", "jandrip")
ONES = "zero one two three four five six seven eight nine".split()
UNITS = "km kg % °C mph GB ms ft".split()

FORMS = (
    "{0} / {0:,} / ${0} / €{0:,} / -{0} / {0}% / {0} km / {0}kg / ({0}) / #{0} / {0}. / ~{0} / "
    '{0} + 1 = / x == {0} / No. {0} / ₹{0} / {0}¢ / {0}! / "{0}" / £{0}m / {0}+ / {0}° / >{0}'
).split(" / ")
"""A number of two or three digits in the company of signs."""


def hundreds(number: int) -> str:
    """A number below 1000 in words, by a table of its own."""
    teens = (
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
    )
    tens = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
    words = [ONES[number // 100] + " hundred"] if number >= 100 else []
    rest = number % 100
    if 10 <= rest < 20:
        words.append(teens[rest - 10])
    elif rest:
        words.append("-".join(w for w in (tens[rest // 10], ONES[rest % 10]) if w not in "_zero"))
    return " ".join(words)


def test_every_number_and_every_word_is_said() -> None:
    lost = []
    randoms = random.Random(3)
    for _ in range(LINES):
        words = randoms.sample(WORDS, 3)
        number = randoms.randrange(21, 999)
        line = f"{words[0]} {words[1]} {randoms.choice(FORMS).format(number)} {words[2]}"
        said = clean(line)
        if hundreds(number) not in said or not all(word in said for word in words):
            lost.append((line, said))
    assert lost == []


def test_every_digit_of_a_code_is_said() -> None:
    randoms = random.Random(4)
    for _ in range(LINES // 5):
        groups = [str(randoms.randrange(1000, 9999)) for _ in range(4)]
        said = clean(f"card {randoms.choice(' -').join(groups)} {WORDS[0]}")
        assert re.findall("|".join(ONES), said) == [ONES[int(d)] for d in "".join(groups)]


SIGNS = "== != && || -> => >= <= + = × ÷ < > ≤ ≥ ± → @ & * / - % ^ ≠ ≈ ~ § №".split()


@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_between_numbers_is_heard(sign: str) -> None:
    said = clean(f"they said 7 {sign} 3 today")
    assert re.search("seven(.*)three", said)
    assert re.search(r"seven,? .*[a-z].* three", said), said


PREFIXED = (
    "$5 €5 £5 ¥5 ₹5 ₩5 ₽5 ₺5 ₿5 5¢ 5% 5°C 5°F 5℃ 5° -5 −5 ±5 §5 №5 #5 ~5 <5 >5 ≥5 ≤5 √5 5² 5³ "
    "5+ @5 .5 5‰ 5@ ©5 ≈5"
).split()


@pytest.mark.parametrize("written", PREFIXED)
def test_a_sign_at_a_number_is_heard(written: str) -> None:
    assert clean(f"they said {written} today") != clean("they said 5 today")
    assert "five" in clean(f"they said {written} today")


KINDS = (
    "1,|$|$1-|/a|12345678|C:\\|0|1.|1|1-|A&|II |IV, |Mon, |Jan 1 |A-1|1 A |x==|NaCl|Chapter II, |"
    "1m |5'|½|pin 1234 |King |1 Main St |'re|1111-|a:1|⁴|+1 |00 "
).split("|")


@pytest.mark.parametrize("attack", KINDS)
def test_any_kind_repeated_takes_linear_time(attack: str) -> None:
    start = process_time()
    for _ in pieces(attack * (10_000 // len(attack))):
        pass
    assert process_time() - start < 3  # 0.3 s at most where this was written


@pytest.mark.parametrize("attack", ["1,", "$", "/a"])
def test_a_hundred_thousand_characters_take_ten_times_as_long(attack: str) -> None:
    times = []
    for size in (10_000, 100_000):
        start = process_time()
        for _ in pieces(attack * (size // len(attack))):
            pass
        times.append(process_time() - start)
    assert times[1] < 25 * times[0]  # a quadratic rule: 100 times


def test_a_sentence_is_read_in_three_milliseconds() -> None:
    lines = ["On Jan. 3, 2024 at 9 a.m. the U.S. paid $3.5bn for 20 F-16 jets, up 12% from 2019.",
             "Dr. Smith lives at 1211 E Arques Ave, Springfield, IL 62704, near I-95.",
             "The quick brown fox jumps over the lazy dog, and nobody minds."]  # fmt: skip
    for line in lines:
        clean(line)
    times = []
    for _ in range(50):
        for line in lines:
            start = process_time()
            clean(line)
            times.append(process_time() - start)
    assert sorted(times)[len(times) // 2] < 0.003
