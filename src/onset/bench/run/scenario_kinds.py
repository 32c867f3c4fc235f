"""How each kind of scenario is played: which cases it has, and what is asked in each.

A function returns why nothing was measured, or "" when something was.
Knows nothing of sockets, and draws no conclusions.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from itertools import count
from time import monotonic
from typing import Any

from pydantic import BaseModel, ValidationError

from onset.bench.records.plan import Arm, Case, LoadShape, PlannedRequest, TextCut
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.run.capacity_search import capacity, poisson_shares
from onset.bench.run.held_load import held
from onset.bench.run.server_variants import cold, servers
from onset.bench.run.session import BenchSession, mixed, rounds
from onset.bench.traffic.arrivals import bursts as burst_times
from onset.bench.traffic.http_exchange import Endpoint, fetch
from onset.bench.traffic.streamed_text import takes_dictation
from onset.bench.workload.texts import TextClass, first_clause
from onset.errors import ServerError
from onset.protocol.http_api import VOICES_PATH, VoiceInfo

CHARACTERS_A_SECOND = 19
"""Of English prose spoken at speed 1, to choose a text that surely lasts as long as asked.

Fifty seconds were measured for a text of 15 a second (docs/log.md), which is 18.
"""

FEW = 3
"""Long texts that a slow peer is asked for: each may take it a minute of computing."""

SOAK_BATCH = 30
"""Requests between two looks at the clock."""

Play = Callable[[BenchSession, Scenario], Awaitable[str]]


async def texts(session: BenchSession, scenario: Scenario) -> str:
    """A case a class of text; every text to every arm, in turning order, one at a time."""
    for text_class in scenario.classes:
        spoken = session.texts(scenario, text_class, scenario.requests)
        asks = [
            said
            for number, text in enumerate(spoken)
            for arm in rounds(session.arms, number)
            if (said := _said(session, scenario, text_class, number, text, arm)) is not None
        ]
        await session.case(Case(text_class), asks)
    return ""


async def prose(session: BenchSession, scenario: Scenario) -> str:
    """Texts of so many seconds of speech, each heard to its end."""
    asks = []
    for number in range(scenario.requests):
        text = session.prose(scenario, round(scenario.seconds * CHARACTERS_A_SECOND))
        asks.append(session.ask(scenario, "prose", number, text, "prose"))
    await session.case(Case("prose"), asks)
    return ""


async def voices(session: BenchSession, scenario: Scenario) -> str:
    """A case a voice."""
    wanted = list(scenario.voices)
    if wanted == ["*"]:
        wanted = await _listed_voices(await session.sender.endpoint())
    if not wanted:
        return "the server lists no voices"
    return await _varied(session, scenario, {f"voice={name}": {"voice": name} for name in wanted})


async def speeds(session: BenchSession, scenario: Scenario) -> str:
    """A case a speed."""
    cases = {f"speed={speed:g}": {"speed": speed} for speed in scenario.speeds}
    return await _varied(session, scenario, cases)


async def formats(session: BenchSession, scenario: Scenario) -> str:
    """A case a format."""
    cases = {f"format={name}": {"format": name} for name in scenario.formats}
    return await _varied(session, scenario, cases)


async def repeat(session: BenchSession, scenario: Scenario) -> str:
    """Every text twice, the second time under the same number: what does the server make of it?"""
    for text_class in scenario.classes:
        asks = [
            replace(session.ask(scenario, text_class, number, text, text_class), block=block)
            for number, text in enumerate(session.texts(scenario, text_class, scenario.requests))
            for block in range(2)
        ]
        await session.case(Case(text_class), asks)
    return ""


async def closed(session: BenchSession, scenario: Scenario) -> str:
    """A case a number of listeners, each asking again when it has heard.

    `requests` are of all together, but at least two a listener.
    """
    counts = [max(scenario.requests, 2 * number) for number in scenario.concurrency]
    spoken = iter(mixed(session, scenario, sum(counts)))
    for number, requests in zip(scenario.concurrency, counts, strict=True):
        name = f"c={number}"
        asks = [session.ask(scenario, name, i, *next(spoken)) for i in range(requests)]
        await session.case(Case(name, LoadShape.CLOSED, number), asks)
    return ""


async def bursts(session: BenchSession, scenario: Scenario) -> str:
    """A case a size of burst."""
    spoken = iter(mixed(session, scenario, scenario.requests * len(scenario.sizes)))
    for size in scenario.sizes:
        name = f"burst={size}"
        asks = [
            replace(session.ask(scenario, name, number, *next(spoken)), due_s=due)
            for number, due in enumerate(burst_times(size, scenario.every, scenario.requests))
        ]
        rate = size / scenario.every
        await session.case(Case(name, LoadShape.OPEN, size, rate), asks)
    return ""


async def cancel(session: BenchSession, scenario: Scenario) -> str:
    """A case a length heard; then the listener leaves, and the server is watched coming to rest."""
    for seconds in scenario.cancel_after:
        name = f"after {seconds:g} s"
        spoken = mixed(session, scenario, scenario.requests)
        asks = [
            replace(session.ask(scenario, name, number, *text), cancel_after=seconds)
            for number, text in enumerate(spoken)
        ]
        await session.case(Case(name), asks)
    return ""


async def dictated(session: BenchSession, scenario: Scenario) -> str:
    """A case a speed of writing, in tokens a second."""
    if reason := await takes_dictation(await session.sender.endpoint()):
        return reason
    cases = {f"{n:g} tokens/s": {"tokens_per_second": n} for n in scenario.tokens_per_second}
    return await _varied(session, scenario, cases)


async def soak(session: BenchSession, scenario: Scenario) -> str:
    """Requests one after the other, for so many minutes or so many of them.

    The sampler watches the memory, after every request too.
    """
    until = monotonic() + 60 * scenario.minutes
    case, numbers, left = Case("soak"), count(), scenario.requests
    while monotonic() < until if scenario.minutes else left:
        batch = SOAK_BATCH if scenario.minutes else min(left, SOAK_BATCH)
        spoken = mixed(session, scenario, batch)
        asks = [session.ask(scenario, case.name, next(numbers), *text) for text in spoken]
        await session.case(case, asks)
        left -= batch
    return ""


def _said(
    session: BenchSession,
    scenario: Scenario,
    text_class: TextClass,
    number: int,
    text: str,
    arm: Arm,
) -> PlannedRequest | None:
    """What an arm is asked; None when it has no part in this text."""
    if arm.few_long and text_class is TextClass.LONG and number >= FEW:
        return None
    said = first_clause(text) if arm.said is TextCut.FIRST_CLAUSE else text
    if arm.said is TextCut.FIRST_CLAUSE and said == text:
        return None  # a clause of one clause says nothing of its own
    return session.ask(scenario, text_class, number, said, text_class, arm)


async def _varied(
    session: BenchSession, scenario: Scenario, cases: Mapping[str, Mapping[str, Any]]
) -> str:
    """A case for each name, whose requests have the fields given beside it."""
    for name, fields in cases.items():
        spoken = mixed(session, scenario, scenario.requests)
        asks = [session.ask(scenario, name, number, *text) for number, text in enumerate(spoken)]
        await session.case(Case(name), [replace(ask, **fields) for ask in asks])
    return ""


class _VoicesPage(BaseModel):
    voices: list[VoiceInfo | str]


async def _listed_voices(endpoint: Endpoint) -> list[str]:
    try:
        found = _VoicesPage.model_validate_json(await fetch(endpoint, VOICES_PATH))
    except (ServerError, ValidationError):
        return []
    return [voice if isinstance(voice, str) else voice.id for voice in found.voices]


KINDS: Mapping[ScenarioKind, Play] = {
    ScenarioKind.TEXTS: texts,
    ScenarioKind.PROSE: prose,
    ScenarioKind.VOICES: voices,
    ScenarioKind.SPEEDS: speeds,
    ScenarioKind.FORMATS: formats,
    ScenarioKind.REPEAT: repeat,
    ScenarioKind.CLOSED: closed,
    ScenarioKind.BURSTS: bursts,
    ScenarioKind.CAPACITY: capacity,
    ScenarioKind.POISSON: poisson_shares,
    ScenarioKind.SERVERS: servers,
    ScenarioKind.COLD: cold,
    ScenarioKind.CANCEL: cancel,
    ScenarioKind.DICTATED: dictated,
    ScenarioKind.SOAK: soak,
    ScenarioKind.HELD: held,
}
