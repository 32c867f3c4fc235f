"""The plan of a run: all sides on the same texts, in turning order."""

from onset.bench.run import PEER_LONG_TRIALS, Phase, measure, planned, turned, warm_up
from onset.bench.sides import CLAUSE, KOKORO, ONSET, PIPER, Side
from onset.bench.texts import WARM_UP, TextClass, Workload, first_clause
from scripted_server import Finish, Head, Sound, scripted, tone

SPEAKS = (Head(), Sound(tone(0.1)), Finish())
NAMES = (ONSET, KOKORO, PIPER)


def sides(url: str, *names: str) -> list[Side]:
    """Sides that all ask the same server."""
    return [Side(name, url) for name in names]


def test_sides_take_turns() -> None:
    abc = sides("", *NAMES)
    orders = [[side.name for side in turned(abc, number)] for number in range(4)]
    assert orders[0] == list(NAMES)
    assert orders[1] == [KOKORO, PIPER, ONSET]
    assert orders[3] == orders[0]
    assert {order[0] for order in orders} == set(NAMES)


def test_every_side_speaks_every_text_once() -> None:
    texts = {TextClass.TWO_WORDS: ("One two.", "Three four."), TextClass.FORTY: ("Five six.",)}
    with scripted(SPEAKS) as server:
        trials = list(measure(sides(server.url, ONSET, PIPER), Workload(1, texts)))
    asked = [(trial.text, trial.side) for trial in trials]
    assert asked == [
        ("One two.", ONSET),
        ("One two.", PIPER),
        ("Five six.", ONSET),
        ("Five six.", PIPER),
        ("Three four.", PIPER),
        ("Three four.", ONSET),
    ]


def test_warm_up_is_marked() -> None:
    with scripted(SPEAKS) as server:
        trials = list(warm_up(sides(server.url, ONSET)))
    assert [trial.text for trial in trials] == list(WARM_UP)
    assert {trial.phase for trial in trials} == {Phase.WARM_UP}


def test_clause_side_is_given_the_first_clause_only() -> None:
    with scripted(SPEAKS) as server:
        side = Side(CLAUSE, server.url, said=first_clause)
        texts = {TextClass.SENTENCE: ("At noon, it rained.",), TextClass.FORTY: ("It rained.",)}
        trials = list(measure([side], Workload(1, texts)))
    assert [trial.text for trial in trials] == ["At noon, it rained."]
    assert b'"input":"At noon,"' in server.heard[0].body


def test_peers_take_only_a_few_long_texts() -> None:
    long = tuple(f"Text {number}." for number in range(9))
    workload = Workload(1, {TextClass.LONG: long})
    assert planned(sides("", ONSET, PIPER), workload) == 9 + PEER_LONG_TRIALS
