"""Listeners who stay for minutes while others come: the kind `held`.

Does a listener run dry, how late is a newcomer's first sound, how soon is one too many told so?
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from time import monotonic, perf_counter_ns

from onset.bench.records.plan import Case, Extent, LoadShape, PlannedRequest
from onset.bench.records.run_folder import Trial
from onset.bench.records.scenarios import Scenario
from onset.bench.run.request_sender import health
from onset.bench.run.session import BenchSession
from onset.bench.traffic.http_exchange import Endpoint
from onset.bench.workload.texts import TextClass
from onset.protocol.http_api import Health

BOOK = 60 * 60 * 22
"""Characters of an hour at least. Whoever listens asks for as much, however soon they leave: beside
somebody who is about to end, one more would fit, and rightly be let in."""

ACCUSTOMED_SECONDS = 30.0
"""Of audio, spoken before the server is asked how many it keeps up with: at its beginning, which
costs much for little audio, it would say too few. One listener, if it does not say."""

FILLING_SECONDS = 2.0
"""Of audio, heard by those who fill a server up before one too many comes."""

VISITED = 0.8
"""Of the time that listeners stay: nobody comes when they are about to leave."""


async def held(session: BenchSession, scenario: Scenario) -> str:
    """The same server empty, then full: cases `alone` and `held`, and beside `held` two more.

    Every `every` seconds somebody comes: by turns one with a sentence (`new`), and one with a book
    who is one too many (`beyond`), after as many as still fitted (`filling`).
    """
    pages = session.prose(BOOK)
    await session.case(Case("alone"), _sentences(session, "alone", [None] * scenario.requests))
    if (count := scenario.listeners) is None:
        accustomed = _book(session, pages, "accustomed", 0, ACCUSTOMED_SECONDS)
        await session.case(Case("accustomed"), [accustomed])
        count = (await health(await session.sender.endpoint())).listeners or 1
    case = Case("held", LoadShape.CLOSED, count)
    listeners = [_book(session, pages, "held", number, scenario.seconds) for number in range(count)]
    first, turn = scenario.every / 2, 2 * scenario.every
    last = VISITED * scenario.seconds
    visits = _sentences(session, "new", _times(first, turn, last))
    async with session.overlapping(case), asyncio.TaskGroup() as group:
        group.create_task(session.part(case, listeners, _no_rest))
        group.create_task(session.part(Case("new", LoadShape.OPEN, 1, 1 / turn), visits, _no_rest))
        group.create_task(_overfill(session, pages, _times(first + scenario.every, turn, last)))
    return ""


def _book(
    session: BenchSession, pages: str, case: str, number: int, seconds: float | None = None
) -> PlannedRequest:
    """The pages under a new title; the listener leaves after `seconds`, else at the first sound."""
    (title,) = session.texts(TextClass.FORTY, 1)
    ask = session.ask(case, number, f"{title} {pages}", "prose")
    extent = Extent.ONSET if seconds is None else Extent.WHOLE
    return replace(ask, extent=extent, cancel_after=seconds)


def _sentences(
    session: BenchSession, case: str, due: Sequence[float | None]
) -> list[PlannedRequest]:
    """Sentences that are heard until their first sound; due: see PlannedRequest.due_s."""
    texts = session.texts(TextClass.SENTENCE, len(due))
    return [
        replace(
            session.ask(case, number, text, TextClass.SENTENCE), extent=Extent.ONSET, due_s=due_s
        )
        for number, (text, due_s) in enumerate(zip(texts, due, strict=True))
    ]


def _times(first: float, turn: float, last: float) -> list[float]:
    """From `first` on every `turn` seconds, up to `last`; at least once."""
    return [first + turn * number for number in range(max(1, int((last - first) // turn) + 1))]


async def _overfill(session: BenchSession, pages: str, due: Sequence[float]) -> None:
    begin = monotonic()
    endpoint = await session.sender.endpoint()
    for number, due_s in enumerate(due):
        await asyncio.sleep(begin + due_s - monotonic())
        room = _room(await health(endpoint))
        filling = [_book(session, pages, "filling", number, FILLING_SECONDS) for _ in range(room)]
        beyond = [_book(session, pages, "beyond", number)]
        async with asyncio.TaskGroup() as group:
            if filling:
                case = Case("filling", LoadShape.CLOSED, room)
                filled = group.create_task(session.part(case, filling, _no_rest))
                while not filled.done() and _room(await health(endpoint)):
                    await asyncio.sleep(0.01)
            before = await health(endpoint)
            await session.part(Case("beyond"), beyond, partial(_mark_growth, endpoint, before))


async def _mark_growth(endpoint: Endpoint, before: Health, trial: Trial) -> None:
    """Mark the moment `grown` if the server now says that it keeps up with more than before.

    What it has measured moves, and it need not wait until somebody looks.
    """
    if ((await health(endpoint)).listeners or 0) > (before.listeners or 0):
        trial.recording.marks["grown"] = perf_counter_ns()


async def _no_rest(trial: Trial) -> None:
    """Wait for nothing: the others are still listening."""


def _room(page: Health) -> int:
    """How many more fit; a server that does not tell is taken to be full."""
    if page.listeners is None or page.active is None:
        return 0
    return max(0, page.listeners - page.active)
