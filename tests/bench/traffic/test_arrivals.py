"""Requests leave when they are due, whatever has been answered; nothing is dropped."""

import asyncio
from time import perf_counter_ns

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.bench.records.plan import Case, LoadShape, Phase, PlannedRequest
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import Trial
from onset.bench.traffic.arrivals import bursts, poisson, send


def ask(number: int, due_s: float | None = None) -> PlannedRequest:
    """A request to nobody."""
    return PlannedRequest(number, "s", "c", "a", Phase.MEASURED, number, "", "", due_s=due_s)


class Server:
    """Answers after so many seconds; notes how many it answered at once."""

    def __init__(self, seconds: float = 0.01) -> None:
        self.seconds = seconds
        self.now = self.most = 0

    async def listen(self, ask: PlannedRequest, due_ns: int | None) -> Recording:
        sent_ns = perf_counter_ns()
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return Recording(due_ns or sent_ns, sent_ns, outcome=RequestOutcome.COMPLETE)


async def no_rest(trial: Trial) -> None:
    """A server that is always at rest."""


def sent(case: Case, asks: list[PlannedRequest], server: Server, most: int = 1000) -> list[Trial]:
    """All trials of a case, in the order of their numbers."""
    done: list[Trial] = []
    asyncio.run(send(case, asks, server.listen, no_rest, done.append, most))
    return sorted(done, key=lambda trial: trial.ask.id)


def test_serial_is_one_at_a_time() -> None:
    server = Server()
    trials = sent(Case("c"), [ask(i) for i in range(4)], server)
    assert (len(trials), server.most) == (4, 1)


def test_closed_is_as_many_as_it_says() -> None:
    server = Server()
    trials = sent(Case("c", LoadShape.CLOSED, 3), [ask(i) for i in range(9)], server)
    assert (len(trials), server.most) == (9, 3)


def test_open_does_not_wait_for_answers() -> None:
    server = Server(0.3)
    asks = [ask(i, 0.01 * i) for i in range(10)]
    trials = sent(Case("c", LoadShape.OPEN), asks, server)
    assert server.most == 10
    due = [trial.recording.due_ns for trial in trials]
    assert [round((later - due[0]) / 1e7) for later in due] == list(range(10))
    assert all(trial.recording.sent_ns >= trial.recording.due_ns for trial in trials)


def test_what_cannot_be_sent_is_a_failure() -> None:
    asks = [ask(i, 0.0) for i in range(4)]
    trials = sent(Case("c", LoadShape.OPEN), asks, Server(0.1), most=2)
    outcomes = [trial.recording.outcome for trial in trials]
    assert outcomes.count(RequestOutcome.FAILED) == 2
    assert len(trials) == 4


@given(st.floats(0.1, 50), st.integers(1, 200), st.text())
def test_arrivals_are_in_order_and_the_same_again(rate: float, count: int, seed: str) -> None:
    times = poisson(rate, count, seed)
    assert len(times) == count
    assert times == sorted(times) == poisson(rate, count, seed)
    assert times[0] > 0


def test_arrivals_have_the_rate() -> None:
    assert poisson(4.0, 40_000, "x")[-1] == pytest.approx(10_000, rel=0.03)


def test_bursts_come_together() -> None:
    assert bursts(2, 5.0, 5) == [0.0, 0.0, 5.0, 5.0, 10.0]
