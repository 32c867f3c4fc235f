"""Listeners who stay while others come, on a server with room for two that computes nothing."""

from collections.abc import Iterator

import pytest

from fakes import fake_engine, serving
from onset.bench.analysis.metrics import refusal, underruns
from onset.bench.records.plan import Arm
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import Run, read
from onset.bench.records.scenarios import scenarios
from onset.bench.run import held_load, session
from onset.bench.run.runner import record_run
from onset.config import load_settings

SMALL = {"requests": 2, "seconds": 6.0, "every": 0.8}
"""The fake engine speaks about four times as fast as a listener hears."""


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run of the scenario with one listener, where two fit."""
    folder = tmp_path_factory.mktemp("bench") / "run"
    scenario = scenarios()["held"].model_copy(update={**SMALL, "listeners": 1})
    engine = fake_engine(0.03)
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(lambda: engine, load_settings({}, port=0, max_streams=2)) as server,
    ):
        patch.setattr(session, "WARM_UP", ("Hello there.",))
        patch.setattr(held_load, "BOOK", 5_000)
        patch.setattr(held_load, "VISITED", 0.2)
        record_run(folder, "held", [Arm("onset", server.url)], [scenario], tell=lambda text: None)
    yield read(folder)


def answers(run: Run, case: str) -> list[Recording]:
    """What came of the requests of a case."""
    return [t.recording for t in run.trials if (t.ask.scenario, t.ask.case) == ("held", case)]


def test_first_sounds_are_measured_alone_first(held: Run) -> None:
    alone, listeners = answers(held, "alone"), answers(held, "held")
    assert [one.outcome for one in alone] == [RequestOutcome.STOPPED] * 2
    assert max(one.ended_ns or 0 for one in alone) < min(one.sent_ns for one in listeners)


def test_a_listener_leaves_after_so_many_seconds_of_audio(held: Run) -> None:
    (listener,) = answers(held, "held")
    assert sum(samples for _, samples in listener.arrivals) >= 6 * listener.sample_rate
    assert "cancelled" in listener.marks and underruns(listener) is not None


def test_others_come_meanwhile(held: Run) -> None:
    (listener,) = answers(held, "held")
    (visitor,) = answers(held, "new")
    assert listener.sent_ns < visitor.sent_ns < (listener.ended_ns or 0)


def test_one_too_many_comes_when_as_many_are_there_as_fit(held: Run) -> None:
    filling, (beyond,) = answers(held, "filling"), answers(held, "beyond")
    assert {one.status for one in filling} >= {200}
    assert max(one.sent_ns for one in filling) < beyond.sent_ns
    assert beyond.status == 429
    seconds = refusal(beyond)
    assert seconds is not None and seconds < 5


def test_no_two_texts_are_alike(held: Run) -> None:
    texts = [ask.text for ask in held.planned if ask.scenario == "held"]
    assert len(set(texts)) == len(texts)
