"""Servers that are attacked: processes of their own, with their logs, memory and descriptors."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

HASTY = {"ONSET_HEADER_TIMEOUT": "2", "ONSET_IDLE_TIMEOUT": "5", "ONSET_DRAIN_TIMEOUT": "2"}
"""Limits that pass while an attack still runs."""

HEALTH_SECONDS = 1.0
"""Longest answer of `/health` that is in bounds."""

HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

START_SECONDS = 300.0

PATIENCE = 60.0
"""Seconds that anything may take on a machine that does something else as well."""

BUSY = ("user", "nice", "system", "irq", "softirq", "steal")
"""Kinds of time in which a core is used, of those that the system has."""

FAKE = Path(__file__).with_name("fake_server.py")


@dataclass(frozen=True)
class Server:
    """A server that runs. wyoming: its port for Wyoming."""

    url: str
    port: int
    wyoming: int
    process: psutil.Process
    log: Path

    @property
    def tracebacks(self) -> int:
        """In its log."""
        return self.log.read_bytes().count(b"Traceback")

    @property
    def memory(self) -> int:
        """Bytes of resident memory."""
        return int(self.process.memory_info().rss)

    @property
    def cpu(self) -> float:
        """Seconds of CPU time that it took."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def connect(self, timeout: float = 5.0) -> socket.socket:
        """A connection that waits at most so many seconds for anything."""
        one = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        one.settimeout(timeout)
        return one

    def health(self, timeout: float = 20.0) -> float | None:
        """Seconds until `/health` answered 200, by a FairClock; None if it did not."""
        clock = FairClock(self.process)
        with contextlib.suppress(OSError), self.connect(timeout) as one:
            one.sendall(HEALTH)
            if one.recv(4096).startswith(b"HTTP/1.1 200"):
                return clock.seconds()
        return None


class FairClock:
    """Seconds in which a server could work: other programs on its machine are no fault of it.

    Not counted are those for which its event loop, or this thread, was ready and others had the
    cores; nor the share of the cores that other programs had, which its other threads waited for.
    """

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._begun, self._before = time.monotonic(), self._now()

    @property
    def lost(self) -> float:
        """Seconds that are not counted."""
        wall = time.monotonic() - self._begun
        waited, others = (now - was for now, was in zip(self._now(), self._before, strict=True))
        return not_had(wall, waited, others, os.cpu_count() or 1)

    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._begun - self.lost

    def _now(self) -> tuple[float, float]:
        """Seconds of waiting for a core, and seconds of cores that others used."""
        waited = sum(map(waited_for_a_core, (self._process.pid, threading.get_native_id())))
        whole, ours = psutil.cpu_times(), os.times()
        used = sum(getattr(whole, kind, 0.0) for kind in BUSY) - ours.user - ours.system
        with contextlib.suppress(psutil.Error):  # it has ended
            server = self._process.cpu_times()
            used -= server.user + server.system
        return waited, used


def not_had(wall: float, waited: float, others: float, cores: int) -> float:
    """Seconds of `wall` that one did not have: waited for a core, or their share of `cores`."""
    return min(wall, max(waited, others / cores, 0.0))


def waited_for_a_core(thread: int) -> float:
    """Seconds that a thread, or a process's first one, was ready to run until now; 0: unknown."""
    try:
        return int(Path(f"/proc/{thread}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


@contextlib.contextmanager
def served(real: bool = False, wrapper: Sequence[str] = (), **environment: str) -> Iterator[Server]:
    """A server for the block, with a cache of its own unless it is real. wrapper: what runs it."""
    port, wyoming = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        log, own = Path(folder) / "log", {} if real else {"ONSET_CACHE_DIR": folder + "/cache"}
        where = {"ONSET_PORT": str(port), "ONSET_WYOMING_PORT": str(wyoming)}
        command = ["-m", "onset", "serve"] if real else [str(FAKE)]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*wrapper, sys.executable, "-P", *command],
                stdout=out,
                stderr=out,
                env={**os.environ, **HASTY, **own, **where, **environment},
            )
        url = f"http://127.0.0.1:{port}"
        try:
            server = Server(url, port, wyoming, psutil.Process(process.pid), log)
            _wait(server, process)
            yield server
        finally:
            _end(process)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [int(one.getsockname()[1]) for one in sockets]


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.health() is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The server did not start: {server.log.read_text()[-400:]}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class HealthWatch:
    """Asks `/health` every 0.2 s within the block.

    slowest: its seconds as `Server.health` counts them; a refusal counts as 5. busy: seconds of the
    slowest answer with what other programs took.
    """

    def __init__(self, server: Server) -> None:
        self.slowest = self.busy = 0.0
        self._server, self._over = server, threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "HealthWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            begun, seconds = time.monotonic(), self._server.health()
            self.slowest = max(self.slowest, 5.0 if seconds is None else seconds)
            self.busy = max(self.busy, time.monotonic() - begun)
            self._over.wait(0.2)

    @property
    def figures(self) -> str:
        """For the table."""
        return f"/health {self.slowest:.2f} s ({self.busy:.2f} s with other programs)"
