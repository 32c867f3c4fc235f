"""What a load test concludes from what was heard."""

import asyncio
from dataclasses import replace

from fakes import fake_engine, serving
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.traffic.held_load import HeldLoad, _overfill
from onset.bench.traffic.http_exchange import Endpoint
from onset.config import load_settings
from scripted_server import recorded

SMOOTH = recorded(*((0.2 + 0.1 * n, 0.2) for n in range(50)))
REFUSED = Recording(0, 0, ended_ns=8_000_000, status=429, outcome=RequestOutcome.FAILED)


def first_sound(seconds: float) -> Recording:
    return recorded((seconds, 0.2), outcome=RequestOutcome.STOPPED)


def held(**changed: tuple[Recording, ...]) -> HeldLoad:
    well = HeldLoad(1, (SMOOTH,), (first_sound(0.2),), (first_sound(0.3),), (REFUSED,))
    return replace(well, **changed)  # type: ignore[arg-type]


def test_all_kept() -> None:
    assert held().kept
    figures = held().summary()
    assert (figures["underruns"], figures["errors"], figures["beyond_refused"]) == (0, 0, 1)
    assert figures["refusal_ms_max"] == 8.0
    assert round(float(str(figures["ttfa_ratio"])), 3) == 1.5


def test_every_promise_is_told_with_its_figure_and_limit() -> None:
    told = [what for _, what in held().verdicts]
    assert len(told) == 5
    assert all("(0)" in what or "(<= " in what for what in told)
    assert any("1.50 times" in what and "300.0 ms" in what for what in told)


def test_an_underrun_breaks_it() -> None:
    stuttering = recorded((0.2, 0.3), (2.0, 0.3), outcome=RequestOutcome.STOPPED)
    assert held(listeners=(stuttering,)).summary()["underruns"] == 1
    assert not held(listeners=(stuttering,)).kept


def test_a_late_first_sound_breaks_it() -> None:
    assert not held(new=(first_sound(0.7),)).kept


def test_a_failure_breaks_it() -> None:
    broken = recorded((0.2, 0.3), outcome=RequestOutcome.FAILED)
    assert held(new=(broken,)).summary()["errors"] == 1
    assert not held(new=(broken,)).kept


def test_one_too_many_who_is_let_in_breaks_it() -> None:
    assert not held(beyond=(first_sound(0.2),)).kept


def test_a_slow_refusal_breaks_it() -> None:
    assert not held(beyond=(replace(REFUSED, ended_ns=60_000_000),)).kept


def test_what_was_not_measured_is_not_kept() -> None:
    assert held(beyond=()).summary()["refusal_ms_max"] is None
    assert not held(beyond=()).kept
    assert held(new=()).summary()["ttfa_ratio"] is None
    assert not held(new=()).kept


def test_who_overfills_comes_as_often_as_fit_and_once_more() -> None:
    """A server with room for two: of three who come at once one is refused."""
    engine = fake_engine(0.01)
    with serving(lambda: engine, load_settings({}, port=0, max_streams=2)) as server:

        async def overfilled() -> list[Recording]:
            return await _overfill(await Endpoint.of(server.url), "af_heart", 1)

        capacity = server.scheduler._workers[0].capacity
        capacity.add_work(0.4, 1.0)
        assert capacity.listeners == 2
        (refused,) = asyncio.run(overfilled())
    assert refused.status == 429
