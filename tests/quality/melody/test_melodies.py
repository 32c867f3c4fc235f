"""What is read in one piece is the one-shot reading; what is read in fragments is not."""

import pytest

from drooping import DRAWN_OUT, drooping_engine
from onset.errors import InvalidRequest
from onset.quality.melody.melodies import (
    FRAGMENTS,
    KINDS,
    KindMelody,
    MelodyDistance,
    melody_distance,
    read_melodies,
)
from onset.types import Request

SHORT = "It was late in the evening when all of us came home again."
LONG = (
    "The committee will announce the final results of the election tomorrow and everybody who "
    "has been waiting since the early morning will be allowed to go home and have something to eat."
)


def measured(text: str) -> MelodyDistance:
    return melody_distance(read_melodies(drooping_engine(), Request(text)))


def test_a_sentence_that_is_read_whole_is_the_one_shot_reading() -> None:
    distance = measured(SHORT)
    assert distance.utterances == 1 and distance.words == 13
    for kind in KINDS[:-1]:
        assert distance.kinds[kind] == KindMelody(0.0, 1.0, 0, [], [])


def test_fragments_are_drawn_out_and_fall() -> None:
    control = measured(SHORT).kinds[FRAGMENTS]
    (join,) = control.joins
    assert 1.4 < join.before <= DRAWN_OUT
    assert join.before_final is not None and join.before_final < -8
    assert join.behind_pitch is not None and join.behind_pitch > 2
    assert join.step is not None and join.step > 10
    assert control.pitch is not None and control.pitch > 1 and control.duration > 1.02


def test_a_window_is_nearer_than_fragments() -> None:
    distance = measured(LONG)
    window, control = distance.kinds["1"], distance.kinds[FRAGMENTS]
    assert len(window.joins) >= 1 and len(control.joins) == 2
    assert all(join.before == 1.0 and join.before_final == 0.0 for join in window.joins)
    assert window.pitch is not None and control.pitch is not None
    assert window.pitch < 0.2 * control.pitch
    assert abs(window.duration - 1) < abs(control.duration - 1)


def test_borders_are_those_of_utterances_with_a_join() -> None:
    distance = measured(f"{LONG} {SHORT}")
    assert distance.utterances == 2
    for kind in distance.kinds.values():
        assert sum(border.join for border in kind.borders) == len(kind.joins)
    for name in ("1", FRAGMENTS):
        assert len(distance.kinds[name].borders) == len(LONG.split()) - 1


def test_the_engine_keeps_its_pace() -> None:
    engine = drooping_engine()
    engine.pace = 0.7
    read_melodies(engine, Request(LONG))
    assert engine.pace == 0.7


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        read_melodies(drooping_engine(), Request("..."))
