"""Scenarios that start servers of ours: with other settings, or to see how long a start takes.

The kinds `servers` and `cold`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from onset.bench.records.plan import Arm, Case, LoadShape, Temperature
from onset.bench.records.scenarios import Scenario
from onset.bench.run.processes import StartedServer, onset_server
from onset.bench.run.session import BenchSession, mixed
from onset.config import load_settings
from onset.errors import InvalidRequest, ServerError

FOREIGN = "needs a server that the benchmark starts itself, and --url names another"


async def servers(session: BenchSession, scenario: Scenario) -> str:
    """Varies the settings of the server; those that do not work here are not measured."""
    if not session.own:
        return FOREIGN
    for name, settings in scenario.settings.items():
        if reason := _refused(settings):
            session.skip(name, reason)
            continue
        try:
            await _measure_with(session, scenario, name, settings)
        except ServerError as error:
            session.skip(name, " ".join(str(error).split())[-200:])
    return ""


async def cold(session: BenchSession, scenario: Scenario) -> str:
    """One case: every request is the first of a new process.

    The model file stays in the page cache of the system: a first start after boot takes longer.
    """
    if not session.own:
        return FOREIGN
    for ask in mixed(session, scenario, "start", scenario.requests):
        async with _server({}) as started:
            with session.sender.only(_arm(session, started)):
                asks = [replace(ask, temperature=Temperature.COLD)]
                await session.case(Case("start"), asks, started.moments)
    return ""


async def _measure_with(
    session: BenchSession, scenario: Scenario, name: str, settings: Mapping[str, str]
) -> None:
    async with _server(settings) as started:
        with session.sender.only(_arm(session, started, settings)) as arm:
            await session.warm_up(scenario, arm)
            for case in _cases(scenario, name, settings):
                asks = mixed(session, scenario, case.name, scenario.requests)
                await session.case(case, asks)


def _cases(scenario: Scenario, name: str, settings: Mapping[str, str]) -> list[Case]:
    """One at a time; where the scenario names numbers of listeners, a case for each."""
    if not scenario.concurrency:
        return [Case(name, settings=dict(settings))]
    return [
        Case(f"{name}, c={number}", LoadShape.CLOSED, number, settings=dict(settings))
        for number in scenario.concurrency
    ]


@asynccontextmanager
async def _server(settings: Mapping[str, str]) -> AsyncIterator[StartedServer]:
    """A server that is started and ended beside the event loop."""
    server = onset_server(settings)
    started = await asyncio.to_thread(server.__enter__)
    try:
        yield started
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


def _arm(
    session: BenchSession, started: StartedServer, settings: Mapping[str, str] | None = None
) -> Arm:
    voice = session.arms[0].voice
    return Arm("", started.url, dict(settings or {}), voice=voice, pid=started.pid)


def _refused(settings: Mapping[str, str]) -> str:
    """Why our server would not start with these settings; empty when it would."""
    try:
        load_settings({**os.environ, **settings})
    except InvalidRequest as error:
        return str(error).partition(" Choices:")[0]
    return ""
