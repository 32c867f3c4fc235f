"""Processes that the benchmark starts, and stops whatever happens: our server and the peers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


class StartedServer(NamedTuple):
    """A server of ours, ready. exec_ns, ready_ns: `perf_counter_ns` of its start and readiness."""

    url: str
    pid: int
    exec_ns: int
    ready_ns: int

    @property
    def moments(self) -> dict[str, int]:
        """The two moments, as marks of a recording."""
        return {"exec": self.exec_ns, "ready": self.ready_ns}


@contextmanager
def onset_server(settings: Mapping[str, str] | None = None) -> Iterator[StartedServer]:
    """Our own server as a process, ended after the block. settings: ONSET_... variables.

    Raises ServerError when it ends by itself or is not ready in READY_SECONDS.
    """
    port = free_port()
    command = [sys.executable, "-m", "onset", "serve", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, **(settings or {})}
    exec_ns = perf_counter_ns()
    with TemporaryFile() as log, _process(command, log, log, environment) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, log, url)
        yield StartedServer(url, process.pid, exec_ns, perf_counter_ns())


@contextmanager
def peer(module: str, arguments: Sequence[str] = ()) -> Iterator[StartedServer]:
    """A process that prints its URL once it is ready; ended after the block."""
    command = [sys.executable, "-m", module, *arguments]
    exec_ns = perf_counter_ns()
    with TemporaryFile() as log, _process(command, subprocess.PIPE, log) as process:
        url = _announced_url(process, log)
        yield StartedServer(url, process.pid, exec_ns, perf_counter_ns())


def free_port() -> int:
    """A TCP port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_Process = subprocess.Popen[bytes]


@contextmanager
def _process(
    command: Sequence[str],
    out: IO[bytes] | int,
    log: IO[bytes],
    environment: Mapping[str, str] | None = None,
) -> Iterator[_Process]:
    # A session of its own, so that Ctrl-C reaches only us and we end the process in our order.
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=log,
        start_new_session=True,
        env=environment,
    )
    with process:  # waits for it to end, and closes its pipes
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(process: _Process, log: IO[bytes], url: str) -> None:
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


def _announced_url(process: _Process, log: IO[bytes]) -> str:
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
