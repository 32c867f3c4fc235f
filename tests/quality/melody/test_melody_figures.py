"""Every row about the melody sees the control, with a fake and with the real model."""

import pytest

from drooping import drooping_engine
from onset.calibration.collect import corpus
from onset.config import Settings
from onset.engine.engine import Engine
from onset.model.kokoro import KokoroBackend
from onset.quality.gate_items import GateItem
from onset.quality.melody.first_part import (
    FirstPartDistance,
    first_part_distance,
    speak_first_parts,
)
from onset.quality.melody.melodies import FRAGMENTS, KINDS, melody_distance, read_melodies
from onset.quality.melody.melody_figures import MELODY_FIGURES, MelodyFigure
from onset.quality.renditions.memoizing_backend import MemoizingBackend
from onset.quality.results import ItemResult
from onset.types import Request

READ = [figure for figure in MELODY_FIGURES if figure.part == "melody"]
(FIRST,) = (figure for figure in MELODY_FIGURES if figure.part == "first")
JOINS = [figure for figure in READ if figure.counted == "joins"]

WORDS = "river garden window supper morning letter thunder village answer brother".split()
TEXTS = [
    f"The {one} of the {two} was {three} and nobody {four} in it had seen the {five} of all that "
    f"{six} before they {seven} left."
    for k in range(50)
    for one, two, three, four, five, six, seven in [[WORDS[(k * n + n) % 10] for n in range(7)]]
]
LINES = [line for line in corpus("heldout") if 60 <= len(line) < 120]


@pytest.fixture(scope="module")
def results() -> list[ItemResult]:
    engine = drooping_engine()
    items = [GateItem("voice", Request(text)) for text in TEXTS]
    return [
        ItemResult(item, melody=melody_distance(read_melodies(engine, item.request)))
        for item in items
    ]


@pytest.mark.parametrize("figure", READ, ids=lambda figure: figure.name)
def test_fragments_fail_where_windows_pass(figure: MelodyFigure, results: list[ItemResult]) -> None:
    if figure.name == "utterances with an added pause":
        pytest.skip("the fake has no pauses")
    assert figure.sees_the_control(results) is True
    if figure.name != "joins told from other word borders, beyond one-shot's":
        value, detail = figure.worst(results)
        assert value is not None and value <= figure.limit, detail


def test_the_worst_pace_counts() -> None:
    distances = [
        FirstPartDistance({"0.12": 0.5, "0.25": 1.0, "0.4": 3.0, "1": 2.0, FRAGMENTS: 9.0}, {})
    ]
    item = GateItem("voice", Request("Hm."))
    results = [ItemResult(item, first=each) for each in distances]
    value, detail = FIRST.worst(results)
    assert value == 3.0 and detail == "pace 0.4; requests at paces 0.12, 0.25, 0.4, 1: 1, 1, 1, 1"
    fitted = [ItemResult(GateItem("voice", Request("Hm."), False), first=distances[0])]
    assert FIRST.worst(fitted)[0] is None


@pytest.mark.parametrize("figure", JOINS, ids=lambda figure: figure.name)
def test_without_joins_nothing_is_measured(figure: MelodyFigure) -> None:
    engine, request = drooping_engine(), Request("It was late.")
    whole = ItemResult(
        GateItem("voice", request), melody=melody_distance(read_melodies(engine, request))
    )
    assert figure.worst([whole]) == (None, "joins at paces 0.12, 0.25, 0.4, 1: 0, 0, 0, 0")
    assert figure.sees_the_control([whole]) is None


def test_every_row_sees_the_control_in_the_real_model(
    backend: KokoroBackend, settings: Settings
) -> None:
    """Held-out lines, read by turns by three voices; one of them is decoded too."""
    engine = Engine(settings, backend=MemoizingBackend(backend))
    read, voices = [], ("af_heart", "am_michael", "bf_emma")
    for k, line in enumerate(LINES[:36]):
        request = Request(line, voices[k % 3])
        distance = melody_distance(read_melodies(engine, request, [FRAGMENTS]))
        read.append(ItemResult(GateItem("voice", request), melody=distance))
    parts = speak_first_parts(engine, Request(LINES[0]), [FRAGMENTS])
    item = GateItem("voice", Request(LINES[0]))
    heard = ItemResult(item, first=first_part_distance(parts))
    found = {figure.name: figure.of([*read, heard], FRAGMENTS) for figure in MELODY_FIGURES}
    blind = [f.name for f in MELODY_FIGURES if not f.sees_the_control([*read, heard])]
    assert not blind, found


def test_every_kind_is_there(results: list[ItemResult]) -> None:
    assert all(r.melody is not None and set(r.melody.kinds) == set(KINDS) for r in results)
