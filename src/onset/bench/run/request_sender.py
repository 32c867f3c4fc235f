"""Sends one planned request, listens to the answer, and waits for the server to rest."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic, perf_counter_ns

from pydantic import ValidationError

from onset.bench.records.plan import Arm, PlannedRequest
from onset.bench.records.recording import Recording
from onset.bench.records.run_folder import Trial
from onset.bench.run.monitor import ResourceMonitor
from onset.bench.traffic.http_exchange import Endpoint, fetch
from onset.bench.traffic.recorder import SILENCE_SECONDS, AnswerRecorder, listen
from onset.bench.traffic.streamed_text import dictate
from onset.errors import ServerError
from onset.protocol.http_api import HEALTH_PATH, REQUEST_ID, Health, SpeechRequest

SLOW_SILENCE_SECONDS = 300.0
"""For a peer, which may compute a long while before its first byte."""

IDLE_SECONDS = 300.0
"""Longest wait for a server to stop working after its listener has left."""

SETTLE_SECONDS = 0.3
"""Wait after every request, once the server says it is at rest or if it does not tell.

Its threads may spin for more work long after: right behind kokoro-onnx, the first graph of a
process that had nothing to do with it took 85 ms instead of 53, 0.3 s later 57
(docs/log/2026-11-22-behind-a-peer.md).
"""

ALONE_SECONDS = 0.05
"""The same where only one server, which tells when it is at rest, is measured."""


class RequestSender:
    """Makes requests of `arms`, those asked now: the first is measured, others are compared."""

    def __init__(self, arms: Sequence[Arm], monitor: ResourceMonitor) -> None:
        self.arms = list(arms)
        self._monitor = monitor
        self._endpoints: dict[str, Endpoint] = {}

    @contextmanager
    def only(self, arm: Arm) -> Iterator[Arm]:
        """Measure only `arm` inside the block; an unnamed arm takes the main arm's name."""
        before = self.arms
        arm = replace(arm, name=arm.name or before[0].name)
        self.arms = [arm]
        self._monitor.follow(self.arms)
        try:
            yield arm
        finally:
            self.arms = before
            self._monitor.follow(before)

    def arm(self, name: str) -> Arm:
        """The arm of this name."""
        return next(arm for arm in self.arms if arm.name == name)

    async def endpoint(self, arm: Arm | None = None) -> Endpoint:
        """Where the arm is, the first by default; resolved once. Raises ServerError."""
        arm = arm or self.arms[0]
        if arm.url not in self._endpoints:
            ours = arm is self.arms[0] or arm.pid is not None
            self._endpoints[arm.url] = await Endpoint.of(arm.url, authorization() if ours else {})
        return self._endpoints[arm.url]

    async def send(self, ask: PlannedRequest, due_ns: int | None) -> Recording:
        """Make one request, due at a `perf_counter_ns`, or now; a failure is a recording too."""
        arm = self.arm(ask.arm)
        endpoint, request = await self.endpoint(arm), request_of(ask)
        recorder = AnswerRecorder(ask.extent, ask.cancel_after, ask.format)
        self._monitor.in_flight += 1
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
            self._monitor.in_flight -= 1

    async def rest(self, trial: Trial) -> None:
        """Wait until the server is at rest, and mark when it said so. Raises ServerError."""
        endpoint = await self.endpoint(self.arm(trial.ask.arm))
        idle_ns = await wait_idle(endpoint, alone=len(self.arms) == 1)
        if idle_ns is not None:
            trial.recording.marks["idle"] = idle_ns
        self._monitor.note()


def request_of(ask: PlannedRequest) -> SpeechRequest:
    """What goes over the wire for a planned request."""
    fields = {"input": ask.text, "voice": ask.voice, "response_format": ask.format}
    fields |= {"model": ask.model} if ask.model else {}
    return SpeechRequest.model_validate(fields | {"speed": ask.speed, "exact": ask.exact})


def authorization() -> dict[str, str]:
    """The header with the key in ONSET_API_KEY, for our own server alone; empty without one."""
    key = os.environ.get("ONSET_API_KEY", "").partition(",")[0]
    return {"Authorization": f"Bearer {key}"} if key else {}


async def health(endpoint: Endpoint) -> Health:
    """What the server says of itself; nothing where it does not."""
    try:
        return Health.model_validate_json(await fetch(endpoint, HEALTH_PATH))
    except (ServerError, ValidationError):
        return Health()


async def wait_idle(endpoint: Endpoint, *, alone: bool = False) -> int | None:
    """Wait until the server says that nothing is being spoken, and that it settles.

    alone: no other server shares the machine. Gives the `perf_counter_ns` when it first said so,
    None when it does not tell. Raises ServerError after IDLE_SECONDS.
    """
    deadline = monotonic() + IDLE_SECONDS
    while monotonic() < deadline:
        streams, at_ns = (await health(endpoint)).active, perf_counter_ns()
        if not streams:
            tells = streams is not None
            await asyncio.sleep(ALONE_SECONDS if alone and tells else SETTLE_SECONDS)
            return at_ns if tells else None
        await asyncio.sleep(0.01)
    raise ServerError(f"{endpoint.host}:{endpoint.port} still works {IDLE_SECONDS:g} s later")
