"""Cleaning loses nothing, never hangs, and leaves no markup."""

import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.text.normalize import PIECE, clean, pieces
from onset.text.sentence_splitter import BLOCK, Break

SPOKEN = [
    ("wait... what", "wait… what"),
    ("Really?!", "Really?!"),
    ("Ça va ?", "Ça va?"),
    ("yes -- no – so", "yes — no — so"),
    ("[a] {b}", "(a) (b)"),
    # Markdown
    ("**bold** _it_ `code` ~~x~~ [link](http://x.y)", "bold it code x link"),
    ("<b>Bold</b> &amp; <br/> x < y", "Bold and x is less than y"),
    ("snake_case 3*4", "snake_case three times four"),
    ("# Title\n\nText", "Title.\n\nText"),
    ("- one\n- two", "one.\ntwo"),
    ("1. first\n2. second", "one: first.\ntwo: second"),
    ("| a | b |\n|---|---|", "a, b,"),
    ("[Kokoro](/kˈOkəɹO/) said", "[Kokoro](/kˈOkəɹO/) said"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken


def test_question_mark_survives_at_the_very_end() -> None:
    assert clean("Is it 5?") == "Is it five?"


@pytest.mark.parametrize(
    "raw", ["", " \n\t ", "...", "?!", "* * *", "---\n\n***", "\u200b", "( [ {"]
)
def test_text_with_nothing_to_say_gives_no_piece(raw: str) -> None:
    assert list(pieces(raw)) == []


def test_long_sentence_is_cut_where_there_is_a_space() -> None:
    found = list(pieces("word " * 2000))
    assert all(len(piece.text) <= PIECE for piece in found)
    assert all(piece.text.split() == ["word"] * (len(piece.text) // 5 + (piece.end == Break.END))
               for piece in found)  # fmt: skip


WORDS = st.text("bcdfgjklqvxz", min_size=3, max_size=8)
HOSTILE = st.text("()[]{}<>*_~`\"'“”—–-.,;:!?…#|/\\&%@ \n\t\u200b\u00ad\ufeff", max_size=4)


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.tuples(WORDS, HOSTILE), max_size=60))
def test_every_word_survives_once_and_in_order(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{word}{mark} " for word, mark in parts)
    expected = [word for word, _ in parts]
    assert [w for w in re.findall(r"[^\W_]+", clean(text)) if w in set(expected)] == expected


@settings(max_examples=300, derandomize=True)
@given(st.text(max_size=300))
def test_any_text_gives_tidy_pieces(text: str) -> None:
    found = list(pieces(text))
    joined = "".join(piece.text for piece in found)
    assert joined == clean(text)
    assert joined == joined.strip() and "  " not in joined
    assert all(any(map(str.isalnum, piece.text)) for piece in found)
    assert [piece.end is Break.END for piece in found] == [False] * (len(found) - 1) + [True] * (
        len(found) > 0
    )
    joined.encode()  # no lone surrogate


ATTACKS = ["1", "a.", "http://", "(", "1/", " ", "@a", "$", "12:", "-", "\n", "😀", "**a", "[a](",
           ". ", "> ", "`", "a\u0301", "1-", "|", "a" * BLOCK + " ", "'", "--", "_a"]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_takes_linear_time(attack: str) -> None:
    start = process_time()
    for _ in pieces(attack * (20_000 // len(attack))):
        pass
    assert process_time() - start < 5  # quadratic rules took minutes; linear ones 0.5 s


def test_first_piece_of_a_long_text_is_soon_there() -> None:
    text = "The fox runs into the forest, and it rests. " * 25_000
    next(pieces("warm up"))
    start = process_time()
    assert next(pieces(text)).text == "The fox runs into the forest, and it rests. "
    assert process_time() - start < 0.5


FOREIGN = st.sampled_from(("es", "fr", "hi", "it", "ja", "pt-br", "zh"))
MIXED = st.text("añçé नम।你好。、はい！？「」『』(),.:/-%€$¥~〜 12 3\n", max_size=80)


@settings(max_examples=300, derandomize=True)
@given(st.text(max_size=200) | MIXED, FOREIGN)
def test_any_text_gives_tidy_pieces_in_any_language(text: str, lang: str) -> None:
    found = list(pieces(text, lang))
    joined = "".join(piece.text for piece in found)
    assert joined == clean(text, lang) == joined.strip() and "  " not in joined
    assert all(any(map(str.isalnum, piece.text)) for piece in found)
