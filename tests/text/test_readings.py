"""A sentence is read whole, or again with more of it; nothing is lost, nothing is read early."""

import re
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from given_words import without_sounds
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.vocabulary import audible, encode
from onset.text.normalize import clean, pieces
from onset.text.readings import AHEAD, LEAD, NEARLY, PAUSES, SMALLEST, TOGETHER, readings
from onset.text.sentence_splitter import Break
from onset.types import MAX_PHONEMES, Reading, Word

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


def read(text: str, most: int = MAX_PHONEMES) -> list[Reading]:
    return list(readings(text, letters, most))


def texts(text: str, most: int = MAX_PHONEMES) -> list[str]:
    return [reading.text for reading in read(text, most)]


def sounds(words: Sequence[Word]) -> str:
    return "".join(word.phonemes for word in words)


def check(text: str, found: list[Reading], most: int = MAX_PHONEMES) -> None:
    """Nothing is lost, every reading fits, and each goes on where the one before it was left."""
    assert "".join(reading.text for reading in found) == without_sounds(clean(text))
    spoken = ""
    for reading in found:
        limit = min(MAX_PHONEMES, most + most // NEARLY) if reading.last else most
        assert 1 <= len(reading.phonemes) <= limit
        assert audible(sounds(reading.words[reading.begin : reading.end]))
        assert 0 <= reading.begin < reading.end <= len(reading.words)
        spoken = "" if reading.first else spoken
        assert spoken.endswith(sounds(reading.words[: reading.begin]))
        spoken += sounds(reading.words[reading.begin : reading.end])
        assert reading.known >= len(reading.phonemes)
    assert not found or found[-1].last


SENTENCE = "When it had rained, everybody went into the house to dry their clothes by the fire."


def test_a_sentence_is_read_whole() -> None:
    assert texts(f"{SENTENCE} {SENTENCE}") == [f"{SENTENCE} ", SENTENCE]
    assert all(reading.first and reading.last for reading in read(SENTENCE))


def test_short_sentences_are_read_together() -> None:
    assert texts("It is so. It was not so. This third sentence has to wait for them.")[0] == (
        "It is so. It was not so. "
    )
    found = texts("These are the words of one sentence. " * 20)
    assert [text.count(".") for text in found[:3]] == [1, 2, 4]
    assert all(len(text) <= TOGETHER[-1] + 1 for text in found)


def test_a_tiny_sentence_is_read_with_the_next() -> None:
    text = "Yes. I think so, and there is no reason to wait any longer."
    assert texts(text) == [text]


def test_a_long_sentence_is_read_in_windows_first() -> None:
    first, *rest = read(SENTENCE, SMALLEST)
    assert not first.last and first.first
    assert SENTENCE.startswith(first.text)
    assert len(sounds(first.words[first.end :])) >= AHEAD
    assert first.known == len(sounds(read(SENTENCE)[0].words).strip())
    assert not any(reading.first for reading in rest)


def test_a_sentence_that_nearly_fits_is_read_whole() -> None:
    assert [len(read("word " * count, 70)) for count in (14, 16, 17)] == [1, 1, 2]


def test_a_window_ends_at_a_word() -> None:
    for reading in read("word " * 40, 80):
        assert reading.text.split() == ["word"] * len(reading.text.split())


def test_what_was_decoded_is_read_again() -> None:
    first, second, *_ = read(SENTENCE + " " + SENTENCE, SMALLEST)
    assert second.begin > 0
    before = sounds(second.words[: second.begin])
    assert sounds(first.words[: first.end]).endswith(before)


def test_a_sentence_longer_than_the_model_takes_is_read_in_windows() -> None:
    found = read("word " * 300)
    check("word " * 300, found)
    assert len(found) > 2
    assert all(len(sounds(r.words[r.end :])) >= AHEAD for r in found[:-1])


def test_paragraph_ends_an_utterance() -> None:
    found = read("Yes.\n\nNo.")
    assert [reading.text for reading in found] == ["Yes.\n\n", "No."]
    assert [reading.pause for reading in found] == [PAUSES[Break.PARAGRAPH], 0.0]


def test_pauses_follow_what_ends_an_utterance() -> None:
    assert PAUSES[Break.CLAUSE] < PAUSES[Break.SENTENCE] < PAUSES[Break.PARAGRAPH]
    found = read(f"{SENTENCE} {SENTENCE}", SMALLEST)
    assert {r.pause for r in found if not r.last} == {0.0}
    assert [r.pause for r in found if r.last] == [PAUSES[Break.SENTENCE], 0.0]


def test_a_word_longer_than_a_reading_is_cut_inside() -> None:
    check("a" * 800, read("a" * 800))


@pytest.mark.parametrize("text", ["", "   ", "...", "?!\n\n—", "( * )"])
def test_text_with_nothing_to_speak_gives_no_reading(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize("most", [0, SMALLEST - 1, MAX_PHONEMES + 1])
def test_a_limit_the_model_cannot_keep_is_refused(most: int) -> None:
    with pytest.raises(ValueError, match="60 to 510"):
        read("hello", most)


@pytest.mark.parametrize(
    "text",
    [
        "The fox runs into the forest, and it rests there for a while. " * 2000,
        "word " * 20_000,
        "wordwithoutend" * 7000,
        "Yes. " * 20_000,
    ],
)
def test_the_first_reading_needs_a_bounded_part_of_the_text(text: str) -> None:
    asked: list[str] = []

    def counted(piece: str) -> tuple[Word, ...]:
        asked.append(piece)
        return letters(piece)

    next(readings(text, counted, 80))
    assert sum(map(len, asked)) <= 400


ANY = st.text(max_size=200) | st.text("abc de,.;:—()!?\n\"'…", max_size=400)


@settings(max_examples=400, derandomize=True)
@given(ANY, st.integers(SMALLEST, 200))
def test_any_text_is_joined_again(text: str, most: int) -> None:
    check(text, read(text, most), most)


@settings(max_examples=100, derandomize=True)
@given(st.text(max_size=120), st.integers(SMALLEST, MAX_PHONEMES))
def test_any_text_is_joined_again_with_real_phonemes(real: Words, text: str, most: int) -> None:
    found = list(readings(text, real, most))
    check(text, found, most)
    for reading in found:
        encode(reading.phonemes)


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
    found = list(readings(text, real))
    check(text, found)
    assert len(encode("".join(reading.phonemes for reading in found))) > 0
    assert all(len(reading.phonemes) >= LEAD for reading in found[:-1])


def test_question_intonation_reaches_the_model(real: Words) -> None:
    assert next(readings("Is it 5?", real)).phonemes.endswith("?")


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
    whole = {w.text for piece in pieces(text, lang) for w in phonemizer.words(piece.text, lang)}
    for most in (SMALLEST, MAX_PHONEMES):
        found = list(readings(text, lambda piece: phonemizer.words(piece, lang), most, lang))
        assert "".join(reading.text for reading in found) == clean(text, lang)
        for reading in found:
            assert len(reading.phonemes) <= most + most // NEARLY
            assert {word.text for word in reading.words} <= whole
