"""Segments are small first and whole sentences later; nothing is lost, nothing is read early."""

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.vocabulary import audible, encode
from onset.text.normalize import clean, pieces
from onset.text.segmentation import BUDGETS, LEAD, PAUSES, REST, segments
from onset.text.sentence_splitter import Break
from onset.types import MAX_PHONEMES, Segment, Word

Words = Callable[[str], tuple[Word, ...]]


def letters(text: str) -> tuple[Word, ...]:
    """One phoneme a letter, marks kept: a phonemizer of which every length is known."""
    words = re.findall(r"(\S+)(\s*)", text)
    return tuple(Word(word, re.sub(r"[^\w.,;:!?—()]", "x", word).lower(), s) for word, s in words)


@pytest.fixture(scope="module")
def real() -> Iterator[Words]:
    phonemizer = Phonemizer()
    phonemizer.load()
    yield lambda text: phonemizer.words(text, "en-us")


def texts(text: str, budgets: tuple[int, ...] = BUDGETS) -> list[str]:
    return [segment.text for segment in segments(text, letters, budgets)]


def check(text: str, found: list[Segment], budgets: tuple[int, ...] = BUDGETS) -> None:
    assert "".join(segment.text for segment in found) == clean(text)
    for index, segment in enumerate(found):
        assert 1 <= len(segment.phonemes) <= budgets[min(index, len(budgets) - 1)] <= MAX_PHONEMES
        assert audible(segment.phonemes)


def test_first_segment_is_the_first_sentence_when_it_fits() -> None:
    assert texts("This is the first one. This is a second sentence, which is longer.")[0] == (
        "This is the first one. "
    )


def test_first_segment_packs_two_short_sentences() -> None:
    assert texts("It is so. It was not so. This third sentence has to wait for them.")[0] == (
        "It is so. It was not so. "
    )


def test_first_segment_of_a_tiny_sentence_goes_on_to_a_clause() -> None:
    assert texts("Yes. I think so, and there is no reason to wait any longer.")[0] == (
        "Yes. I think so, "
    )


def test_first_segment_is_cut_at_a_clause() -> None:
    assert texts("When it had rained, everybody went into the house to dry.")[0] == (
        "When it had rained, "
    )


def test_first_segment_is_cut_before_a_phrase() -> None:
    assert texts("Everybody went quickly into the warm house to dry their clothes.")[0] == (
        "Everybody went quickly "
    )


def test_first_segment_is_cut_between_words_nearest_to_the_budget() -> None:
    assert texts("word " * 30)[0] == "word " * 6


def test_cut_leaves_no_orphan() -> None:
    found = texts("Three birds sing there, a big cat ran up.", (30,))
    assert len(found[-1]) > REST


def test_later_segments_are_whole_sentences() -> None:
    sentence = "These are the words that one sentence has, all of them. "
    found = texts(sentence * 10)
    assert all(text.strip().endswith(".") for text in found[1:])
    assert any(text.count(".") > 1 for text in found[2:])


def test_paragraph_ends_a_segment() -> None:
    found = list(segments("Yes.\n\nNo.", letters))
    assert [segment.text for segment in found] == ["Yes.\n\n", "No."]
    assert [segment.pause for segment in found] == [PAUSES[Break.PARAGRAPH], 0.0]


def test_pauses_follow_what_ends_a_segment() -> None:
    assert PAUSES[Break.CLAUSE] < PAUSES[Break.SENTENCE] < PAUSES[Break.PARAGRAPH]
    text = "When it had rained, everybody who was there went. " + "word " * 30
    pauses = [segment.pause for segment in segments(text, letters, (40, 60, 90))]
    assert pauses[:2] == [PAUSES[Break.CLAUSE], PAUSES[Break.SENTENCE]]
    assert pauses[2:] == [0.0] * len(pauses[2:])


def test_word_longer_than_the_budget_is_cut_inside() -> None:
    found = list(segments("a" * 800, letters))
    check("a" * 800, found)
    assert [len(segment.phonemes) for segment in found[:2]] == list(BUDGETS[:2])


@pytest.mark.parametrize("text", ["", "   ", "...", "?!\n\n—", "( * )"])
def test_text_with_nothing_to_speak_gives_no_segment(text: str) -> None:
    assert list(segments(text, letters)) == []


@pytest.mark.parametrize("budgets", [(), (0,), (40, 511), (7,)])
def test_bad_budgets_are_refused(budgets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="budgets"):
        segments("hello", letters, budgets)


@pytest.mark.parametrize(
    "text",
    [
        "The fox runs into the forest, and it rests there for a while. " * 2000,
        "word " * 20_000,
        "wordwithoutend" * 7000,
        "Yes. " * 20_000,
    ],
)
def test_first_segment_needs_a_bounded_window(text: str) -> None:
    asked: list[str] = []

    def counted(piece: str) -> tuple[Word, ...]:
        asked.append(piece)
        return letters(piece)

    next(segments(text, counted))
    assert sum(map(len, asked)) <= 300


ANY = st.text(max_size=200) | st.text("abc de,.;:—()!?\n\"'…", max_size=400)
RAMP = st.lists(st.integers(8, 200), min_size=1, max_size=4).map(tuple)


@settings(deadline=None, max_examples=400, derandomize=True)
@given(ANY, RAMP)
def test_any_text_is_joined_again(text: str, budgets: tuple[int, ...]) -> None:
    check(text, list(segments(text, letters, budgets)), budgets)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.text(max_size=120))
def test_any_text_is_joined_again_with_real_phonemes(real: Words, text: str) -> None:
    found = list(segments(text, real))
    check(text, found)
    for segment in found:
        encode(segment.phonemes)


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith paid $3.50 at 10:30 on 2024-05-12 — see https://example.com/a?b=1. Really?",
        "It was a long day; nobody (not even her) had expected it to end so soon. " * 137,
        "no punctuation at all but many words that go on " * 40,
        "x" * 800,
        "I ❤️ it 😀😀 — привет 你好 naïve ١٢٣",
        "[Kokoro](/kˈOkəɹO/) speaks [x](/❓/).",
    ],
)
def test_real_text_is_spoken_whole(real: Words, text: str) -> None:
    found = list(segments(text, real))
    check(text, found)
    assert len(encode("".join(segment.phonemes for segment in found))) > 0
    longer = [len(segment.phonemes) for segment in found[:-1]]
    assert all(length >= LEAD for length in longer)


def test_question_intonation_reaches_the_model(real: Words) -> None:
    assert next(segments("Is it 5?", real)).phonemes.endswith("?")


PROSE = {
    "ja": "灯台の明かりは冬から消えたままだったが、年寄りたちは日曜日になると坂をのぼり、"
    "ガラスを磨き、湾を横切る船の数をかぞえていた。「まだ見えるか」と誰かが聞いた。",
    "zh": "灯塔从冬天起就没有再亮过，可是村里的老人每到星期天还是爬上山坡，擦干净玻璃，"
    "数一数从海湾驶过的船只。“还看得见吗？”有人问道。",
}


@pytest.mark.parametrize("lang", PROSE)
def test_prose_without_spaces_is_cut_between_words(lang: str) -> None:
    phonemizer = Phonemizer()
    text = PROSE[lang] * 12
    found = list(segments(text, lambda piece: phonemizer.words(piece, lang), lang=lang))
    assert "".join(segment.text for segment in found) == clean(text, lang)
    whole = {w.text for piece in pieces(text, lang) for w in phonemizer.words(piece.text, lang)}
    for index, segment in enumerate(found):
        assert len(segment.phonemes) <= BUDGETS[min(index, 2)]
        assert segment.phonemes == segment.phonemes.strip()
        assert {word.text for word in segment.words} <= whole
        assert "".join(word.phonemes for word in segment.words).strip() == segment.phonemes
