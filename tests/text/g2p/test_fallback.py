"""Any text is said, script by script, and each mark is kept."""

import pytest

from onset.text.g2p.fallback import FallbackG2P, join_words, script, script_runs
from onset.text.g2p.vocabulary import audible

FALLBACK = FallbackG2P()


def test_runs_are_of_one_script_and_bounded() -> None:
    assert list(script_runs("abc привет12!")) == [
        ("LATIN", "abc"), (None, " "), ("CYRILLIC", "привет"), ("DIGIT", "12"), (None, "!")
    ]  # fmt: skip
    assert [len(run) for _, run in script_runs("x" * 70)] == [30, 30, 10]


def test_variants_have_the_script_of_what_they_are_variants_of() -> None:
    assert list(map(script, "ºª²½ₙ")) == ["LATIN", "LATIN", "DIGIT", "DIGIT", "LATIN"]
    assert list(map(script, "aя'!")) == ["LATIN", "CYRILLIC", "", None]


@pytest.mark.parametrize("text", ["привет", "你好", "𓀀", "ᚠ", "²", "١٢", "xkcd", "ꙮ"])
def test_everything_has_a_sound(text: str) -> None:
    assert audible(FALLBACK.phonemize(text))


def test_marks_are_kept_and_make_no_sound() -> None:
    assert FALLBACK.phonemize("(a),") == f"({FALLBACK.phonemize('a')}),"
    assert FALLBACK.convert(["?…", "a"]) == [[("?…", "?…")], [("a", FALLBACK.phonemize("a"))]]


def test_marks_join_the_word_they_belong_to() -> None:
    words = [("“", "“"), ("你好", "a"), ("!", "!"), ("”", "”"), ("他", "b")]
    assert join_words(words) == [("“你好!”", "“a!” "), ("他", "b")]
    assert join_words([]) == []
