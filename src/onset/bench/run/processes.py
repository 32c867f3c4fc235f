"""Processes that the benchmark starts, and stops whatever happens: our server and the peers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from selectors import EVENT_READ, DefaultSelector
from tempfile import TemporaryFile
from time import monotonic, perf_counter_ns, sleep
from typing import IO, NamedTuple

from onset.client.http_client import wait_ready
from onset.errors import ServerError

READY_SECONDS = 180.0
"""Longest wait for a process to load its model."""

STOP_SECONDS = 10.0
"""From asking a process to end until it is killed."""


QUIET = {"ONSET_PROBE_INTERVAL": "0", "ONSET_FALLBACK": "false"}
"""An idle server must not measure itself while another one is being measured; and whom it cannot
keep up with it refuses, so that what is measured is what was asked for."""


class StartedServer(NamedTuple):
    """A server of ours, ready. exec_ns, ready_ns: `perf_counter_ns` of its start and readiness."""

    url: str
    pid: int
    exec_ns: int
    ready_ns: int


def onset_server(
    settings: Mapping[str, str] | None = None,
) -> AbstractContextManager[StartedServer]:
    """Our own server as a process, ended after the block. settings: ONSET_... variables.

    Raises ServerError when it ends by itself or is not ready in READY_SECONDS.
    """
    port = str(free_port())
    command = ["onset", "serve", "--host", "127.0.0.1", "--port", port]
    environment = {**QUIET, **os.environ, **(settings or {})}
    return _started(command, f"http://127.0.0.1:{port}", environment)


def peer(module: str, arguments: Sequence[str] = ()) -> AbstractContextManager[StartedServer]:
    """A process that prints its URL once it is ready; ended after the block."""
    return _started([module, *arguments])


def free_port() -> int:
    """A TCP port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _started(
    command: Sequence[str], url: str | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[StartedServer]:
    """Run a module. url: where it will be, None when it prints that."""
    exec_ns = perf_counter_ns()
    with TemporaryFile() as log:
        # A session of its own, so that Ctrl-C reaches only us and we end the process in our order.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if url is None else log,
            stderr=log,
            start_new_session=True,
            env=environment,
        )
        with process:  # waits for it to end, and closes its pipes
            try:
                if url is None:
                    url = _announced_url(process, log)
                else:
                    _wait_until_ready(process, log, url)
                yield StartedServer(url, process.pid, exec_ns, perf_counter_ns())
            finally:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], log: IO[bytes], url: str) -> None:
    deadline = monotonic() + READY_SECONDS
    while True:
        try:
            wait_ready(url, timeout=0.5)
            return
        except ServerError as error:
            hopeless = process.poll() is not None or error.status not in (None, 503)
            if hopeless or monotonic() > deadline:
                raise ServerError(f"The server did not start: {error}\n{_tail(log)}") from error
        sleep(0.05)


def _announced_url(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    assert process.stdout is not None
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ)
        line = process.stdout.readline() if selector.select(READY_SECONDS) else b""
    if not line.startswith(b"http"):
        raise ServerError(f"{process.args!r} did not start\n{_tail(log)}")
    return line.decode().strip()


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-15:])
