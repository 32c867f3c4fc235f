"""The server as a Ray Serve deployment: `serve run onset.scale.ray:app` (extra `ray`).

A replica is a process with the app of `onset serve` and one engine. Serve's proxy does what uvicorn
does there: it carries bodies and WebSockets as they come, and cancels what nobody waits for.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve.metrics import Gauge
from ray.serve.request_router import FIFOMixin, PendingRequest, RequestRouter, RunningReplica
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.config import load_settings
from onset.engine.engine import Engine
from onset.protocol.http_api import REQUEST_ID
from onset.scale.replica_capacity import measured_listeners
from onset.scale.replica_limits import (
    COMPARED,
    ScaleArguments,
    deployment_options,
    replica_settings,
)
from onset.scale.replica_metrics import ReplicaMetrics
from onset.serving.http.app import create_app
from onset.serving.scheduling.scheduler import SWITCH, WARM_UP, Scheduler, scheduler_of
from onset.serving.speech_log import start_logging

LOOK = 0.05
"""Seconds between two looks at whether the engine is loaded."""


class SpeechReplica:
    """What Serve asks of a replica; it adds `app`, which `speech_app` was given."""

    app: FastAPI

    def __init__(self) -> None:
        self._metrics: ReplicaMetrics | None = None

    async def check_health(self) -> None:
        """Return when the engine is loaded; Serve asks before the first request, then every 10 s.

        Raises what loading raised: Serve starts the replica anew.
        """
        scheduler: Scheduler = self.app.state.scheduler
        while not scheduler.ready:
            if scheduler.failure is not None:
                raise scheduler.failure
            await asyncio.sleep(LOOK)
        if self._metrics is None:
            self._metrics = ReplicaMetrics(self.app.state.monitor.meters.registry, Gauge)
        self._metrics.publish()


class LeastBusyRouter(FIFOMixin, RequestRouter):  # type: ignore[misc]
    """Sends a request to the replica with the fewest, of COMPARED that are drawn by chance."""

    async def choose_replicas(
        self,
        candidate_replicas: list[RunningReplica],
        pending_request: PendingRequest | None = None,
    ) -> list[list[RunningReplica]]:
        """Whom to ask for their number of requests; of those the router takes the least busy."""
        count = min(COMPARED, len(candidate_replicas))
        return [random.sample(candidate_replicas, count)]


class OneRequestId:
    """Leaves the request's id to Serve, which adds the same one to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)[REQUEST_ID]
            await send(message)

        await self._app(scope, receive, send_without)


def replica_app(load: Callable[[], Engine] | None = None) -> FastAPI:
    """The app of one replica, made there. load: its engine, by default that of ONSET_*."""
    settings = replica_settings(load_settings())
    start_logging(settings)
    sys.setswitchinterval(SWITCH)
    speech = create_app(
        scheduler_of(settings, load or partial(Engine, settings), WARM_UP), settings
    )
    speech.add_middleware(OneRequestId)
    return speech


def default_app() -> FastAPI:
    """`replica_app` as Serve wants it: a function of nothing."""
    return replica_app()


def speech_app(build: Callable[[], FastAPI], options: dict[str, object]) -> Any:
    """The application of Ray Serve. build: a function, run in every replica."""
    if os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") != "1":  # HAProxy chooses by itself
        options = options | {"request_router_config": {"request_router_class": LeastBusyRouter}}
    deployment = serve.deployment(**options)
    return deployment(serve.ingress(build)(SpeechReplica)).bind()


def drain_on_interrupt() -> None:
    """Let Ctrl-C, SIGINT, end `serve run` when all that is spoken has been said; a second at once.

    SIGTERM cannot be had: Ray takes it for itself after the application is built.
    """

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for name in serve.status().applications:
            serve.delete(name)
        raise KeyboardInterrupt  # which `serve run` ends by

    if Path(sys.argv[0]).name == "serve":  # and not where `serve deploy` has it built
        signal.signal(signal.SIGINT, end)


def app(arguments: ScaleArguments) -> Any:
    """What `serve run onset.scale.ray:app` runs. Raises InvalidRequest, AssetError."""
    drain_on_interrupt()
    settings = replica_settings(load_settings())
    listeners = arguments.listeners or measured_listeners()
    return speech_app(default_app, deployment_options(arguments, listeners, settings))
