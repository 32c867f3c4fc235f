"""When marks are reached, though other words are spoken than were written."""

from onset.screen_reader.mark_times import MarkTimes
from onset.screen_reader.marked_text import TextMark
from onset.types import SpokenWord


def spoken(text: str, begin: int = 0) -> list[SpokenWord]:
    """The words of a text, ten samples each."""
    return [
        SpokenWord(word, " ", begin + 10 * n, begin + 10 * n + 10)
        for n, word in enumerate(text.split())
    ]


def times(text: str, said: str, *words: int) -> list[tuple[int, str]]:
    marks = MarkTimes(text, [TextMark(str(word), word) for word in words])
    marks.feed(spoken(said))
    return marks.until(10_000)


def test_equal_words() -> None:
    assert times("one two three", "One two, three.", 0, 1, 2) == [(0, "0"), (10, "1"), (20, "2")]


def test_words_that_are_spoken_otherwise() -> None:
    said = "in nineteen eighty four she left"
    assert times("in 1984 she left", said, 1, 2, 3) == [(10, "1"), (40, "2"), (50, "3")]


def test_several_words_between_equal_ones_are_divided() -> None:
    assert times("a 1 2 b", "a one two b", 1, 2, 3) == [(10, "1"), (20, "2"), (30, "3")]


def test_marks_are_told_once_and_before_their_sample() -> None:
    marks = MarkTimes("one two", [TextMark("a", 0), TextMark("b", 1), TextMark("c", 2)])
    marks.feed(spoken("one two"))
    assert marks.until(10) == [(0, "a")] and marks.until(10) == []
    assert marks.until(11) == [(10, "b")]
    assert marks.rest() == ["c"] and marks.rest() == []


def test_words_that_come_later() -> None:
    marks = MarkTimes("one two three 4", [TextMark("c", 2), TextMark("d", 3)])
    marks.feed(spoken("one two"))
    assert marks.until(20) == []
    marks.feed(spoken("three four", 20))
    assert marks.until(100) == [(20, "c"), (30, "d")]


def test_all_marks_are_told_of_a_text_that_is_spoken_quite_otherwise() -> None:
    marks = MarkTimes("x y z", [TextMark(name, n) for n, name in enumerate("xyz")])
    marks.feed(spoken("one two"))
    told = [name for _, name in marks.until(100)] + marks.rest()
    assert told == ["x", "y", "z"]
