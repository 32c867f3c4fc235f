"""The negative control: fragments that are utterances of their own."""

from fakes import words
from onset.quality.listening.old_cut import FRAGMENTS, OldCut
from onset.types import MAX_PHONEMES, Reading

TEXT = "asked whether the old train station, near the river, would be open " * 8


def fragments(text: str) -> list[Reading]:
    source, found = OldCut(words(text, "en-us")), []
    while (reading := source.next(MAX_PHONEMES)) is not None:
        assert isinstance(reading, Reading)
        found.append(reading)
    return found


def test_no_fragment_is_longer_than_its_limit_and_nothing_is_lost() -> None:
    found = fragments(TEXT)
    assert "".join(reading.text for reading in found) == TEXT
    sizes = [len(reading.phonemes) for reading in found]
    limits = [*FRAGMENTS, *[FRAGMENTS[-1]] * len(sizes)]
    assert all(size <= most for size, most in zip(sizes, limits, strict=False))
    assert len(sizes) > len(FRAGMENTS)


def test_each_is_an_utterance_of_its_own() -> None:
    assert all(reading.first and reading.last for reading in fragments(TEXT))


def test_it_pauses_at_a_comma_only_and_not_at_the_end() -> None:
    for mark, pause in ((",", 0.1), ("", 0.0)):
        found = fragments(f"one two three four five six seven{mark} eight nine")
        assert [reading.pause for reading in found] == [pause, 0.0]
