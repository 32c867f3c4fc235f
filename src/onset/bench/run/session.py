"""One run in progress: numbers the requests, writes the plan, has it sent, keeps what came.

A run only records. Whatever is written here is judged by others, later, from the files.
Knows nothing of which scenarios there are, or of figures.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, cycle, islice

from onset.bench.records.plan import (
    Arm,
    Case,
    Extent,
    LoadShape,
    Phase,
    PlannedRequest,
    ScenarioRun,
)
from onset.bench.records.recording import Recording
from onset.bench.records.run_folder import RunWriter, Trial
from onset.bench.records.scenarios import Scenario
from onset.bench.run.idle import wait_idle
from onset.bench.run.monitor import ResourceMonitor, probe_seconds
from onset.bench.traffic.arrivals import send
from onset.bench.traffic.http_exchange import Endpoint
from onset.bench.traffic.recorder import SILENCE_SECONDS, AnswerRecorder, is_compressed, listen
from onset.bench.traffic.streamed_text import dictate
from onset.bench.workload.texts import WARM_UP, TextClass, TextSupply, digest
from onset.protocol.http_api import REQUEST_ID, SpeechRequest

Tell = Callable[[str], None]
"""Says to a person what is going on."""

KEY_VARIABLE = "ONSET_API_KEY"
"""Where the key of the measured server is; it is sent to no other."""

SLOW_SILENCE_SECONDS = 300.0
"""For a peer, which may compute a long while before its first byte."""


@dataclass(slots=True)
class BenchSession:
    """What the scenarios share. arms[0] is the one that is measured; others are compared.

    own: whether the measured server was started for this run, so that others like it may be.
    capacity: requests a second, once a scenario has found it.
    """

    writer: RunWriter
    arms: list[Arm]
    watch: ResourceMonitor
    supply: TextSupply
    tell: Tell
    own: bool = False
    capacity: float | None = None
    done: list[ScenarioRun] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=count)
    _floors: Iterator[int] = field(default_factory=count)
    _endpoints: dict[str, Endpoint] = field(default_factory=dict)
    _cases: list[Case] = field(default_factory=list)
    _texts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @asynccontextmanager
    async def scenario(self, scenario: Scenario) -> AsyncIterator["BenchSession"]:
        """Keep the books of a scenario: cases and texts of the block become its entry in `done`.

        An entry is made also when the block breaks off.
        """
        self._cases, self._texts = [], {}
        self.watch.scenario = scenario.name
        self.watch.note(probe=probe_seconds())
        try:
            yield self
        finally:
            self.watch.scenario = ""
            if self._cases:
                self.done.append(self._entry(scenario))

    @contextmanager
    def asking(self, arm: Arm) -> Iterator[Arm]:
        """Ask this server alone within the block; one without a name under the measured one's."""
        before = self.arms
        arm = replace(arm, name=arm.name or before[0].name)
        self.arms = [arm]
        self.watch.follow(self.arms)
        try:
            yield arm
        finally:
            self.arms = before
            self.watch.follow(before)

    def absent(self, scenario: Scenario, reason: str) -> None:
        """Say why nothing of a scenario is measured."""
        self.tell(f"{scenario.name}: not measured: {reason}")
        self.done.append(replace(self._entry(scenario), not_measured=reason))

    def skip(self, case: str, reason: str) -> None:
        """Say why a case is not measured."""
        self.tell(f"{case}: not measured: {reason}")
        self._cases.append(Case(case, not_measured=reason))

    def texts(self, scenario: Scenario, text_class: TextClass, number: int) -> tuple[str, ...]:
        """New texts, whose digest is noted."""
        made = self.supply.texts(scenario.name, text_class, number)
        self._texts[text_class] = (*self._texts.get(text_class, ()), *made)
        return made

    def prose(self, scenario: Scenario, characters: int) -> str:
        """One long text, whose digest is noted."""
        made = self.supply.prose(scenario.name, characters)
        self._texts["prose"] = (*self._texts.get("prose", ()), made)
        return made

    def ask(
        self,
        scenario: Scenario,
        case: str,
        number: int,
        text: str,
        text_class: str,
        arm: Arm | None = None,
    ) -> PlannedRequest:
        """A measured request to an arm, the first by default; `replace` what is else."""
        arm = arm or self.arms[0]
        return PlannedRequest(
            id=next(self._ids),
            scenario=scenario.name,
            case=case,
            arm=arm.name,
            phase=Phase.MEASURED,
            number=number,
            text=text,
            text_class=text_class,
            model=arm.model,
            voice=arm.voice,
            exact=arm.exact,
            extent=scenario.extent,
        )

    def spaced(self, scenario: Scenario, case: str, number: int, due_s: float) -> PlannedRequest:
        """A measured request to a server that does not care for its text, due at a time."""
        ask = self.ask(scenario, case, number, f"Text {number}.", "none")
        return replace(ask, due_s=due_s)

    async def floor(self, scenario: Scenario, requests: int) -> None:
        """Ask a server that computes nothing for its sound: what the ruler itself takes."""
        texts = self.texts(scenario, scenario.classes[0], requests)
        asks = [
            self.ask(scenario, "null", next(self._floors), text, scenario.classes[0])
            for text in texts
        ]
        await self.case(Case("null"), asks)

    async def warm_up(self, scenario: Scenario, arm: Arm) -> None:
        """The same few texts to an arm, heard to their end, kept and marked."""
        asks = [
            replace(
                self.ask(scenario, "", number, text, TextClass.SENTENCE, arm),
                phase=Phase.WARM_UP,
                extent=Extent.WHOLE,
            )
            for number, text in enumerate(WARM_UP)
        ]
        await self._send(Case("warm-up"), asks, {})

    async def case(
        self, case: Case, asks: Sequence[PlannedRequest], moments: Mapping[str, int] | None = None
    ) -> list[Trial]:
        """Plan and make the requests of one case; gives them in the order they ended.

        moments: what happened before, marked in each recording.
        """
        if case not in self._cases:
            self._cases.append(case)
        self.tell(f"{self.watch.scenario}: {case.name}, {len(asks)} requests")
        return await self._send(case, asks, moments or {})

    async def _send(
        self, case: Case, asks: Sequence[PlannedRequest], moments: Mapping[str, int]
    ) -> list[Trial]:
        self.writer.plan(asks)
        for arm in {ask.arm for ask in asks}:
            await self.endpoint(self._arm(arm))
        trials: list[Trial] = []
        async with self.watch.case_of(case.name):
            await send(case, asks, self._listen, self._rest, trials.append)
        # Only now: writing takes a while that other streams would be late for.
        for trial in trials:
            trial.recording.marks.update(moments)
            self.writer.record(trial)
        if case.shape is not LoadShape.SERIAL and asks:
            await wait_idle(await self.endpoint(self._arm(asks[0].arm)))
        return trials

    async def endpoint(self, arm: Arm) -> Endpoint:
        """Where the arm is; resolved once. Raises ServerError."""
        if arm.url not in self._endpoints:
            ours = arm is self.arms[0] or arm.pid is not None
            self._endpoints[arm.url] = await Endpoint.of(arm.url, authorization() if ours else {})
        return self._endpoints[arm.url]

    @property
    def _alone(self) -> bool:
        return len(self.arms) == 1

    def _arm(self, name: str) -> Arm:
        return next(arm for arm in self.arms if arm.name == name)

    async def _listen(self, ask: PlannedRequest, due_ns: int | None) -> Recording:
        arm = self._arm(ask.arm)
        endpoint, request = await self.endpoint(arm), request_of(ask)
        recorder = AnswerRecorder(
            ask.extent, ask.cancel_after, compressed=is_compressed(ask.format)
        )
        self.watch.in_flight += 1
        try:
            if ask.tokens_per_second is not None:
                return await dictate(endpoint, request, recorder, ask.tokens_per_second)
            return await listen(
                endpoint,
                request,
                recorder,
                due_ns=due_ns,
                headers={REQUEST_ID: f"bench-{ask.id}"},
                silence=SLOW_SILENCE_SECONDS if arm.few_long else SILENCE_SECONDS,
            )
        finally:
            self.watch.in_flight -= 1

    async def _rest(self, trial: Trial) -> None:
        """Wait until the server is at rest; for one that was left, note when it was."""
        endpoint = await self.endpoint(self._arm(trial.ask.arm))
        freed_ns = await wait_idle(endpoint, alone=self._alone)
        if freed_ns is not None:
            trial.recording.marks["idle"] = freed_ns
        self.watch.note()

    def _entry(self, scenario: Scenario) -> ScenarioRun:
        digests = {name: digest(texts) for name, texts in self._texts.items()}
        return ScenarioRun(
            name=scenario.name,
            title=scenario.title,
            targets=scenario.targets,
            cases=tuple(self._cases),
            texts_sha256=digests,
        )


def mixed(conductor: BenchSession, scenario: Scenario, number: int) -> list[tuple[str, TextClass]]:
    """So many new texts, of the scenario's classes in turn, each with its class."""
    classes = scenario.classes
    each = {c: iter(conductor.texts(scenario, c, -(-number // len(classes)))) for c in classes}
    return [(next(each[c]), c) for c in islice(cycle(classes), number)]


def request_of(ask: PlannedRequest) -> SpeechRequest:
    """What goes over the wire for an Ask."""
    fields = {
        "input": ask.text,
        "voice": ask.voice,
        "response_format": ask.format,
        "speed": ask.speed,
        "exact": ask.exact,
    }
    return SpeechRequest.model_validate(fields | ({"model": ask.model} if ask.model else {}))


def authorization() -> dict[str, str]:
    """The header with the key in ONSET_API_KEY, for our own server; empty without a key."""
    key = os.environ.get(KEY_VARIABLE, "").partition(",")[0]
    return {"Authorization": f"Bearer {key}"} if key else {}


def rounds(arms: Sequence[Arm], number: int) -> list[Arm]:
    """The arms in the order of request `number`: ABC, BCA, CAB, ...; of two: AB, BA, AB, ..."""
    first = number % len(arms)
    return [*arms[first:], *arms[:first]]
