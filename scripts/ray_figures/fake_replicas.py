"""Replicas of a backend that waits instead of computing, and what is measured of them."""

import os
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import httpx
from fastapi import FastAPI
from ray import serve
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.config import load_settings
from onset.engine.engine import Engine
from onset.model.fake_backend import FakeBackend
from onset.scale.ray import replica_app, speech_app
from onset.scale.replica_limits import ScaleArguments, deployment_options
from onset.types import Word

SENTENCE = "The quiet harbor was full of lanterns, and nobody wanted to be the first to leave. "

DELAY = 0.03
"""Seconds that each front, trunk and step waits, where a step makes 200 ms of speech."""

REPLICA = "x-replica"
FOUND = 180.0
"""Seconds in which a replica is ready, on a machine that starts eight."""


def letters(text: str, lang: str) -> tuple[Word, ...]:
    """Words of as many phonemes as they have letters: nothing has to be loaded for them."""
    return tuple(Word(word, "ə" * len(word), " ") for word in text.split())


def fake_engine() -> Engine:
    """An engine whose work is waiting."""
    settings = load_settings({}, fallback=False)
    return Engine(settings, backend=FakeBackend(DELAY), words=letters)


class NamedReplica:
    """Adds the process to every answer, so that one knows whose end broke which."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REPLICA] = str(os.getpid())
            await send(message)

        await self._app(scope, receive, send_named)


def fake_app() -> FastAPI:
    """The app of a replica."""
    app = replica_app(fake_engine)
    app.add_middleware(NamedReplica)
    return app


@dataclass(slots=True)
class Measured:
    """What all parts share: where Serve is, and whom one replica keeps up with.

    replicas: how many are measured, the fewest first.
    """

    url: str
    listeners: int
    replicas: list[int]
    figures: dict[str, Any] = field(default_factory=dict)
    verdicts: dict[str, bool] = field(default_factory=dict)

    def deploy(self, replicas: int) -> None:
        """So many replicas, all ready."""
        arguments = ScaleArguments(replicas=replicas, cores=0.05)
        settings = load_settings({}, max_streams=100, drain_timeout=5)
        serve.run(speech_app(fake_app, deployment_options(arguments, self.listeners, settings)))
        deadline = monotonic() + FOUND
        while len(self.seen()) < replicas:
            if monotonic() > deadline:
                raise SystemExit(f"{replicas} replicas did not answer within {FOUND:g} s.")
            sleep(0.2)

    def running(self) -> int:
        """How many replicas are there, as Serve knows it."""
        applications = serve.status().applications.values()
        states = [d.replica_states for each in applications for d in each.deployments.values()]
        return sum(state.get("RUNNING", 0) for state in states)

    def seen(self) -> set[int]:
        """The replicas that answer now."""
        answers = (httpx.get(self.url + "/v1/models", timeout=FOUND) for _ in range(40))
        return {int(answer.headers[REPLICA]) for answer in answers if REPLICA in answer.headers}


def body(text: str) -> dict[str, str]:
    """A request for speech."""
    return {"input": text, "response_format": "pcm"}
