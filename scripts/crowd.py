"""Many at once on a server whose model costs nothing: `python scripts/crowd.py`.

Starts a server with the fake backend in a process of its own and prints what a crowd does to it:
how late its event loop gets, its memory, and what a thousand who leave abruptly leave behind.
Ends with one line of JSON for machines.
"""

import asyncio
import gc
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import typer

from onset.bench.machine import environment, resident_bytes
from onset.bench.quantiles import quantile
from onset.client import health, wait_ready
from onset.config import load_settings
from onset.engine import Engine
from onset.model import FakeBackend
from onset.scheduler import Scheduler
from onset.server import SWITCH, Server, create_app
from onset.wire import SPEECH_PATH

TEXT = "The quiet harbor was full of lanterns, and nobody wanted to be the first to leave. " * 40
TICK = 0.005
READ = 65_536
PIECE = 9_600
"""Bytes of 200 ms of sound: what a player takes at once."""


def serve(port: int, streams: int) -> None:
    """The server's process. A line on its input is answered with how it is."""
    engine = Engine(load_settings({}), backend=FakeBackend(0.0002))
    settings = load_settings(
        {}, port=port, max_streams=streams + 50, max_connections=4 * streams + 100, drain_timeout=0
    )
    sys.setswitchinterval(SWITCH)
    app = create_app(lambda: engine, settings)
    server = Server(app, settings)
    late: list[float] = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            late.append(loop.time() - due)

    def answer() -> None:
        for _ in sys.stdin:
            print(json.dumps(_state(app.state.scheduler, late)), flush=True)
            late.clear()
        server.should_exit = True

    async def both() -> None:
        watching = asyncio.create_task(watch())
        threading.Thread(target=answer, daemon=True).start()
        await server.serve()
        watching.cancel()

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(both())


def _state(scheduler: Scheduler, late: list[float]) -> dict[str, object]:
    gc.collect()
    found = list(late)
    return {
        "lag_ms_p50": _ms(quantile(found, 0.5)),
        "lag_ms_p99": _ms(quantile(found, 0.99)),
        "lag_ms_max": _ms(max(found, default=None)),
        "ticks": len(found),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else None,
        "rss_bytes": resident_bytes(os.getpid()),
        "active": scheduler.active,
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 2)


class Crowded:
    """The server's process, and how it says it is."""

    def __init__(self, streams: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        which = ["--serve-port", str(self.port), "--streams", str(streams)]
        command = [sys.executable, __file__, *which]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = f"http://127.0.0.1:{self.port}"
        wait_ready(self.url, 120)

    def state(self) -> dict[str, object]:
        """How it is, and how late it was since it was last asked."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, object] = json.loads(self.process.stdout.readline())
        return found

    def idle(self) -> None:
        """Wait until it works for nobody."""
        deadline = monotonic() + 60
        while health(self.url).active and monotonic() < deadline:
            sleep(0.02)


@contextmanager
def crowded(streams: int) -> Iterator[Crowded]:
    """A server for the block."""
    server = Crowded(streams)
    try:
        yield server
    finally:
        server.process.communicate(timeout=20)


def _request(text: str) -> bytes:
    body = json.dumps({"input": text, "response_format": "pcm"}).encode()
    head = f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def listen(port: int, seconds: float, begin: float) -> int:
    """Play an answer as a player would, 200 ms every 200 ms; gives the bytes heard."""
    await asyncio.sleep(begin)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=READ)
    writer.write(_request(TEXT))
    heard, end = 0, monotonic() + seconds
    try:
        while monotonic() < end and (part := await reader.read(PIECE)):
            heard += len(part)
            await asyncio.sleep(len(part) / 48_000)
    finally:
        writer.transport.abort()
    return heard


async def crowd(port: int, streams: int, seconds: float) -> list[int]:
    """All of them at once, fifty more every second."""
    return await asyncio.gather(*(listen(port, seconds, number / 50) for number in range(streams)))


def leave(port: int, count: int) -> None:
    """Ask and be gone, each in another moment of the answer."""
    for number in range(count):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(_request(TEXT))
        if number % 3:
            client.recv(100 if number % 3 == 1 else READ)
        if number % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def main(streams: int = 500, seconds: float = 20, leavers: int = 1000, serve_port: int = 0) -> None:
    """Print what a crowd and a thousand who leave do to a server."""
    if serve_port:
        serve(serve_port, streams)
        return
    with crowded(streams) as server:
        leave(server.port, 100)  # the first ones fill pools and caches
        server.idle()
        before = server.state()
        leave(server.port, leavers)
        server.idle()
        after = server.state()
        heard = asyncio.run(crowd(server.port, streams, seconds))
        during = server.state()
    figures = {
        "bench": "crowd",
        "leavers": leavers,
        "before": before,
        "after_leavers": after,
        "streams": streams,
        "heard": sum(count > 0 for count in heard),
        "heard_seconds_least": min(heard) / 48_000,
        "during_streams": during,
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    print(json.dumps(figures | {"environment": environment()}))


if __name__ == "__main__":
    typer.run(main)
