"""What it costs a server to be watched: `python scripts/figures/watching_cost.py`.

A server is asked for the same texts in turns: while it keeps a history, the page is open and
Prometheus scrapes it every 5 s, and while it keeps none and nobody looks. It is one process, as
of two that do the same one may be 8 % slower than the other for as long as they live; and there are
several, one after another. Each text is asked for once before, for its phonemes are remembered.
Printed are the median ratio of the times to the first audible audio with its 95 % interval, and the
event loop's lag under a crowd of fake listeners, watched and not; then a verdict for each promise.
Exit code 1 if one is broken. Run it on an idle machine. It takes some five minutes.
"""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server
from threading import Event, Thread
from typing import IO

import httpx
import psutil
import typer
from crowd import crowd, crowded
from verdicts import conclude

from onset.audio.onset_detection import OnsetDetector
from onset.bench.run.fingerprint import environment
from onset.bench.workload.texts import TextClass, TextSupply
from onset.client.http_client import speak, wait_ready
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.monitoring.history.history_store import FILE
from onset.protocol.http_api import METRICS_PATH, PURPOSE, SpeechRequest
from onset.protocol.performance_api import LIVE_PATH
from onset.serving.http.app import HttpServer, create_app
from onset.serving.scheduling.scheduler import SWITCH, WARM_UP, scheduler_of
from onset.stats.bootstrap import Pair, effect
from onset.stats.quantiles import median
from onset.types import SAMPLE_BYTES

BLOCK = 8
"""Texts that the server is asked for before it is watched, or no longer: some five seconds."""

HISTORY_SIGNAL = signal.SIGUSR1
"""Has the server keep answers in its history, or no longer."""

SCRAPED_EVERY = 5.0
WITHIN = 0.05
"""The whole interval of the ratio lies so near to 1."""

MOST_LAG_MS = 12.0
READY = 180.0
"""Seconds that a server may take to load."""


def machine() -> str:
    """The processor, and what else it does."""
    facts = environment()
    load = psutil.getloadavg()[0]
    return f"{facts['cpu']}, {facts['cores_usable']} cores, load {load:.1f}"


@contextmanager
def served(cache: Path, log: IO[str] | None = None, **settings: str) -> Iterator[str]:
    """The URL of `onset serve` with its own history. log: where it is written; None: nowhere."""
    with _started(["-m", "onset", "serve"], cache, log, settings) as (url, _):
        yield url


@contextmanager
def _started(
    arguments: list[str], cache: Path, log: IO[str] | None, settings: dict[str, str]
) -> Iterator[tuple[str, int]]:
    """The URL and the process of a server that these arguments of Python start."""
    with create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    told = {"ONSET_PORT": str(port), "ONSET_CACHE_DIR": str(cache), "ONSET_PROBE_INTERVAL": "0"}
    command = [sys.executable, *arguments]
    stderr = subprocess.DEVNULL if log is None else log
    server = subprocess.Popen(command, env=os.environ | told | settings, stderr=stderr)
    try:
        wait_ready(url := f"http://127.0.0.1:{port}", READY)
        yield url, server.pid
    finally:
        server.terminate()
        server.wait(30)


def own_cache(folder: Path) -> Path:
    """A cache folder with what is in the usual one, but for the history."""
    for found in load_settings({}).cache_dir.iterdir():
        if not found.name.startswith(FILE):
            (folder / found.name).symlink_to(found)
    return folder


def serve() -> None:
    """`onset serve`, but that it keeps no history until HISTORY_SIGNAL comes."""
    settings = load_settings()
    gc.disable()  # until the model is there, as `onset serve` does
    sys.setswitchinterval(SWITCH)
    scheduler = scheduler_of(settings, lambda: Engine(settings), WARM_UP)
    app = create_app(scheduler, settings)
    listeners, keep = scheduler.answers.listeners, app.state.monitor.writer.add
    listeners.remove(keep)

    def change(*_: object) -> None:
        (listeners.remove if keep in listeners else listeners.append)(keep)

    signal.signal(HISTORY_SIGNAL, change)
    HttpServer(app, settings, announce=True).run()


@contextmanager
def switched(cache: Path) -> Iterator[tuple[str, int]]:
    """The URL and the process of a server that HISTORY_SIGNAL changes."""
    code = "from watching_cost import serve; serve()"
    here = {"PYTHONPATH": str(Path(__file__).parent)}
    with _started(["-c", code], cache, None, here) as server:
        yield server


@contextmanager
def keeping(process: int) -> Iterator[None]:
    """The server keeps its answers, for the block."""
    os.kill(process, HISTORY_SIGNAL)
    try:
        yield
    finally:
        os.kill(process, HISTORY_SIGNAL)


@contextmanager
def watching(url: str) -> Iterator[None]:
    """The page open and a scrape every SCRAPED_EVERY seconds, for the block."""
    opened, over = Event(), Event()
    # Without certificates, which would take a core for as long as half an answer does.
    client = httpx.Client(verify=False, timeout=30)

    def look() -> None:
        with suppress(httpx.HTTPError):
            with client.stream("GET", f"{url}{LIVE_PATH}?as=panels") as events:
                for _ in events.iter_bytes():
                    opened.set()
                    if over.is_set():
                        return

    def scrape() -> None:
        while True:
            with suppress(httpx.HTTPError):
                client.get(url + METRICS_PATH)
            if over.wait(SCRAPED_EVERY):
                return

    threads = [Thread(target=look), Thread(target=scrape)]
    for thread in threads:
        thread.start()
    opened.wait(READY)
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
        client.close()


def audible_after(url: str, text: str) -> float | None:
    """Seconds from the request to the arrival of its first audible sample; None if none came."""
    request = SpeechRequest(input=text, response_format="pcm")
    detector, ends, samples = OnsetDetector(24_000), list[tuple[int, int]](), 0
    found: float | None = None
    # A user's: what is asked for a benchmark is counted apart, and not shown as fully.
    with speak(url, request, headers={PURPOSE: "user"}) as speech:
        for arrival in speech:
            samples += len(arrival.pcm) // SAMPLE_BYTES
            ends.append((samples, arrival.at_ns))
            onset = detector.feed(arrival.pcm) if found is None else None
            if onset is not None:
                came = next(at for end, at in ends if onset < end)
                found = (came - speech.sent_ns) / 1e9
    return found


def compared(url: str, process: int, asked: Sequence[str]) -> list[list[Pair]]:
    """Times of a server for each text, alone and watched, in alternating order."""
    for text in asked:
        audible_after(url, text)
    pairs: list[list[Pair]] = []
    for number in range(0, len(asked), BLOCK):
        block, times = asked[number : number + BLOCK], dict[bool, list[float | None]]()
        watched_first = number // BLOCK % 2 == 1
        for watched in (watched_first, not watched_first):
            if not watched:
                times[watched] = [audible_after(url, text) for text in block]
                continue
            with keeping(process), watching(url):
                times[watched] = [audible_after(url, text) for text in block]
        pairs += [[pair] for pair in zip(times[False], times[True], strict=True)]
    return pairs


def all_compared(texts: int, servers: int) -> list[list[Pair]]:
    """The same for all texts, by so many servers after one another."""
    asked, pairs = TextSupply(1).texts("watching", TextClass.FORTY, texts), list[list[Pair]]()
    share = -(-texts // servers)
    for begin in range(0, texts, share):
        with tempfile.TemporaryDirectory() as folder, switched(own_cache(Path(folder))) as server:
            pairs += compared(*server, asked[begin : begin + share])
        print(f"{len(pairs)} of {texts} texts", file=sys.stderr, flush=True)
    return pairs


def lag(listeners: int, watched: bool) -> float:
    """The event loop's lag, p99 in ms, with so many fake listeners."""
    with crowded(listeners) as server:
        if watched:
            with watching(server.url):
                asyncio.run(crowd(server.port, listeners, 15))
        else:
            asyncio.run(crowd(server.port, listeners, 15))
        return float(server.state()["lag_ms_p99"])


def main(texts: int = 96, servers: int = 4, listeners: int = 100) -> None:
    """Print what being watched costs."""
    print(machine())
    pairs = all_compared(texts, servers)
    found = effect(pairs)
    ratio = found.median
    for name, place in (("alone", 0), ("watched", 1)):
        middle = median([pairs[0][place] for pairs in pairs])
        print(f"{name}: median {'unknown' if middle is None else f'{1e3 * middle:.1f}'} ms")
    print(f"ratio {ratio.value}, 95 % interval {ratio.low} to {ratio.high}, {found.texts} texts")
    alone_lag, watched_lag = lag(listeners, watched=False), lag(listeners, watched=True)
    print(f"event-loop lag p99, {listeners} listeners: alone {alone_lag} ms, {watched_lag} watched")
    near = ratio.low is not None and ratio.high is not None
    near = near and 1 - WITHIN <= (ratio.low or 0) and (ratio.high or 9) <= 1 + WITHIN
    conclude(
        {
            f"the whole interval within {WITHIN:.0%}": near,
            f"lag p99 of at most {MOST_LAG_MS:g} ms": watched_lag <= MOST_LAG_MS,
        }
    )


if __name__ == "__main__":
    typer.run(main)
