"""Hold the monitoring to its limits: what is too long or too loud for a test.

    python scripts/figures/monitoring_limits.py history    50 kills, then a million rows: minutes
    python scripts/figures/monitoring_limits.py memory     a server that all watch and one alone

Watched by history, probe, two viewers and a scraper.

Exits with 1 where a limit is broken. Prints what it measured.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from threading import Thread
from time import monotonic, sleep

import httpx
import psutil

from onset.client.http_client import wait_ready
from onset.config import load_settings
from onset.engine.engine import Engine
from onset.model.fake_backend import FakeBackend
from onset.monitoring.answer_record import AnswerRecord, StreamOutcome, Way
from onset.monitoring.history.history_store import FILE, MOST_BYTES, HistoryStore
from onset.protocol.http_api import METRICS_PATH, SPEECH_PATH
from onset.protocol.performance_api import LIVE_PATH
from onset.serving.http.app import HttpServer, create_app
from onset.serving.scheduling.scheduler import scheduler_of
from onset.text.g2p.vocabulary import VOCABULARY
from onset.types import Word

KILLS, ROWS = 50, 1_000_000

MOST_MORE = 40e6
"""Bytes that everything on may take more than everything off."""

ANSWERS, REST = 1200, 40.0
"""Answers of each server: more than its live window keeps; and the seconds in which it is watched
and probes itself."""


def record(at: float) -> AnswerRecord:
    """An answer that went well."""
    stages = dict.fromkeys(("queue", "phonemes", "front", "trunk", "statistics", "step"), 0.02)
    return AnswerRecord(
        at, "user", Way.HTTP, StreamOutcome.SPOKEN, 2.0, None, 29, "af_heart", "en-us", 1.0, "pcm",
        "streaming", False, 0.18, 0.15, None, stages, 2.0, 2.0, 1.0, 0, 0.0, 0.0,
    )  # fmt: skip


def write_for_ever(path: Path, begun: Connection) -> None:
    """Write batches until killed. begun: is told when that begins."""
    with closing(HistoryStore(path)) as store:
        begun.send(None)
        at = 0.0
        while True:
            store.add(1, [record(at + n) for n in range(20)])
            at += 20


def kills(folder: Path) -> bool:
    """Kill a writer at random moments; whether the file could be read after each."""
    path, random, counts = folder / FILE, Random(1), [0]
    processes = get_context("fork")  # what a new interpreter has to load takes seconds, 50 times
    for _ in range(KILLS):
        begins, begun = processes.Pipe(duplex=False)
        writer = processes.Process(target=write_for_ever, args=(path, begun))
        writer.start()
        begins.recv()
        sleep(random.uniform(0.0, 0.1))
        writer.kill()
        writer.join()
        with closing(sqlite3.connect(path)) as db:
            (sound,) = db.execute("PRAGMA integrity_check").fetchone()
        with closing(HistoryStore(path)) as store:
            counts.append(store.count())
        if sound != "ok" or counts[-1] < counts[-2] or counts[-1] % 20:
            print(f"after {len(counts) - 1} kills: {sound}, {counts[-1]} answers")
            return False
    print(f"{KILLS} kills: readable after each, only whole batches, {counts[-1]} answers")
    return True


def million(folder: Path) -> bool:
    """A million answers, as they come; whether the file stays within its bound."""
    most = 0
    with closing(HistoryStore(folder / FILE)) as store:
        for begin in range(0, ROWS, 200):
            store.add(1, [record(60.0 * (begin + n)) for n in range(200)])
            most = max(most, store.bytes)
        kept = store.count()
    print(f"{ROWS} rows: at most {most / 1e6:.1f} MB, {kept} kept; allowed {MOST_BYTES / 1e6:g} MB")
    return most <= MOST_BYTES


def history() -> bool:
    """Both, in folders of their own."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        return kills(Path(one)) and million(Path(other))


@contextmanager
def watchers(url: str) -> Iterator[None]:
    """Two live streams, and a scrape every five seconds, until the block ends."""
    ended = monotonic() + 24 * 3600

    def view(shape: str) -> None:
        with suppress(httpx.HTTPError), httpx.stream("GET", f"{url}{LIVE_PATH}?as={shape}") as live:
            for _ in live.iter_lines():
                if monotonic() > ended:
                    return

    def scrape() -> None:
        while monotonic() < ended:
            httpx.get(url + METRICS_PATH)
            sleep(min(5.0, max(0.0, ended - monotonic())))

    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(view, "panels"), pool.submit(view, "figures"), pool.submit(scrape)]
        try:
            yield
        finally:
            ended = 0.0
            for task in tasks:
                task.result()


def serve(folder: Path, watched: bool) -> None:
    """A server without a model: what monitoring takes does not depend on it."""
    interval = 3600.0 if watched else 0.0
    settings = load_settings(
        {}, port=0, history=watched, probe_interval=interval, cache_dir=folder, log_level="error"
    )
    engine = Engine(settings, backend=FakeBackend(), words=words)
    app = create_app(scheduler_of(settings, lambda: engine), settings)
    server = HttpServer(app, settings)
    Thread(target=lambda: print(_address(server), flush=True), daemon=True).start()
    server.run()


def words(text: str, lang: str) -> tuple[Word, ...]:
    """A phoneme a letter, of those that the model has."""
    known = ((word, "".join(filter(VOCABULARY.__contains__, word))) for word in text.split())
    return tuple(Word(word, phonemes, " ") for word, phonemes in known)


def _address(server: HttpServer) -> str:
    while not server.url:
        sleep(0.01)
    return server.url


def resident(watched: bool) -> int:
    """Bytes that a server holds after its answers, at most while it rests."""
    with tempfile.TemporaryDirectory() as folder:
        how = "on" if watched else "off"
        arguments = [sys.executable, __file__, "serve", folder, how]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                url = server.stdout.readline().strip()
                wait_ready(url, 180.0)
                return _resident(url, server.pid, watched)
            finally:
                server.terminate()


def _resident(url: str, pid: int, watched: bool) -> int:
    process, most = psutil.Process(pid), 0
    with watchers(url) if watched else nullcontext():
        for number in range(ANSWERS):
            text = f"This is answer number {number}, spoken to be counted."
            body = {"input": text, "response_format": "pcm"}
            httpx.post(url + SPEECH_PATH, json=body, timeout=120).raise_for_status()
        end = monotonic() + REST
        while monotonic() < end:
            most = max(most, process.memory_info().rss)
            sleep(0.5)
    return most


def memory() -> bool:
    """Everything on against everything off."""
    off, on = resident(watched=False), resident(watched=True)
    more = on - off
    print(json.dumps({"off_mb": off / 1e6, "on_mb": on / 1e6, "more_mb": round(more / 1e6, 1)}))
    return more <= MOST_MORE


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=["history", "memory", "serve"])
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("how", nargs="?", choices=["on", "off"])
    asked = parser.parse_args()
    if asked.what == "serve":
        serve(asked.path, asked.how == "on")
        return 0
    os.nice(10)
    return 0 if {"history": history, "memory": memory}[asked.what]() else 1


if __name__ == "__main__":
    sys.exit(main())
