"""The books of a run: numbers, plans, entries for the manifest, and what belongs to which case."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from onset.bench.records.plan import Arm, Case, LoadShape, PlannedRequest, ScenarioRun
from onset.bench.records.run_folder import PLAN, Fingerprint, MachineSample, RunWriter, Trial
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.run.monitor import ResourceMonitor
from onset.bench.run.request_sender import RequestSender, authorization, request_of
from onset.bench.run.scenario_kinds import rounds
from onset.bench.run.session import BenchSession
from onset.bench.workload.texts import TextClass, TextSupply
from onset.errors import ServerError
from scripted_server import talking

TEXTS = Scenario(
    name="texts",
    title="Two classes",
    kind=ScenarioKind.TEXTS,
    classes=(TextClass.TWO_WORDS, TextClass.FORTY),
    requests=2,
)

Play = Callable[[BenchSession], Awaitable[None]]


def played(folder: Path, play: Play, samples: list[MachineSample] | None = None) -> BenchSession:
    """A session with one server that computes nothing, after `play` was run inside a scenario."""

    async def run(session: BenchSession) -> None:
        async with session.monitor, session.scenario(TEXTS):
            await play(session)

    with talking() as url, RunWriter(folder, Fingerprint(1, "", {}, {})) as writer:
        monitor = ResourceMonitor((samples if samples is not None else []).append)
        sender = RequestSender([Arm("onset", url)], monitor)
        session = BenchSession(writer, sender, monitor, TextSupply(1), lambda text: None)
        asyncio.run(run(session))
        return session


def asks(session: BenchSession, case: str, number: int = 2) -> list[PlannedRequest]:
    """So many requests of a case."""
    return session.mixed(case, number)


def test_a_scenario_becomes_an_entry_with_its_cases_and_texts(tmp_path: Path) -> None:
    async def play(session: BenchSession) -> None:
        await session.case(Case("a"), asks(session, "a"))
        await session.case(Case("a"), asks(session, "a"))
        session.skip("b", "no such device")

    (entry,) = played(tmp_path, play).done
    assert entry.cases == (Case("a"), Case("b", not_measured="no such device"))
    assert set(entry.texts_sha256) == {"two_words", "forty"}


def test_an_entry_is_made_also_when_a_scenario_breaks_off(tmp_path: Path) -> None:
    entries: list[ScenarioRun] = []

    async def play(session: BenchSession) -> None:
        entries_now = session.done
        try:
            async with session.scenario(TEXTS):
                await session.case(Case("a"), asks(session, "a"))
                raise ServerError("gone")
        finally:
            entries.extend(entries_now)

    with pytest.raises(ServerError):
        played(tmp_path, play)
    assert [entry.cases for entry in entries] == [(Case("a"),)]


def test_requests_are_numbered_and_planned_before_they_are_made(tmp_path: Path) -> None:
    plans: list[int] = []

    async def play(session: BenchSession) -> None:
        made = asks(session, "a", 3)
        assert [ask.id for ask in made] == [0, 1, 2]

        async def look(trial: Trial) -> None:
            plans.append(len((tmp_path / PLAN).read_text().splitlines()))

        await session.part(Case("a"), made, look)

    played(tmp_path, play)
    assert plans == [3, 3, 3]


def test_samples_belong_to_the_case_that_is_run(tmp_path: Path) -> None:
    samples: list[MachineSample] = []

    async def play(session: BenchSession) -> None:
        await session.case(Case("a"), asks(session, "a"))
        async with session.overlapping(Case("b", LoadShape.CLOSED)), asyncio.TaskGroup() as group:
            for case in (Case("b", LoadShape.CLOSED), Case("c", LoadShape.CLOSED)):
                made = asks(session, case.name)
                group.create_task(session.part(case, made, session.sender.rest))

    session = played(tmp_path, play, samples)
    assert {(one.scenario, one.case) for one in samples if one.case} == {
        ("texts", "a"),
        ("texts", "b"),
    }
    assert [case.name for case in session.done[0].cases] == ["a", "b", "c"]


def test_inside_only_one_arm_is_asked(tmp_path: Path) -> None:
    async def play(session: BenchSession) -> None:
        before = session.sender.arms
        with session.sender.only(Arm("", "http://127.0.0.1:1")) as arm:
            assert session.sender.arms == [arm] and arm.name == "onset"
        assert session.sender.arms == before

    played(tmp_path, play)


def test_a_key_goes_to_the_measured_server_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONSET_API_KEY", "first,second")
    assert authorization() == {"Authorization": "Bearer first"}
    arms = [Arm("onset", "http://127.0.0.1:1"), Arm("other", "http://127.0.0.1:2")]
    sender = RequestSender(arms, ResourceMonitor(lambda sample: None))

    async def headers() -> list[bool]:
        return [bool((await sender.endpoint(arm)).headers) for arm in arms]

    assert asyncio.run(headers()) == [True, False]


def test_a_request_holds_what_its_arm_asks_for(tmp_path: Path) -> None:
    async def play(session: BenchSession) -> None:
        arm = Arm("other", "", model="tts-1", voice="alloy", exact=True)
        request = request_of(session.ask("a", 0, "Hello.", "forty", arm))
        assert (request.model, request.voice, request.exact) == ("tts-1", "alloy", True)

    played(tmp_path, play)


def test_arms_take_turns() -> None:
    one, two, three = (Arm(name, "") for name in "ABC")
    orders = ["".join(arm.name for arm in rounds([one, two, three], n)) for n in range(4)]
    assert orders == ["ABC", "BCA", "CAB", "ABC"]


def test_texts_of_several_classes_are_mixed(tmp_path: Path) -> None:
    async def play(session: BenchSession) -> None:
        made = session.mixed("a", 3, first=7)
        assert [ask.text_class for ask in made] == ["two_words", "forty", "two_words"]
        assert [ask.number for ask in made] == [7, 8, 9]
        assert len({ask.text for ask in made}) == 3

    played(tmp_path, play)
