"""One run in progress: numbers and plans the requests, has them sent, records the answers."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import count, cycle, islice
from types import MappingProxyType

from onset.bench.records.plan import (
    Arm,
    Case,
    Extent,
    LoadShape,
    Phase,
    PlannedRequest,
    ScenarioRun,
)
from onset.bench.records.run_folder import RunWriter, Trial
from onset.bench.records.scenarios import Scenario
from onset.bench.run.monitor import ResourceMonitor, probe_seconds
from onset.bench.run.request_sender import RequestSender, wait_idle
from onset.bench.traffic.arrivals import Rest, send
from onset.bench.workload.texts import WARM_UP, TextClass, TextSupply, digest

Tell = Callable[[str], None]
"""Says to a person what is going on."""

_NO_MOMENTS: Mapping[str, int] = MappingProxyType({})


@dataclass(slots=True)
class BenchSession:
    """What the scenarios of a run share.

    own: whether the measured server was started for this run, so that others like it may be.
    capacity: requests a second, once a scenario has found it. done: entries for the manifest.
    current: the scenario that requests and texts are made for.
    """

    writer: RunWriter
    sender: RequestSender
    monitor: ResourceMonitor
    supply: TextSupply
    tell: Tell
    own: bool = False
    capacity: float | None = None
    done: list[ScenarioRun] = field(default_factory=list)
    current: Scenario = field(init=False)
    _ids: Iterator[int] = field(default_factory=count)
    _cases: list[Case] = field(default_factory=list)
    _texts: dict[str, list[str]] = field(default_factory=dict)

    @asynccontextmanager
    async def scenario(self, scenario: Scenario) -> AsyncIterator["BenchSession"]:
        """Collect the block's cases and texts in an entry of `done`, also when it breaks off."""
        self.current, self._cases, self._texts = scenario, [], defaultdict(list)
        self.monitor.scenario = scenario.name
        self.monitor.note(probe=probe_seconds())
        try:
            yield self
        finally:
            self.monitor.scenario = ""
            if self._cases:
                self.done.append(self._entry())

    def absent(self, reason: str) -> None:
        """Say why nothing of the scenario is measured."""
        self.tell(f"{self.current.name}: not measured: {reason}")
        self.done.append(replace(self._entry(), not_measured=reason))

    def skip(self, case: str, reason: str) -> None:
        """Say why a case is not measured."""
        self.tell(f"{case}: not measured: {reason}")
        self._cases.append(Case(case, not_measured=reason))

    def texts(self, text_class: TextClass, number: int) -> tuple[str, ...]:
        """New texts, whose digest is noted."""
        texts = self.supply.texts(self.current.name, text_class, number)
        self._texts[text_class] += texts
        return texts

    def prose(self, characters: int) -> str:
        """One long text, whose digest is noted."""
        text = self.supply.prose(self.current.name, characters)
        self._texts["prose"].append(text)
        return text

    def ask(
        self, case: str, number: int, text: str, text_class: str, arm: Arm | None = None
    ) -> PlannedRequest:
        """A measured request to an arm, the first by default; `replace` what is else."""
        arm = arm or self.sender.arms[0]
        return PlannedRequest(
            id=next(self._ids),
            scenario=self.current.name,
            case=case,
            arm=arm.name,
            phase=Phase.MEASURED,
            number=number,
            text=text,
            text_class=text_class,
            model=arm.model,
            voice=arm.voice,
            exact=arm.exact,
            extent=self.current.extent,
        )

    def mixed(self, case: str, count: int, first: int = 0) -> list[PlannedRequest]:
        """Requests with new texts of the scenario's classes in turn, numbered from `first`."""
        classes = self.current.classes
        texts = {c: iter(self.texts(c, -(-count // len(classes)))) for c in classes}
        return [
            self.ask(case, number, next(texts[text_class]), text_class)
            for number, text_class in enumerate(islice(cycle(classes), count), first)
        ]

    async def warm_up(self, arm: Arm, scenario: str) -> None:
        """The same few texts to an arm, heard to their end, recorded and marked as warm-up."""
        asks = [
            replace(
                self.ask("", number, text, TextClass.SENTENCE, arm),
                scenario=scenario,
                phase=Phase.WARM_UP,
                extent=Extent.WHOLE,
            )
            for number, text in enumerate(WARM_UP)
        ]
        await self._make(Case("warm-up"), asks, self.sender.rest)

    async def mixed_case(self, case: Case, requests: int, first: int = 0) -> list[Trial]:
        """As `case`, of `mixed` requests."""
        return await self.case(case, self.mixed(case.name, requests, first))

    async def timed_case(self, case: Case, due: Sequence[float]) -> list[Trial]:
        """As `case`, of mixed requests at these seconds."""
        asks = self.mixed(case.name, len(due))
        return await self.case(case, [replace(ask, due_s=due[ask.number]) for ask in asks])

    async def case(
        self, case: Case, asks: Sequence[PlannedRequest], moments: Mapping[str, int] = _NO_MOMENTS
    ) -> list[Trial]:
        """Plan and make a case, in the order requests end. moments: marked in each recording."""
        self._announce(case, asks)
        trials = await self._make(case, asks, self.sender.rest, moments)
        if case.shape is not LoadShape.SERIAL:
            await wait_idle(await self.sender.endpoint())
        return trials

    @asynccontextmanager
    async def overlapping(self, case: Case) -> AsyncIterator[None]:
        """Run cases by `part` at once; samples belong to `case`. Ends with the server at rest."""
        async with self.monitor.case_of(case.name):
            yield
        await wait_idle(await self.sender.endpoint())

    async def part(self, case: Case, asks: Sequence[PlannedRequest], rest: Rest) -> list[Trial]:
        """As `case`, beside other cases. rest: called after each request of a serial case."""
        self._announce(case, asks)
        return await self._make(case, asks, rest, alone=False)

    def _announce(self, case: Case, asks: Sequence[PlannedRequest]) -> None:
        if case not in self._cases:
            self._cases.append(case)
        self.tell(f"{self.monitor.scenario}: {case.name}, {len(asks)} requests")

    async def _make(
        self,
        case: Case,
        asks: Sequence[PlannedRequest],
        rest: Rest,
        moments: Mapping[str, int] = _NO_MOMENTS,
        *,
        alone: bool = True,
    ) -> list[Trial]:
        self.writer.plan(asks)
        for arm in {ask.arm for ask in asks}:
            await self.sender.endpoint(self.sender.arm(arm))
        trials: list[Trial] = []
        async with self.monitor.case_of(case.name) if alone else nullcontext():
            await send(case, asks, self.sender.send, rest, trials.append)
        # Only now: writing takes a while that other streams would be late for.
        for trial in trials:
            trial.recording.marks.update(moments)
            self.writer.record(trial)
        return trials

    def _entry(self) -> ScenarioRun:
        return ScenarioRun(
            name=self.current.name,
            title=self.current.title,
            targets=self.current.targets,
            cases=tuple(self._cases),
            texts_sha256={name: digest(texts) for name, texts in self._texts.items()},
        )
