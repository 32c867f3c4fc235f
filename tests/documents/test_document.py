"""Paragraphs in pieces: none too long, and no word lost or changed."""

from hypothesis import given
from hypothesis import strategies as st

from onset.documents.document import LONGEST_PIECE, Chapter, pieces


def test_a_short_paragraph_is_one_piece() -> None:
    assert list(pieces("  One. Two. ")) == ["One. Two."]
    assert list(pieces(" \n ")) == []


def test_a_long_one_is_cut_behind_a_sentence() -> None:
    first = "A sentence of some words. " * 70
    cut = list(pieces(first + "And one more that is long enough to go beyond. " * 10))
    assert len(cut) == 2
    assert cut[0].endswith(".")


@given(st.lists(st.text("ab. 。\n", min_size=1, max_size=3000), max_size=4).map(" ".join))
def test_no_word_is_lost(paragraph: str) -> None:
    cut = list(pieces(paragraph))
    assert all(0 < len(piece) <= LONGEST_PIECE for piece in cut)
    assert "".join("".join(cut).split()) == "".join(paragraph.split())


def test_a_chapter_is_read_as_often_as_it_is_asked_for() -> None:
    chapter = Chapter(None, lambda: iter(["One.", "", "x" * (LONGEST_PIECE + 1)]))
    assert [len(p) for p in chapter.paragraphs()] == [4, LONGEST_PIECE, 1]
    assert list(chapter.paragraphs()) == list(chapter.paragraphs())
