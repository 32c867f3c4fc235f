"""How each kind of scenario is played: a function a kind, giving why nothing was measured or ""."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

from pydantic import BaseModel, ValidationError

from onset.bench.analysis.metrics import METRICS
from onset.bench.records.plan import Arm, Case, LoadShape, PlannedRequest, Temperature, TextCut
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Trial
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.run.held_load import held
from onset.bench.run.processes import StartedServer, onset_server
from onset.bench.run.session import BenchSession
from onset.bench.traffic import arrivals
from onset.bench.traffic.http_exchange import Endpoint, fetch
from onset.bench.traffic.streamed_text import takes_dictation
from onset.bench.workload.texts import TextClass, first_clause
from onset.config import load_settings
from onset.errors import InvalidRequest, ServerError
from onset.protocol.http_api import VOICES_PATH, VoiceInfo

CHARACTERS_A_SECOND = 19
"""Of English prose spoken at speed 1, to choose a text that surely lasts as long as asked.

Fifty seconds were measured for a text of 15 a second, which is 18
(docs/log/2026-11-22-first-measurement.md).
"""

FEW = 3
"""Long texts that a slow peer is asked for: each may take it a minute of computing."""

SOAK_BATCH = 30
"""Requests between two looks at the clock."""

SATURATED = 4
"""Listeners who ask without a pause: more than two cores can serve."""

BISECTIONS = 3
"""After the sweep: they leave an eighth of a step of it undecided."""

_FIGURES = {metric.key: metric.figure for metric in METRICS}

FOREIGN = "needs a server that the benchmark starts itself, and --url names another"

Play = Callable[[BenchSession, Scenario], Awaitable[str]]


async def texts(session: BenchSession, scenario: Scenario) -> str:
    """Varies the class of text; every text to every arm, in turning order, one at a time."""
    for text_class in scenario.classes:
        asks = [
            ask
            for number, text in enumerate(session.texts(text_class, scenario.requests))
            for arm in rounds(session.sender.arms, number)
            if (ask := _asked_of(arm, session, text_class, number, text)) is not None
        ]
        await session.case(Case(text_class), asks)
    return ""


async def prose(session: BenchSession, scenario: Scenario) -> str:
    """One case: texts of so many seconds of speech, each heard to its end."""
    length = round(scenario.seconds * CHARACTERS_A_SECOND)
    numbers = range(scenario.requests)
    asks = [session.ask("prose", number, session.prose(length), "prose") for number in numbers]
    await session.case(Case("prose"), asks)
    return ""


async def voices(session: BenchSession, scenario: Scenario) -> str:
    """Varies the voice: those named, or all that the server lists."""
    names = list(scenario.voices)
    if names == ["*"]:
        names = await _listed_voices(await session.sender.endpoint())
    if not names:
        return "the server lists no voices"
    return await _varied(session, {f"voice={name}": {"voice": name} for name in names})


async def speeds(session: BenchSession, scenario: Scenario) -> str:
    """Varies the speed."""
    return await _varied(session, {f"speed={s:g}": {"speed": s} for s in scenario.speeds})


async def formats(session: BenchSession, scenario: Scenario) -> str:
    """Varies the format."""
    return await _varied(session, {f"format={f}": {"format": f} for f in scenario.formats})


async def cancel(session: BenchSession, scenario: Scenario) -> str:
    """Varies the seconds heard; then the listener leaves, and the server comes to rest."""
    cases = {f"after {s:g} s": {"cancel_after": s} for s in scenario.cancel_after}
    return await _varied(session, cases)


async def dictated(session: BenchSession, scenario: Scenario) -> str:
    """Varies the tokens a second at which a text is written, and sent as it is written."""
    if reason := await takes_dictation(await session.sender.endpoint()):
        return reason
    cases = {f"{n:g} tokens/s": {"tokens_per_second": n} for n in scenario.tokens_per_second}
    return await _varied(session, cases)


async def repeat(session: BenchSession, scenario: Scenario) -> str:
    """Varies the class of text; every text twice, the second time under the same number."""
    for text_class in scenario.classes:
        asks = [
            replace(session.ask(text_class, number, text, text_class), block=block)
            for number, text in enumerate(session.texts(text_class, scenario.requests))
            for block in range(2)
        ]
        await session.case(Case(text_class), asks)
    return ""


async def closed(session: BenchSession, scenario: Scenario) -> str:
    """Varies the number of listeners, each asking again: `requests` in all, at least two each."""
    for number in scenario.concurrency:
        case = Case(f"c={number}", LoadShape.CLOSED, number)
        await session.mixed_case(case, max(scenario.requests, 2 * number))
    return ""


async def bursts(session: BenchSession, scenario: Scenario) -> str:
    """Varies how many ask at the same moment, every so many seconds."""
    for size in scenario.sizes:
        case = Case(f"burst={size}", LoadShape.OPEN, size, size / scenario.every)
        await session.timed_case(case, arrivals.bursts(size, scenario.every, scenario.requests))
    return ""


async def capacity(session: BenchSession, scenario: Scenario) -> str:
    """Varies the rate: up in shares of the saturated one until a target breaks, then bisects.

    A rate that holds above one that did not does not count.
    """
    saturated = await _saturate(session, scenario)
    if saturated is None:
        return "no request was answered even without any planned rate"
    low, high = 0.0, 0.0
    for share in scenario.shares:
        if not await _holds(session, scenario, share * saturated):
            high = share * saturated
            break
        low = share * saturated
    for _ in range(BISECTIONS if high else 0):
        middle = (low + high) / 2
        if await _holds(session, scenario, middle):
            low = middle
        else:
            high = middle
    session.capacity = low or None
    return ""


async def poisson(session: BenchSession, scenario: Scenario) -> str:
    """Varies the rate, in shares of the capacity found in this run, else of the saturated rate."""
    rate = session.capacity or await _saturate(session, scenario)
    if rate is None:
        return "no capacity was found to take shares of"
    for share in scenario.shares:
        await _offer(session, scenario, f"{share:.0%}".replace("%", " %"), share * rate)
    return ""


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
                await session.warm_up(session.sender.arms[0], scenario.name)
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
            moments = {"exec": started.exec_ns, "ready": started.ready_ns}
            await session.case(Case("start"), asks, moments)
    return ""


async def soak(session: BenchSession, scenario: Scenario) -> str:
    """One case: requests one after the other, for so many minutes or so many of them."""
    until = monotonic() + 60 * scenario.minutes
    done = 0
    while monotonic() < until if scenario.minutes else done < scenario.requests:
        batch = SOAK_BATCH if scenario.minutes else min(SOAK_BATCH, scenario.requests - done)
        await session.mixed_case(Case("soak"), batch, done)
        done += batch
    return ""


def rounds(arms: Sequence[Arm], number: int) -> list[Arm]:
    """The arms in the order of request `number`: ABC, BCA, CAB, ...; of two: AB, BA, AB, ..."""
    first = number % len(arms)
    return [*arms[first:], *arms[:first]]


def _asked_of(
    arm: Arm, session: BenchSession, text_class: TextClass, number: int, text: str
) -> PlannedRequest | None:
    """What an arm is asked; None when it has no part in this text."""
    if arm.few_long and text_class is TextClass.LONG and number >= FEW:
        return None
    clause = first_clause(text) if arm.said is TextCut.FIRST_CLAUSE else None
    if clause == text:
        return None  # a clause of one clause says nothing of its own
    return session.ask(text_class, number, clause or text, text_class, arm)


async def _varied(session: BenchSession, cases: Mapping[str, Mapping[str, Any]]) -> str:
    """A case for each name, whose requests have the fields given beside it."""
    for name, fields in cases.items():
        asks = session.mixed(name, session.current.requests)
        await session.case(Case(name), [replace(ask, **fields) for ask in asks])
    return ""


async def _saturate(session: BenchSession, scenario: Scenario) -> float | None:
    """Answers a second when as many ask as can be served and more; None when none was whole."""
    case = Case(f"saturated, c={SATURATED}", LoadShape.CLOSED, SATURATED)
    trials = await session.mixed_case(case, scenario.requests)
    made = [trial.recording for trial in trials]
    ends = [one.ended_ns or one.sent_ns for one in made if one.outcome is RequestOutcome.COMPLETE]
    if not ends:
        return None
    return len(ends) / ((max(ends) - min(one.sent_ns for one in made)) / 1e9)


async def _holds(session: BenchSession, scenario: Scenario, rate: float) -> bool:
    """Whether enough attempts keep each target; no test of how sure that is."""
    trials = await _offer(session, scenario, f"{rate:.3g}/s", rate)
    for target in scenario.targets:
        if target.share is not None:
            held = [target.holds(_FIGURES[target.metric](trial.recording)) for trial in trials]
            if sum(held) < target.share * len(held):
                return False
    return True


async def _offer(session: BenchSession, scenario: Scenario, name: str, rate: float) -> list[Trial]:
    due = arrivals.poisson(rate, scenario.requests, f"{scenario.name}:{name}")
    return await session.timed_case(Case(name, LoadShape.OPEN, 1, rate), due)


@asynccontextmanager
async def _only_server(
    session: BenchSession, settings: Mapping[str, str]
) -> AsyncIterator[StartedServer]:
    """Ask only a server that is started with these settings, and ended, beside the event loop."""
    server = onset_server(settings)
    started = await asyncio.to_thread(server.__enter__)
    voice = session.sender.arms[0].voice
    try:
        with session.sender.only(
            Arm("", started.url, dict(settings), voice=voice, pid=started.pid)
        ):
            yield started
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)


class _VoicesPage(BaseModel):
    voices: list[VoiceInfo | str]


async def _listed_voices(endpoint: Endpoint) -> list[str]:
    try:
        page = _VoicesPage.model_validate_json(await fetch(endpoint, VOICES_PATH))
    except (ServerError, ValidationError):
        return []
    return [voice if isinstance(voice, str) else voice.id for voice in page.voices]


KINDS: Mapping[ScenarioKind, Play] = {
    ScenarioKind(play.__name__): play
    for play in (
        texts, prose, voices, speeds, formats, repeat, closed, bursts, capacity, poisson, servers,
        cold, cancel, dictated, soak, held,
    )
}  # fmt: skip
"""Each kind is played by the function of its name."""
