"""Scenarios that start servers of ours: the kinds `servers` and `cold`."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from onset.bench.records.plan import Arm, Case, LoadShape, Temperature
from onset.bench.records.scenarios import Scenario
from onset.bench.run.processes import StartedServer, onset_server
from onset.bench.run.session import BenchSession
from onset.config import load_settings
from onset.errors import InvalidRequest, ServerError

FOREIGN = "needs a server that the benchmark starts itself, and --url names another"


async def servers(session: BenchSession, scenario: Scenario) -> str:
    """Varies the settings of the server; those that do not work here are not measured.

    One request at a time; where the scenario names numbers of listeners, a case for each.
    """
    if not session.own:
        return FOREIGN
    for name, settings in scenario.settings.items():
        cases = [
            Case(f"{name}, c={number}", LoadShape.CLOSED, number, settings=settings)
            for number in scenario.concurrency
        ]
        try:
            load_settings({**os.environ, **settings})
            async with _only_server(session, settings):
                await session.warm_up(session.arms[0], scenario.name)
                for case in cases or [Case(name, settings=settings)]:
                    await session.mixed_case(case, scenario.requests)
        except InvalidRequest as error:
            session.skip(name, str(error).partition(" Choices:")[0])
        except ServerError as error:
            session.skip(name, " ".join(str(error).split())[-200:])
    return ""


async def cold(session: BenchSession, scenario: Scenario) -> str:
    """One case: every request is the first of a new process.

    The model file stays in the page cache of the system: a first start after boot takes longer.
    """
    if not session.own:
        return FOREIGN
    for ask in session.mixed("start", scenario.requests):
        async with _only_server(session, {}) as started:
            asks = [replace(ask, temperature=Temperature.COLD)]
            await session.case(Case("start"), asks, started.moments)
    return ""


@asynccontextmanager
async def _only_server(
    session: BenchSession, settings: Mapping[str, str]
) -> AsyncIterator[StartedServer]:
    """Ask only a server that is started with these settings, and ended, beside the event loop."""
    server = onset_server(settings)
    started = await asyncio.to_thread(server.__enter__)
    voice = session.arms[0].voice
    try:
        with session.sender.only(
            Arm("", started.url, dict(settings), voice=voice, pid=started.pid)
        ):
            yield started
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)
