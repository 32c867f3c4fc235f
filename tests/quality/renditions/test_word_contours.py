"""Words lie where they are heard, and have the pitch that is played."""

from dataclasses import replace

import numpy as np
import pytest

from fakes import fake_engine
from onset.model.backend import DECODER_FRAME_SAMPLES, FrontOutput
from onset.model.fake_backend import FakeBackend
from onset.quality.renditions.memoizing_backend import DecodeMode, MemoizingBackend
from onset.quality.renditions.renditions import Rendition, spoken
from onset.quality.renditions.word_contours import word_contours, word_places
from onset.types import Floats, Halt, Request

TEXT = "“Well, the first of all sentences is this” — she said. Another one follows, as ever."


class RisingBackend(FakeBackend):
    """Its pitch rises by a semitone every eight frames, from 100 Hz at the reading's beginning."""

    hole: slice | None = None
    """Frames without energy."""

    def front(
        self, tokens: tuple[int, ...], style: Floats, speed: float, halt: Halt
    ) -> FrontOutput:
        front = super().front(tokens, style, speed, halt)
        f0 = 100 * np.exp2(np.arange(len(front.f0), dtype=np.float32) / 96)
        energy = front.energy.copy()
        if self.hole is not None:
            energy[self.hole] = -9.0
        return replace(front, f0=f0 * (front.f0 > 0), energy=energy)


def read(text: str, pace: float = 0.25, backend: FakeBackend | None = None) -> Rendition:
    engine = fake_engine(backend=MemoizingBackend(backend or FakeBackend()))
    engine.pace = pace
    return spoken(engine, Request(text), DecodeMode.SILENT)


@pytest.mark.parametrize("pace", [0.25, 1.0])
@pytest.mark.parametrize("text", [TEXT, TEXT[:-6] + " and it goes on and on" * 9 + "."])
def test_words_are_where_the_timestamps_say(text: str, pace: float) -> None:
    rendition = read(text, pace)
    told = [word for chunk in rendition.chunks for word in chunk.words]
    places = word_places(rendition.parts)
    assert len(places) == len(told)
    begins = {spoken.position for spoken in rendition.parts}
    for place, word in zip(places, told, strict=True):
        assert text[place.letters :].lstrip("“— ")[:2] == word.text.lstrip("“— ")[:2]
        assert place.end * DECODER_FRAME_SAMPLES == pytest.approx(word.end, abs=300)
        if word.start not in begins:  # the first of a reading has all that is before it
            assert place.begin * DECODER_FRAME_SAMPLES == pytest.approx(word.start, abs=300)


def test_readings_and_utterances_are_told_apart() -> None:
    long = "It goes on" + " and it goes on and on" * 9 + ". Then it ends there, and that is all."
    places = word_places(read(long, 1.0).parts)
    readings, utterances = {p.reading for p in places}, {p.utterance for p in places}
    assert len(readings) > len(utterances) == 2


def test_pitch_is_that_of_the_frames_in_which_a_word_is_heard() -> None:
    rendition = read("One two three.", backend=RisingBackend())
    words = [place.letters for place in word_places(rendition.parts)]
    for word in word_contours(rendition.parts, words)[1:]:  # the first begins in silence
        frames = word.place.end - word.place.begin
        assert word.pitch is not None and word.first is not None and word.final is not None
        assert word.final - word.first == pytest.approx((frames - 4) / 8, abs=1e-3)
        assert word.pitch == pytest.approx((word.first + word.final) / 2, abs=1e-3)


def test_a_pause_is_the_longest_silence_between_the_middles_of_two_words() -> None:
    backend = RisingBackend()
    plain = read("One two three.", backend=backend)
    words = [place.letters for place in word_places(plain.parts)]
    one, two, _ = (word.place for word in word_contours(plain.parts, words))
    first = plain.parts[0].part.span.begin
    backend.hole = slice(one.end + first - 3, two.begin + first + 2)
    found = word_contours(read("One two three.", backend=backend).parts, words)
    assert [word.pause for word in found] == [(two.begin - one.end + 5) / 80, 0.0, 0.0]


def test_silence_between_utterances_is_part_of_a_pause() -> None:
    rendition = read(TEXT)
    words = [place.letters for place in word_places(rendition.parts)]
    found = word_contours(rendition.parts, words)
    (border,) = (
        index
        for index in range(len(found) - 1)
        if found[index].place.utterance < found[index + 1].place.utterance
    )
    assert 0.2 < found[border].pause < 0.35
    assert not any(word.pause for word in found[:border])


def test_pieces_of_a_word_are_one_word() -> None:
    rendition = read("One two three.")
    first, _, third = word_places(rendition.parts)
    found = word_contours(rendition.parts, [first.letters, third.letters])
    assert len(found) == 2
    assert found[0].place.phonemes == 6 and found[0].place.end > first.end
