"""The server as a whole: several at once, beginning and end."""

import contextlib
import gc
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from asking import LONG, ask, error_of, http, request_speech
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset import __version__
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.errors import AssetError
from onset.protocol.http_api import HEALTH_PATH, SPEECH_PATH
from onset.serving.http.app import HttpServer, create_app, run
from onset.serving.language_preparation import greeting
from onset.serving.scheduling.scheduler import Scheduler, scheduler_of
from processes import killed_at_the_end

TESTS = Path(__file__).parents[2]
"""Where the fakes are, for processes that import them."""

FINDS_TESTS = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
"""The environment of processes that import fakes, though nothing from the working folder."""

SMALL = load_settings({}, port=0, max_characters=400, max_streams=3)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server whose every step takes 5 ms and stops at once when told to."""
    engine = fake_engine(backend=HaltableBackend(0.005), settings=SMALL)
    with serving(lambda: engine, SMALL) as running:
        yield running


def test_two_requests_stream_at_once(server: Running) -> None:
    with ThreadPoolExecutor(2) as pool:
        spans = list(pool.map(lambda _: arrivals(server), range(2)))
    (begin_a, end_a), (begin_b, end_b) = spans
    assert max(begin_a, begin_b) < min(end_a, end_b)


def arrivals(server: Running) -> tuple[float, float]:
    """When the first and the last bytes of a long answer came."""
    body = {"input": LONG, "response_format": "pcm"}
    with http.stream("POST", server.url + SPEECH_PATH, json=body) as response:
        times = [time.monotonic() for _ in response.iter_raw()]
    return times[0], times[-1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", SPEECH_PATH, 405),
        ("HEAD", SPEECH_PATH, 405),
        ("OPTIONS", SPEECH_PATH, 405),
        ("POST", HEALTH_PATH, 405),
    ],
)
def test_unknown_route_is_refused(server: Running, method: str, path: str, status: int) -> None:
    response = http.request(method, server.url + path)
    assert response.status_code == status
    assert method == "HEAD" or path in str(error_of(response)["message"])
    assert (status == 405) == ("allow" in response.headers)


def test_more_streams_than_allowed_are_refused() -> None:
    engine = fake_engine(backend=HaltableBackend(2), settings=SMALL)
    with serving(lambda: engine, SMALL) as server:
        clients = [request_speech(server) for _ in range(3)]
        eventually(lambda: server.scheduler.active == 3)
        response = ask(server)
        assert (response.status_code, error_of(response)["type"]) == (429, "rate_limit_error")
        assert int(response.headers["retry-after"]) >= 1
        for client in clients:
            client.close()


def test_unforeseen_error_of_the_server_itself_has_openais_shape() -> None:
    class Odd(Engine):
        def check(self, request: object) -> None:
            raise RuntimeError("a bug")

    engine = fake_engine()
    engine.__class__ = Odd
    with serving(lambda: engine) as server:
        response = ask(server)
        assert (response.status_code, error_of(response)["type"]) == (500, "server_error")


def test_shutdown_breaks_speech_off_rather_than_waiting_for_it() -> None:
    engine = fake_engine(backend=HaltableBackend(0.2))
    with serving(lambda: engine) as server:
        client = request_speech(server)
        assert client.recv(100)
        begin = time.monotonic()
    assert time.monotonic() - begin < 2
    rest = b"".join(iter(lambda: client.recv(65536), b""))
    client.close()
    assert not rest.endswith(b"0\r\n\r\n")


def test_run_raises_what_loading_raised() -> None:
    def load() -> Engine:
        raise AssetError("The file is damaged.")

    with pytest.raises(AssetError, match="damaged"):
        settings = load_settings({}, port=0, history=False)
        run(settings, scheduler_of(settings, load))


def test_interrupt_ends_the_process_cleanly() -> None:
    code = """
import time
from fakes import fake_engine
from onset.config import load_settings
from onset.serving.language_preparation import greeting
from onset.serving.scheduling.scheduler import scheduler_of
from onset.serving.http.app import run

def load():
    time.sleep(0.5)
    return fake_engine()

settings = load_settings({}, port=0, history=False)
run(settings, scheduler_of(settings, load))
"""
    quiet = "ignore:'audioop'"  # wyoming's
    command = [sys.executable, "-W", "error", "-W", quiet, "-c", code]
    started = subprocess.Popen(command, env=FINDS_TESTS, stderr=subprocess.PIPE, text=True)
    with killed_at_the_end(started) as process:
        assert process.stderr is not None
        first, second = process.stderr.readline(), process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(5) == 0
    assert first.startswith(f"Onset {__version__}: http://127.0.0.1:")
    assert (second, rest) == ("Ready.\n", "")


@contextlib.contextmanager
def announced(engine: Engine) -> Iterator[tuple[Scheduler, io.StringIO]]:
    """The scheduler of a server, and what it says; within the block it is ready."""
    settings = load_settings({}, port=0, history=False)
    scheduler, said = scheduler_of(settings, lambda: engine), io.StringIO()
    with contextlib.redirect_stderr(said):
        server = HttpServer(create_app(scheduler, settings), settings, announce=True)
        thread = Thread(target=server.run)
        thread.start()
        assert eventually(lambda: "Ready." in said.getvalue())
        yield scheduler, said
        server.should_exit = True
        thread.join(10)


def test_what_makes_decoding_slower_is_told_when_it_is_ready() -> None:
    engine = fake_engine()
    engine.backend.lacking = "There is no libonset_native.so for this machine."
    with announced(engine) as (_, said):
        ready = said.getvalue().splitlines()[1]
    assert ready.startswith(f"Ready. {engine.backend.lacking} ")
    assert "onset doctor" in ready


def test_no_garbage_is_looked_for_in_a_language_that_was_loaded() -> None:
    with announced(fake_engine()) as (scheduler, _):
        gc.unfreeze()
        scheduler.prepare(greeting("fr"))
        eventually(lambda: gc.get_freeze_count() > 0)
        gc.unfreeze()
        scheduler.prepare(greeting("fr"))
        time.sleep(0.3)
        assert not gc.get_freeze_count(), "only once: garbage is frozen, too"


@pytest.mark.parametrize("signals", [1, 2])
def test_first_signal_lets_speech_finish_and_a_second_breaks_it_off(signals: int) -> None:
    code = """
from fakes import HaltableBackend, fake_engine
from onset.config import load_settings
from onset.serving.language_preparation import greeting
from onset.serving.scheduling.scheduler import scheduler_of
from onset.serving.http.app import run

settings = load_settings({}, port=0, history=False)
run(settings, scheduler_of(settings, lambda: fake_engine(backend=HaltableBackend(0.02))))
"""
    command = [sys.executable, "-W", "ignore:'audioop'", "-c", code]
    started = subprocess.Popen(command, env=FINDS_TESTS, stderr=subprocess.PIPE, text=True)
    with killed_at_the_end(started) as process:
        assert process.stderr is not None
        port = int(process.stderr.readline().split()[2].rpartition(":")[2])
        assert process.stderr.readline() == "Ready.\n"
        elsewhere = Running(f"http://127.0.0.1:{port}", port, Scheduler(fake_engine, 1))
        with request_speech(elsewhere) as client:
            received = client.recv(100)
            for _ in range(signals):
                process.send_signal(signal.SIGTERM)
                time.sleep(0.3)
            received += b"".join(iter(lambda: client.recv(65536), b""))
        assert process.wait(10) == -signal.SIGTERM
        process.stderr.read()
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"0\r\n\r\n") == (signals == 1)
