"""The HTTP server: an app of routes around one scheduler, and uvicorn around the app."""

import asyncio
import contextlib
import gc
import logging
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from socket import fromfd, socket
from time import monotonic
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from onset import __version__
from onset.config import Settings
from onset.errors import AssetError
from onset.monitoring.exports.span_export import span_export
from onset.monitoring.history.history_store import FILE
from onset.monitoring.probe.probe_watch import ProbeWatch
from onset.monitoring.server_monitor import ServerMonitor
from onset.serving.http.catalog import MODEL, add_catalog, add_lexicon
from onset.serving.http.compatible import add_compatible
from onset.serving.http.connection_limits import LimitedConnection
from onset.serving.http.dashboard.dashboard_routes import add_page
from onset.serving.http.dashboard.live_panels import LivePanels
from onset.serving.http.error_handlers import add_error_handlers
from onset.serving.http.middleware.auth import add_auth
from onset.serving.http.middleware.plain_paths import PlainPaths
from onset.serving.http.middleware.request_id import RequestIds
from onset.serving.http.middleware.request_log import RequestLog
from onset.serving.http.middleware.request_turns import RequestTurns
from onset.serving.http.monitoring_routes import add_monitoring, state_of
from onset.serving.http.performance import Benchmarks, add_benchmarks
from onset.serving.http.playback_reports import add_playback_reports
from onset.serving.http.speech import add_speech
from onset.serving.http.websocket import LONGEST_MESSAGE, add_websocket
from onset.serving.http.websocket_limits import LimitedWebSocket
from onset.serving.idle_probe import IdleProbe
from onset.serving.language_preparation import LanguagePreparation, languages_of
from onset.serving.scheduling.scheduler import SWITCH, WARM_UP, Scheduler
from onset.serving.wyoming import serving_wyoming

OWN_DESCRIPTORS = 256
"""Descriptors beside those of connections; a server that spoke holds 65."""

ACCEPTED = 32
"""Connections accepted in one pass of the event loop. uvloop takes one for each time it waits at a
socket, so one that comes behind a thousand others would wait for a thousand passes."""

STALLED = 2
"""Seconds that a client which does not read can hold up the end of the server."""


def create_app(scheduler: Scheduler, settings: Settings) -> FastAPI:
    """The ASGI app; it starts the scheduler, if that was not done, and closes it."""
    monitor = _monitor(scheduler, settings)
    spans = span_export(MODEL) if settings.otel else None
    if spans is not None:
        scheduler.answers.listeners.append(spans.add)
    preparation = LanguagePreparation(
        scheduler, languages_of(settings.languages), _history(settings)
    )
    jobs = IdleProbe(scheduler, monitor.probes, WARM_UP), preparation

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        scheduler.start()
        monitor.start()
        try:
            async with running(*jobs), _wyoming(app, settings):
                yield
        finally:
            await asyncio.to_thread(benchmarks.close)
            await asyncio.to_thread(scheduler.close)
            await monitor.close()
            if spans is not None:
                await asyncio.to_thread(spans.close)

    app = FastAPI(
        title="Onset",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # PlainPaths has dropped them
        telemetry={"auto_configure": False},  # an exception could quote the text
    )
    app.state.scheduler, app.state.monitor, app.state.failure = scheduler, monitor, None
    # What every request passes on its way in, the last line first.
    add_auth(app, settings)
    count = monitor.meters.count_request
    app.add_middleware(RequestLog, settings=settings, answers=scheduler.answers, count=count)
    for outer in (RequestTurns, RequestIds, PlainPaths):
        app.add_middleware(outer)
    add_error_handlers(app)
    add_speech(app, scheduler, settings)  # POST /v1/audio/speech, /v1/audio/speech/prepare
    add_compatible(app, scheduler, settings)  # what clients of other servers ask for
    add_websocket(app, scheduler, settings)  # WebSocket /v1/audio/speech/stream
    add_catalog(app, scheduler)  # GET /v1/audio/voices, /v1/models, /v1/models/{model}, /health
    add_lexicon(app, scheduler, settings)  # GET /v1/audio/lexicon, POST /v1/audio/lexicon/test
    benchmarks = app.state.benchmarks = _add_watching(app, settings, monitor)
    return app


def _add_watching(app: FastAPI, settings: Settings, monitor: ServerMonitor) -> Benchmarks:
    """Add what tells how the server is doing; the benchmarks have to be closed."""
    # POST, GET /performance/heard, /performance/played
    add_playback_reports(app, settings, monitor.note_report, monitor.note_end)
    panels = LivePanels(monitor.snapshots, monitor.window).viewer
    add_monitoring(app, monitor, panels)  # GET /metrics, /performance/ttfa, .../live, .../history
    add_page(app)  # GET /, /dashboard, and its files
    return add_benchmarks(app, settings)  # POST, GET /performance/benchmark, and GET below it


@contextlib.asynccontextmanager
async def running(*jobs: IdleProbe | LanguagePreparation) -> AsyncIterator[None]:
    """Run jobs within the block; what is left of them at its end is cancelled."""
    tasks = [asyncio.create_task(job.run()) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _history(settings: Settings) -> Path | None:
    """Where figures of answers are kept."""
    return settings.cache_dir / FILE if settings.history else None


def _monitor(scheduler: Scheduler, settings: Settings) -> ServerMonitor:
    """What watches the server, as its settings say."""
    url = settings.alert_url.get_secret_value() if settings.alert_url else None
    probes = ProbeWatch(settings.probe_interval)
    state = partial(state_of, scheduler, probes)
    monitor = ServerMonitor(scheduler.answers, state, MODEL, _history(settings), url, probes)
    scheduler.stops.append(monitor.meters.count_stop)
    return monitor


@contextlib.asynccontextmanager
async def _wyoming(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """Serve Wyoming within the block. Where its port is taken, that is `app.state.failure`."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            serving = serving_wyoming(app.state.scheduler, settings)
            app.state.wyoming_port = await stack.enter_async_context(serving)
        except OSError as error:
            app.state.failure = cannot_listen(settings.host, settings.wyoming_port, error)
        yield


class HttpServer(uvicorn.Server):
    """uvicorn around an app, which finishes the speech in progress when it is told to end.

    announce: write the address to stderr, and when the model is loaded.
    """

    def __init__(self, app: FastAPI, settings: Settings, announce: bool = False) -> None:
        self.url = ""
        self._announce, self._announced_ready = announce, False
        self._frozen: list[str] | None = None  # the languages that were loaded at the last time
        self._drain_timeout = settings.drain_timeout
        self._scheduler: Scheduler = app.state.scheduler
        self._monitor: ServerMonitor = app.state.monitor
        self._state = app.state
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                http=LimitedConnection.limited(settings),
                log_config=None,
                ws=LimitedWebSocket.limited(settings),
                ws_max_size=LONGEST_MESSAGE,
                ws_per_message_deflate=False,  # PCM does not shrink
                ws_ping_timeout=settings.idle_timeout,  # waits behind unread audio
                log_level="error",  # what it warns of is logged by us
                access_log=False,
                proxy_headers=False,
                timeout_graceful_shutdown=STALLED,
            )
        )

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, and note where: `url` stays known when the server is gone. Raises AssetError."""
        logger = logging.getLogger("uvicorn.error")
        level = logger.level
        logger.setLevel(logging.CRITICAL + 1)  # what it would say is raised
        try:
            await super().startup(sockets)
        except SystemExit:
            raise cannot_listen(self.config.host, self.config.port) from None
        finally:
            logger.setLevel(level)
        if self.should_exit or not self.servers:
            return
        await self._accept_more()
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._say(f"Onset {__version__}: {self.url} (a page for browsers; loading the model)")

    async def _accept_more(self) -> None:
        """Wait at the same socket ACCEPTED times."""
        protocol: Any = self.config.http_protocol_class
        connection = partial(
            protocol,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        loop, first = asyncio.get_running_loop(), self.servers[0].sockets[0]
        for _ in range(ACCEPTED - 1):
            again = fromfd(first.fileno(), first.family, first.type)
            backlog = self.config.backlog
            self.servers.append(await loop.create_server(connection, sock=again, backlog=backlog))

    async def on_tick(self, counter: int) -> bool:
        """Also leave if the model cannot be loaded."""
        if self._announce and self._scheduler.ready:
            self._freeze_loaded()
        if self._announce and not self._announced_ready and self._scheduler.ready:
            self._announced_ready = True
            lacking = self._scheduler.require_ready().backend.lacking
            slower = "So decoding takes two to three times as long; onset doctor tells the remedy."
            self._say("Ready." if lacking is None else f"Ready. {lacking} {slower}")
        failed = self._scheduler.failure is not None or self._state.failure is not None
        return await super().on_tick(counter) or failed

    def _freeze_loaded(self) -> None:
        """Collect no garbage in what was loaded: all languages hold everybody up for 40 ms."""
        languages = self._scheduler.languages
        if languages != self._frozen:
            self._frozen = languages
            gc.enable()
            gc.freeze()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Also end in order when the terminal is closed, unless that is to be ignored (nohup)."""
        with super().capture_signals():
            if not is_main_thread() or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
                yield
                return
            before = signal.signal(signal.SIGHUP, self.handle_exit)
            try:
                yield
            finally:
                signal.signal(signal.SIGHUP, before)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets speech finish, the second breaks it off, whichever they are."""
        again = self.should_exit
        super().handle_exit(sig, frame)
        self.force_exit = again

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Finish the streams, end those that take too long, and only then the connections."""
        for server in self.servers:
            server.close()
        self._scheduler.refuse()
        self._monitor.live.close()
        deadline = monotonic() + self._drain_timeout
        while self._scheduler.active and not self.force_exit and monotonic() < deadline:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(self._scheduler.close)
        await super().shutdown(sockets)

    def _say(self, line: str) -> None:
        if self._announce:
            print(line, file=sys.stderr, flush=True)


def cannot_listen(host: str, port: int | None, error: OSError | None = None) -> AssetError:
    """What to say if an address cannot be bound."""
    reason = "it is taken, or no address of this machine"
    reason = reason if error is None or error.strerror is None else error.strerror
    return AssetError(f"Cannot listen on {host}:{port}: {reason}. Choose another port or host.")


def is_main_thread() -> bool:
    """Whether signals reach this thread."""
    return threading.current_thread() is threading.main_thread()


def allow_descriptors(count: int) -> None:
    """Let this process hold so many, if it may; a shell often gives it 1,024, or 256."""
    try:
        resource = import_module("resource")
    except ImportError:
        return  # Windows has no such limit
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run(settings: Settings, scheduler: Scheduler) -> None:
    """Serve until interrupted. Raises what loading an engine raised."""
    sys.setswitchinterval(SWITCH)
    allow_descriptors(2 * settings.max_connections + OWN_DESCRIPTORS)  # HTTP's and Wyoming's
    app = create_app(scheduler, settings)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn has shut down when it passes it on
        HttpServer(app, settings, announce=True).run()
    failure: Exception | None = app.state.failure or app.state.scheduler.failure
    if failure is not None:
        raise failure
