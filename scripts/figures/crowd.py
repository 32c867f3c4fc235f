"""Many at once on a server whose model costs nothing: `python scripts/figures/crowd.py`.

Starts a server with the fake backend in a process of its own and prints what a crowd does to it:
how late its event loop gets, its memory, and what a thousand who leave abruptly leave behind; then
one line of JSON for machines, and a verdict for each promise. Exit code 1 if one is broken.

Lag: a callback is due every 5 ms on a fixed grid; one that is late counts for every one it held up,
so a long pause weighs as long as it was. The listeners share the cores with the server: they are
one process of lower priority that only reads 200 ms every 200 ms, as a player does, so that
waiting for them is not what is measured. Beside the lag stand the server's CPU seconds and those
for which its loop was ready but others had the cores (`kept_waiting_s`): on a machine that does
something else as well the lag is also that something's, and fewer are admitted.

The floor: 500 listeners at 48,000 bytes a second are 24 MB/s; in chunks of 50 ms that is 10,000
sends a second, and if all that waits for a listener is sent together, two seconds at most, 250.
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
from dataclasses import dataclass, field
from time import monotonic, process_time, sleep
from typing import Any

import numpy as np
import psutil
import typer
from verdicts import conclude

from onset.bench.run.fingerprint import environment
from onset.client.http_client import health, wait_ready
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.model.backend import DECODER_FRAME_SAMPLES, AdainStatistics, Decoder, Prosody
from onset.model.fake_backend import FakeBackend
from onset.protocol.http_api import SPEECH_PATH
from onset.serving.http.app import HttpServer, create_app
from onset.serving.scheduling.scheduler import SWITCH, Scheduler, scheduler_of
from onset.stats.quantiles import quantile
from onset.types import Floats, Halt

TEXT = "The quiet harbor was full of lanterns, and nobody wanted to be the first to leave. " * 40
TICK = 0.005
READ = 65_536
PIECE = 9_600
"""Bytes of 200 ms of sound: what a player takes at once."""

HEAD = b"HTTP/1.1 200"
POLITE = 10
"""How much nicer the listeners are than the server."""

MOST_LAG_MS = 20.0
MOST_BYTES = 500_000
"""Memory a listener may cost: 2 s of samples that wait, 2 s of bytes, text and request."""

MOST_LEFT_BYTES = 16_000_000
"""What the allocator may keep after a thousand have left."""


def serve(port: int, streams: int) -> None:
    """The server's process. A line on its input is answered with how it is."""
    engine = Engine(load_settings({}), backend=Instant())
    settings = load_settings(
        {}, port=port, max_streams=streams + 50, max_connections=4 * streams + 100, drain_timeout=0
    )
    sys.setswitchinterval(SWITCH)
    app = create_app(scheduler_of(settings, lambda: engine), settings)
    server = HttpServer(app, settings)
    watched = Watched()

    async def watch() -> None:
        due = monotonic() + TICK
        while True:
            await asyncio.sleep(max(0.0, due - monotonic()))
            now = monotonic()
            watched.most_active = max(watched.most_active, app.state.scheduler.active)
            while due <= now:
                watched.late.append(now - due)
                due += TICK

    def answer() -> None:
        for number, _ in enumerate(sys.stdin):
            if not number:
                gc.freeze()  # as the server does when its model is there
            print(json.dumps(_state(app.state.scheduler, watched)), flush=True)
        server.should_exit = True

    async def both() -> None:
        watching = asyncio.create_task(watch())
        threading.Thread(target=answer, daemon=True).start()
        await server.serve()
        watching.cancel()

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(both())


@dataclass(slots=True)
class Watched:
    """What was seen since it was last asked for."""

    late: list[float] = field(default_factory=list)
    most_active: int = 0
    cpu: float = 0.0
    kept_waiting: float | None = None


def _state(scheduler: Scheduler, watched: Watched) -> dict[str, object]:
    found = watched.late
    gc.collect()  # holds up all threads: what follows it counts for nobody
    sleep(2 * TICK)
    watched.late = []
    most, watched.most_active = watched.most_active, 0
    before, watched.cpu = watched.cpu, process_time()
    waited, watched.kept_waiting = watched.kept_waiting, _kept_waiting()
    return {
        "lag_ms_p50": _ms(quantile(found, 0.5)),
        "lag_ms_p99": _ms(quantile(found, 0.99)),
        "lag_ms_max": _ms(max(found, default=None)),
        "ticks": len(found),
        "cpu_s": round(watched.cpu - before, 2),
        "kept_waiting_s": _since(waited, watched.kept_waiting),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else None,
        "rss_bytes": psutil.Process().memory_info().rss,
        "active": scheduler.active,
        "most_active": most,
    }


def _kept_waiting() -> float | None:
    """Seconds that the loop's thread was ready to run while others had the cores; None: unknown."""
    path = f"/proc/self/task/{os.getpid()}/schedstat"
    if not os.path.exists(path):
        return None
    with open(path) as found:
        return int(found.read().split()[1]) / 1e9


def _since(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else round(now - before, 2)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 2)


class Instant(FakeBackend):
    """Its samples are there already: even the fake one's humming is work for 500."""

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        """A hum, from a table."""
        return Table(prosody.frames - start)


class Table(Decoder):
    """Samples that never were computed."""

    SAMPLES = np.full(DECODER_FRAME_SAMPLES * 64, 0.1, np.float32)

    def __init__(self, frames: int) -> None:
        self.remaining = frames

    def step(self, frames: int) -> Floats:
        """The next samples."""
        frames = min(frames, self.remaining, 64)
        self.remaining -= frames
        return self.SAMPLES[: frames * DECODER_FRAME_SAMPLES]


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
        self.state()  # settled

    def state(self) -> dict[str, Any]:
        """How it is, and how late it was since it was last asked."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
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
    """Play an answer as a player would, 200 ms every 200 ms; gives the bytes, 0 if refused."""
    await asyncio.sleep(begin)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=READ)
    writer.write(_request(TEXT))
    end = monotonic() + seconds
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(HEAD):
            return 0
        heard = 0
        while monotonic() < end and (part := await reader.read(PIECE)):
            heard += len(part)
            await asyncio.sleep(len(part) / 48_000)
    finally:
        writer.transport.abort()
    return heard


async def crowd(port: int, streams: int, seconds: float) -> list[int]:
    """Fifty more every second, all until the same moment: `seconds` after the last has come."""
    last = (streams - 1) / 50
    each = ((number / 50, seconds + last - number / 50) for number in range(streams))
    return await asyncio.gather(*(listen(port, stay, begin) for begin, stay in each))


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
        os.nice(POLITE)
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
        "heard_seconds_mean": round(sum(heard) / len(heard) / 48_000, 2),
        "during_streams": during,
    }
    for name, value in figures.items():
        print(f"{name}: {value}")
    kept = verdicts(before, after, during, figures)
    print(json.dumps(figures | {"kept": all(kept.values()), "environment": environment()}))
    conclude(kept)


def verdicts(
    before: dict[str, Any], after: dict[str, Any], during: dict[str, Any], figures: dict[str, Any]
) -> dict[str, bool]:
    """Each promise with its figure, and whether it was kept."""
    streams, grown = figures["streams"], during["rss_bytes"] - after["rss_bytes"]
    left = after["rss_bytes"] - before["rss_bytes"]
    served = min(figures["heard"], during["most_active"])
    lag, a_listener = during["lag_ms_p99"], grown / max(served, 1)
    in_time = lag is not None and lag <= MOST_LAG_MS
    found = {
        f"{served} streams served at once (of {streams})": served == streams,
        f"event-loop lag p99 {lag} ms (<= {MOST_LAG_MS:g})": in_time,
        f"{a_listener:.0f} bytes a stream (<= {MOST_BYTES})": a_listener <= MOST_BYTES,
    }
    for name in ("threads", "files", "active"):
        told = f"{name} after {figures['leavers']} left: {after[name]} (= {before[name]})"
        found[told] = before[name] == after[name]
    found[f"memory they left: {left} bytes (<= {MOST_LEFT_BYTES})"] = left <= MOST_LEFT_BYTES
    return found


if __name__ == "__main__":
    typer.run(main)
