"""Many replicas behind Ray Serve on this machine: `python scripts/figures/ray_figures.py`.

Needs the extra `ray`. Each replica has the fake backend, which waits instead of computing, so that
eight fit on two cores and what is measured is the way to them. Three parts, all by default:

first     first sound through Serve and of a plain server, one after the other in turns
streams   1, 2, 4 and 8 replicas, a few listeners more than they keep up with: whom they serve
          without running dry, whom they refuse
failover  1,000 answers from 8 replicas, one of which is killed every 10 s

RAY_SERVE_ENABLE_HA_PROXY=1 measures Serve with HAProxy instead of its proxy in Python. At the end
there is a verdict for each promise and a line of JSON. Exit code 1 if one is broken.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, perf_counter, sleep
from typing import Any

import httpx
import psutil
import ray
from fastapi import FastAPI
from ray import serve
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onset.bench.run.fingerprint import environment
from onset.bench.run.processes import free_port
from onset.client.http_client import wait_ready
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.model.fake_backend import FakeBackend
from onset.protocol.http_api import SPEECH_PATH
from onset.scale.ray import replica_app, speech_app
from onset.scale.replica_capacity import listeners_of
from onset.scale.replica_limits import ScaleArguments, deployment_options
from onset.serving.http.app import run
from onset.serving.scheduling.scheduler import scheduler_of
from onset.stats.quantiles import quantile
from onset.types import Word

SENTENCE = "The quiet harbor was full of lanterns, and nobody wanted to be the first to leave. "
LONG = 40 * SENTENCE
SHORT = "Good morning, all of you."
DELAY = 0.03
"""Seconds that each front, trunk and step waits, where a step makes 200 ms of speech."""

MORE = 2
"""Listeners more than a replica keeps up with, for each replica."""

PIECE, PIECE_SECONDS = 9_600, 0.2
"""Bytes of what a player takes at once, and how long it plays; also what it holds back at first."""

APART = 0.05
"""Seconds between two listeners who come."""

KILL_SECONDS = 10.0
REPLICA = "x-replica"
FOUND = 180.0
"""Seconds in which a replica is ready, on a machine that starts eight."""

LEAST_SHARE, MOST_LATER_MS = 7 / 8, 15.0
"""What is promised: streams of n replicas over n times those of one; first sound over plain."""


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
    verdicts: list[tuple[bool, str]] = field(default_factory=list)

    def deploy(self, replicas: int) -> None:
        """So many replicas, all ready."""
        arguments = ScaleArguments(replicas=replicas, cores=0.05)
        settings = load_settings({}, max_streams=100, drain_timeout=5)
        serve.run(speech_app(fake_app, deployment_options(arguments, self.listeners, settings)))
        deadline = monotonic() + FOUND
        while len(self.seen()) < replicas and monotonic() < deadline:
            sleep(0.2)

    def seen(self) -> set[int]:
        """The replicas that answer now."""
        answers = (httpx.get(self.url + "/v1/models", timeout=FOUND) for _ in range(40))
        return {int(answer.headers[REPLICA]) for answer in answers if REPLICA in answer.headers}

    def tell(self, kept: bool, what: str) -> None:
        """Note a verdict."""
        print(("kept    " if kept else "BROKEN  ") + what, flush=True)
        self.verdicts.append((kept, what))


@contextmanager
def plain_server() -> Iterator[str]:
    """A server of the same engine without Serve, as a process."""
    port = free_port()
    command = [sys.executable, __file__, "--serve-port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_ready(url, FOUND)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def first_ms(client: httpx.Client, url: str) -> float:
    """Milliseconds until the first sound of a sentence is here, on a new connection."""
    begin = perf_counter()
    with client.stream("POST", url + SPEECH_PATH, json=body(SHORT)) as answer:
        answer.raise_for_status()
        pieces = answer.iter_raw()
        next(pieces)
        took = perf_counter() - begin
        for _ in pieces:
            pass
    return 1e3 * took


def body(text: str) -> dict[str, str]:
    """A request for speech."""
    return {"input": text, "response_format": "pcm"}


def measure_first(measured: Measured, trials: int = 50) -> None:
    """First sound through Serve and without, in turns, of two servers with nothing else to do."""
    measured.deploy(1)
    limits = httpx.Limits(max_keepalive_connections=0)
    with plain_server() as plain, httpx.Client(limits=limits, timeout=FOUND) as client:
        took: dict[str, list[float]] = {plain: [], measured.url: []}
        for trial in range(trials + 5):
            for url in random.sample(list(took), 2):
                milliseconds = first_ms(client, url)
                if trial >= 5:  # before, they and Serve's routes are warmed up
                    took[url].append(milliseconds)
        ours, theirs = (quantile(sorted(took[url]), 0.5) for url in (measured.url, plain))
    assert ours is not None and theirs is not None
    later = round(ours - theirs, 1)
    measured.figures |= {"first_ms": round(ours, 1), "plain_first_ms": round(theirs, 1)}
    what = f"first sound {later} ms after the plain server's (<= {MOST_LATER_MS:g})"
    measured.tell(later <= MOST_LATER_MS, what)


@dataclass(slots=True)
class Listening:
    """What one listener met. first: seconds to their first piece; None: they were refused."""

    status: int = 0
    first: float | None = None
    stalls: int = 0
    pieces: int = 0


async def listen(url: str, come: float, until: float) -> Listening:
    """Play an answer until a moment: one who has held back a piece and takes one every 200 ms."""
    await asyncio.sleep(max(0.0, come - monotonic()))
    heard, begin, waiting = Listening(), monotonic(), 0
    async with httpx.AsyncClient(timeout=FOUND) as client:
        async with client.stream("POST", url + SPEECH_PATH, json=body(LONG)) as answer:
            heard.status = answer.status_code
            if heard.status != 200:
                return heard
            due = 0.0
            async for part in answer.aiter_raw(PIECE):
                now = monotonic()
                if heard.first is None:
                    heard.first, due = now - begin, now + PIECE_SECONDS
                elif now > due:
                    heard.stalls, due = heard.stalls + 1, now
                due, waiting = due + PIECE_SECONDS, waiting + len(part)
                heard.pieces += 1
                if now > until:
                    break
                # A player that has two seconds reads no faster than it plays.
                await asyncio.sleep(max(0.0, due - now - 2))
    return heard


def measure_streams(measured: Measured, seconds: float) -> None:
    """Whom some and many replicas serve, and whom they refuse."""
    rows = []
    for replicas in measured.replicas:
        measured.deploy(replicas)
        offered = replicas * (measured.listeners + MORE)
        before = proxy_seconds()
        row = told(replicas, asyncio.run(crowd(measured.url, offered, seconds)))
        heard = row["heard_s"]
        row["proxy_cores_a_listener"] = round((proxy_seconds() - before) / heard, 4)
        rows.append(row)
        print(row, flush=True)
    measured.figures["streams"] = rows
    least, largest = measured.replicas[0], measured.replicas[-1]
    few, most = rows[0]["whole"], rows[-1]["whole"]
    need = LEAST_SHARE * largest / least * few
    what = f"{most} streams without a stall of {largest} replicas, {few} of {least}"
    measured.tell(few > 0 and most >= need, f"{what} (>= {need:g})")


async def crowd(url: str, offered: int, seconds: float) -> list[Listening]:
    """One listener after the other, all until the same moment."""
    begin = monotonic()
    until = begin + APART * offered + seconds
    return await asyncio.gather(
        *(listen(url, begin + APART * number, until) for number in range(offered))
    )


def proxy_seconds() -> float:
    """Processor seconds of Serve's proxy until now, by the names of its processes."""
    ours = psutil.Process().children(recursive=True)
    named = ((process, " ".join(process.cmdline())) for process in ours)
    proxies = [process for process, name in named if "ProxyActor" in name or "/haproxy" in name]
    return sum(sum(process.cpu_times()[:2]) for process in proxies)


def told(replicas: int, heard: list[Listening]) -> dict[str, Any]:
    """The figures of a crowd."""
    firsts = sorted(each.first for each in heard if each.first is not None)
    first = quantile(firsts, 0.5)
    return {
        "replicas": replicas,
        "offered": len(heard),
        "served": len(firsts),
        "whole": sum(each.first is not None and not each.stalls for each in heard),
        "refused": sum(each.status in (429, 503) for each in heard),
        "first_ms_p50": None if first is None else round(1e3 * first),
        "heard_s": round(sum(each.pieces for each in heard) * PIECE_SECONDS, 1),
    }


@dataclass(slots=True)
class Failover:
    """Answers while replicas are killed. killed: when each was, by process."""

    url: str
    ends: Counter[str] = field(default_factory=Counter)
    speaking: Counter[int] = field(default_factory=Counter)
    killed: dict[int, float] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    async def answer(self, client: httpx.AsyncClient) -> None:
        """Ask until there is a whole answer; a refusal and a broken answer are asked for anew."""
        while True:
            end = await self._once(client)
            self.ends[end] += 1
            if end == "whole":
                return
            await asyncio.sleep(0.2)

    async def _once(self, client: httpx.AsyncClient) -> str:
        begin, replica = monotonic(), 0
        try:
            async with client.stream("POST", self.url + SPEECH_PATH, json=body(SENTENCE)) as answer:
                if answer.status_code in (429, 503):
                    return "refused"
                replica = int(answer.headers.get(REPLICA, 0))
                self.speaking[replica] += 1
                try:
                    async for _ in answer.aiter_raw():
                        pass
                finally:
                    self.speaking[replica] -= 1
                if answer.status_code == 200:
                    return "whole"
                why = f"status {answer.status_code}"
        except httpx.HTTPError as error:
            why = type(error).__name__
        if replica in self.killed:
            return "broken with its replica"
        # Without a head nobody knows who had it: it may have been one that was killed meanwhile.
        if any(begin <= at for at in self.killed.values()):
            return "ended before its head as a replica was killed"
        self.lost.append(why)
        return "lost"

    async def kill(self) -> None:
        """Kill one of those that speak, every KILL_SECONDS."""
        while True:
            await asyncio.sleep(KILL_SECONDS)
            alive = [pid for pid in self.speaking if pid and pid not in self.killed]
            busy = [pid for pid in alive if self.speaking[pid]] or alive
            if busy:
                pid = random.choice(busy)
                self.killed[pid] = monotonic()
                os.kill(pid, signal.SIGKILL)

    async def run(self, answers: int, at_once: int) -> None:
        """So many answers, a number at once."""
        limits = httpx.Limits(max_keepalive_connections=0)
        left = iter(range(answers))
        async with httpx.AsyncClient(timeout=FOUND, limits=limits) as client:

            async def ask() -> None:
                for _ in left:
                    await self.answer(client)

            killing = asyncio.create_task(self.kill())
            await asyncio.gather(*(ask() for _ in range(at_once)))
            killing.cancel()


def measure_failover(measured: Measured, answers: int) -> None:
    """Answers while a replica is killed every ten seconds: which are lost, and how they end."""
    measured.deploy(measured.replicas[-1])
    failover = Failover(measured.url)
    begin = monotonic()
    asyncio.run(failover.run(answers, 2 * measured.replicas[-1]))
    measured.figures["failover"] = {
        "seconds": round(monotonic() - begin, 1),
        "killed": len(failover.killed),
        "ends": dict(failover.ends),
        "lost": failover.lost[:10],
    }
    print(measured.figures["failover"], flush=True)
    whole, lost = failover.ends["whole"], len(failover.lost)
    killed = len(failover.killed)
    what = f"{whole} whole answers, {lost} lost other than by {killed} killed replicas (0)"
    measured.tell(whole == answers and not lost and killed > 0, what)


def main() -> None:
    """Measure, print, and tell by the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=["first", "streams", "failover"])
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=15, help="of listening, each")
    parser.add_argument("--answers", type=int, default=1000, help="of the failover")
    parser.add_argument("--serve-port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve_port is not None:
        settings = load_settings({}, port=given.serve_port, history=False, fallback=False)
        run(settings, scheduler_of(settings, fake_engine))
        return
    listeners = listeners_of(fake_engine)
    port = free_port()
    ray.init(num_cpus=os.cpu_count(), include_dashboard=False, log_to_driver=False)
    try:
        serve.start(http_options={"port": port})
        measured = Measured(f"http://127.0.0.1:{port}", listeners, sorted(given.replicas))
        print(f"one replica keeps up with {listeners} listeners", flush=True)
        if "first" in given.parts:
            measure_first(measured)
        if "streams" in given.parts:
            measure_streams(measured, given.seconds)
        if "failover" in given.parts:
            measure_failover(measured, given.answers)
    finally:
        serve.shutdown()
        ray.shutdown()
    kept = all(each for each, _ in measured.verdicts)
    haproxy = os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1"
    proxy = {"proxy": "haproxy" if haproxy else "python", "listeners_of_one": listeners}
    print(json.dumps(proxy | measured.figures | {"kept": kept, "environment": environment()}))
    raise SystemExit(0 if kept else 1)


if __name__ == "__main__":
    main()
