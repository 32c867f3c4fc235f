"""An answer reads whole sentences, decodes them from their first frame, and joins what it must."""

from itertools import pairwise

import numpy as np
import pytest

from fakes import fake_engine
from onset.config import Settings
from onset.engine.decoded_parts import DecodedPart
from onset.engine.engine import Engine
from onset.engine.joins import border_frame
from onset.engine.reading_limits import most_phonemes
from onset.model.kokoro import KokoroBackend
from onset.serving.scheduling.scheduler import WARM_UP
from onset.trace import Trace
from onset.types import Chunk, Floats, Halt, Pause, Reading, Request

SENTENCE = "The results of the election will be announced tomorrow at noon."
VOICED = "Scientists working in the north discovered a fungus that eats plastic."
"""Voiced where its opening ends, so that a phase that does not fit would be heard."""

LONG = (
    "Please remember that the quick delivery of fresh green vegetables to all the small towns of "
    "the northern coast depends on a road that nobody has repaired since the winter of the storm."
)


class Alone:
    """The control, the old way: each reading is an utterance of its own."""

    def __init__(self, found: list[Reading]) -> None:
        words = (r.words[r.begin : r.end] for r in found)
        self._found = iter([Reading(w, 0, len(w), 0.0, 1) for w in words])

    def next(self, most: int) -> Reading | Pause | None:
        return next(self._found, None)


def parts(engine: Engine, text: str, alone: bool = False) -> list[DecodedPart]:
    """The parts an answer is decoded in."""
    found = list[DecodedPart]()
    list(engine.turns(Request(text), Trace(), Halt(), observer=found.append))
    if alone:
        control = Alone([part.reading for part in found if _ends(part)])
        found.clear()
        list(engine.turns(Request(text), Trace(), Halt(), observer=found.append, source=control))
    return found


def _ends(part: DecodedPart) -> bool:
    """Whether it is the last part of its reading."""
    if part.reading.last:
        return not part.span.joined[1]
    return part.span.end == border_frame(part.reading, part.front, part.reading.end)


def last_word(part: DecodedPart) -> float:
    """Frames of the last word decoded."""
    end = border_frame(part.reading, part.front, part.reading.end)
    return end - border_frame(part.reading, part.front, part.reading.end - 1)


def test_a_sentence_is_read_once_and_decoded_in_two_parts() -> None:
    opening, rest = parts(fake_engine(), SENTENCE)
    assert opening.opening and not rest.opening
    assert opening.front is rest.front
    assert opening.span.end == rest.span.begin
    assert opening.reading.text == SENTENCE


def test_a_short_text_is_decoded_in_one_part() -> None:
    (only,) = parts(fake_engine(), "It rained.")
    assert not only.opening


def test_only_the_first_sound_is_opened() -> None:
    found = parts(fake_engine(), f"{SENTENCE} {SENTENCE} {SENTENCE}")
    assert [part.opening for part in found] == [True, False, False, False]


def test_an_exact_answer_is_read_and_decoded_whole() -> None:
    engine, found = fake_engine(), list[DecodedPart]()
    list(engine.turns(Request(LONG, exact=True), Trace(), Halt(), observer=found.append))
    assert [(part.opening, part.reading.last) for part in found] == [(False, True)]


def test_a_long_sentence_is_joined_without_a_gap() -> None:
    """The fake voice hums all the time it speaks, so a gap would be heard."""
    engine = fake_engine()
    engine.pace = 1.0
    found = parts(engine, LONG)
    assert len({part.reading for part in found}) > 1
    assert len(found[0].reading.phonemes) <= most_phonemes(1.0, 0, engine.backend.shares)
    samples = engine.render(LONG)
    loud = np.abs(samples[1200:-3600].reshape(-1, 300)[: len(samples) // 300 - 20]).max(1)
    assert loud.min() > 0.1


@pytest.mark.parametrize("pace", [0.12, 0.4, 1.0])
def test_a_window_is_left_where_the_whole_sentence_is_read_alike(
    backend: KokoroBackend, settings: Settings, pace: float
) -> None:
    """All of the text is decoded, once, whatever border was taken, and timed in order."""
    engine = Engine(settings.model_copy(update={"pace": pace}), backend=backend)
    found = parts(engine, LONG)
    spans = [part.reading for part in found]
    texts = dict.fromkeys((id(r.words), r.begin, r.text) for r in spans)
    assert "".join(text for _, _, text in texts) == LONG
    times = [word for chunk in engine.speak(LONG) for word in chunk.words]
    assert "".join(word.text + word.space for word in times) == LONG
    assert all(a.start <= a.end <= b.start + 1 for a, b in pairwise(times))
    planned = [r for r in spans if not r.last]
    assert len({id(r.words) for r in planned}) >= 1, "it was read in a window first"


def joined_engine(backend: KokoroBackend, settings: Settings) -> Engine:
    return Engine(settings.model_copy(update={"pace": 1.0}), backend=backend)


def test_the_last_word_before_a_join_is_as_long_as_in_the_whole_sentence(
    backend: KokoroBackend, settings: Settings
) -> None:
    engine = joined_engine(backend, settings)
    whole_reading = next(engine.readings(Request(LONG)))
    whole = engine.front(whole_reading, Request(LONG), Halt())
    ratios = dict[bool, list[float]]()
    for alone in (False, True):
        spoken = 0
        for part in parts(engine, LONG, alone):
            if not _ends(part):
                continue
            spoken += part.reading.end - part.reading.begin
            if spoken < len(whole_reading.words):
                begins = (border_frame(whole_reading, whole, spoken - n) for n in (0, 1))
                end, begin = begins
                ratios.setdefault(alone, []).append(_own(part, alone) / (end - begin))
    assert ratios[False] and all(0.8 < ratio < 1.25 for ratio in ratios[False])
    assert max(ratios[True]) > 1.3, "the control: a word that ends an utterance is drawn out"


def _own(part: DecodedPart, alone: bool) -> float:
    if not alone:
        return last_word(part)
    begin = border_frame(part.reading, part.front, part.reading.end - 1)
    return 2 * int(part.front.durations[:-1].sum()) - begin


@pytest.mark.parametrize("pace", [0.25, 1.0])
def test_what_warms_a_server_up_is_begun_as_sentences_are(
    backend: KokoroBackend, settings: Settings, pace: float
) -> None:
    engine = Engine(settings.model_copy(update={"pace": pace}), backend=backend)
    assert [part.opening for part in parts(engine, WARM_UP.text)] == [True, False]


def test_streaming_is_as_long_as_the_one_shot_reading(engine: Engine) -> None:
    assert len(engine.render(SENTENCE)) == len(engine.render(SENTENCE, exact=True))


@pytest.mark.parametrize("pace", [0.25, 1.0])
def test_nothing_is_heard_at_the_join_of_two_decodes(
    backend: KokoroBackend, settings: Settings, pace: float
) -> None:
    """Where the opening goes over into the whole trunk both are in phase, and nothing is lost."""
    engine = Engine(settings.model_copy(update={"pace": pace}), backend=backend)
    found = list[tuple[DecodedPart, int]]()
    position = 0

    def observe(part: DecodedPart) -> None:
        found.append((part, position))

    pieces = list[Floats]()
    for turn in engine.turns(Request(VOICED), Trace(), Halt(), observer=observe):
        if isinstance(turn, Chunk):
            pieces.append(turn.samples)
            position += len(turn.samples)
    samples, exact = np.concatenate(pieces), engine.render(VOICED, exact=True)
    (join,) = [at for part, at in found if part.span.joined[0]]

    def off(samples: Floats) -> float:
        """How far the crossfade is from the exact decode, in its own level."""
        place = slice(join, join + 600)
        error = samples[place] - exact[place]
        return float(np.sqrt(np.mean(error**2) / np.mean(exact[place] ** 2)))

    assert off(samples) < 0.4
    assert off(np.roll(samples, 12)) > 0.6, "the control: half a millisecond late"
