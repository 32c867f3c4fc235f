"""Subtitles that can be read: every word once, in lines that fit, one cue after the other."""

from collections.abc import Iterator
from itertools import pairwise

import srt
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.audio.subtitles import LINE_COLUMNS, subrip, subtitles, web_vtt
from onset.types import SAMPLE_RATE, SpokenWord


def evenly(text: str, seconds: float = 0.4) -> list[SpokenWord]:
    """The words of a text, each as long as the others, without pauses."""
    length = round(seconds * SAMPLE_RATE)
    return [SpokenWord(w, " ", i * length, (i + 1) * length) for i, w in enumerate(text.split())]


def shown(words: list[SpokenWord]) -> list[srt.Subtitle]:
    return list(srt.parse(subtitles(words)))


def test_each_sentence_is_a_cue() -> None:
    cues = shown(evenly("It was late. “Really?” she asked. Yes."))
    assert [cue.content for cue in cues] == ["It was late.", "“Really?”", "she asked.", "Yes."]
    assert [cue.index for cue in cues] == [1, 2, 3, 4]
    assert cues[0].start.total_seconds() == 0
    assert cues[1].start.total_seconds() == 1.2


def test_a_long_sentence_has_two_lines_cut_behind_a_clause() -> None:
    (cue,) = shown(evenly("When it had rained for three days, everybody went in.", 0.2))
    assert cue.content == "When it had rained for three days,\neverybody went in."


def test_a_longer_one_has_several_cues() -> None:
    cues = shown(evenly("word " * 60, 0.2))
    assert len(cues) > 3
    assert all(len(line) <= LINE_COLUMNS for cue in cues for line in cue.content.split("\n"))


def test_a_pause_ends_a_cue() -> None:
    words = evenly("one two three")
    later = SpokenWord("four", "", 10 * SAMPLE_RATE, 11 * SAMPLE_RATE)
    assert [cue.content for cue in shown([*words, later])] == ["one two three", "four"]


def test_a_short_cue_stays_until_it_is_read_or_the_next_comes() -> None:
    alone, (first, _) = shown(evenly("Yes.", 0.2)), shown(evenly("Yes. No.", 0.2))
    assert alone[0].end.total_seconds() == 1
    assert first.end.total_seconds() == 0.2


def test_scripts_without_spaces_are_joined_as_they_were_written() -> None:
    words = [
        SpokenWord(c, "", i * 4800, (i + 1) * 4800) for i, c in enumerate("今日はいい天気です。")
    ]
    assert [cue.content for cue in shown(words)] == ["今日はいい天気です。"]


def test_no_words_no_file() -> None:
    assert subtitles([]) == ""


@settings(max_examples=60, derandomize=True)
@given(st.lists(st.text("abc.,!", min_size=1, max_size=50), max_size=60))
def test_every_word_is_shown_once_and_no_cue_covers_another(written: list[str]) -> None:
    words = evenly(" ".join(written))
    cues = shown(words)
    # Without spaces: a word longer than a line is cut in two.
    assert "".join("".join(cue.content for cue in cues).split()) == "".join(written)
    for before, after in pairwise(cues):
        assert before.end <= after.start
    assert all(cue.start < cue.end for cue in cues)
    assert all(cue.content.count("\n") <= 1 for cue in cues)


def test_web_vtt_has_the_same_cues() -> None:
    words = [SpokenWord("A<b", " ", 0, 12_000), SpokenWord("&c.", "", 12_000, 24_000)]
    assert "".join(web_vtt(words)) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nA&lt;b &amp;c.\n\n"
    )
    assert "".join(web_vtt([])) == "WEBVTT\n\n"


def test_subtitles_are_written_before_all_words_are_known() -> None:
    def words() -> Iterator[SpokenWord]:
        for number in range(1000):
            taken.append(number)
            yield SpokenWord("word.", " ", number * 24_000, number * 24_000 + 12_000)

    taken: list[int] = []
    next(subrip(words()))
    assert len(taken) < 5
