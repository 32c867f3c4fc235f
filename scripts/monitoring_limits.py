"""Hold the monitoring to its limits: what is too long or too loud for a test.

    python scripts/monitoring_limits.py history    50 kills, then a million rows: minutes
    python scripts/monitoring_limits.py memory     a server watched by all, against one that is not

Exits with 1 where a limit is broken. Prints what it measured.
"""

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path
from random import Random
from time import monotonic, sleep

import httpx
import psutil

from onset.bench.run.processes import onset_server
from onset.monitoring.answer_record import AnswerRecord, StreamOutcome, Way
from onset.monitoring.history.history_store import FILE, MOST_BYTES, HistoryStore
from onset.protocol.http_api import METRICS_PATH, SPEECH_PATH
from onset.protocol.performance_api import LIVE_PATH

KILLS, ROWS = 50, 1_000_000

MOST_MORE = 40e6
"""Bytes that everything on may take more than everything off."""

ANSWERS, REST = 12, 30.0
"""Answers of each server, and the seconds in which it is scraped and probes itself."""


def record(at: float) -> AnswerRecord:
    """An answer that went well."""
    stages = dict.fromkeys(("queue", "phonemes", "front", "trunk", "statistics", "step"), 0.02)
    return AnswerRecord(
        at, "user", Way.HTTP, StreamOutcome.SPOKEN, 2.0, None, 29, "af_heart", "en-us", 1.0, "pcm",
        "streaming", False, 0.18, 0.15, None, stages, 2.0, 2.0, 1.0, 0, 0.0, 0.0,
    )  # fmt: skip


def write_for_ever(path: Path) -> None:
    """Write batches until killed."""
    with closing(HistoryStore(path)) as store:
        print("ready", flush=True)
        at = 0.0
        while True:
            store.add(1, [record(at + n) for n in range(20)])
            at += 20


def kills(folder: Path) -> bool:
    """Kill a writer at random moments; whether the file could be read after each."""
    path, random, counts = folder / FILE, Random(1), [0]
    for _ in range(KILLS):
        arguments = [sys.executable, __file__, "write", str(path)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None and writer.stdout.readline() == b"ready\n"
            sleep(random.uniform(0.0, 0.1))
            writer.send_signal(signal.SIGKILL)
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


def resident(settings: dict[str, str], watched: bool) -> int:
    """Bytes that a server holds after its answers and a rest, at most while it rests."""
    with tempfile.TemporaryDirectory() as folder:
        runtime = Path(folder)
        for built in (Path.home() / ".cache" / "onset").glob("*"):
            (runtime / built.name).symlink_to(built)
        for own in runtime.glob("history*"):
            own.unlink()
        with onset_server({**settings, "ONSET_CACHE_DIR": folder}) as server:
            process, most = psutil.Process(server.pid), 0
            with watchers(server.url) if watched else nullcontext():
                for number in range(ANSWERS):
                    body = {"input": f"This is answer number {number}, spoken to be counted."}
                    body["response_format"] = "pcm"
                    httpx.post(server.url + SPEECH_PATH, json=body, timeout=120).raise_for_status()
                end = monotonic() + REST
                while monotonic() < end:
                    most = max(most, process.memory_info().rss)
                    sleep(0.5)
    return most


def memory() -> bool:
    """Everything on against everything off."""
    off = resident({"ONSET_HISTORY": "off", "ONSET_PROBE_INTERVAL": "0"}, watched=False)
    on = resident({"ONSET_HISTORY": "on", "ONSET_PROBE_INTERVAL": "3600"}, watched=True)
    more = on - off
    print(json.dumps({"off_mb": off / 1e6, "on_mb": on / 1e6, "more_mb": round(more / 1e6, 1)}))
    return more <= MOST_MORE


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=["history", "memory", "write"])
    parser.add_argument("path", nargs="?", type=Path)
    asked = parser.parse_args()
    if asked.what == "write":
        write_for_ever(asked.path)
    os.nice(10)
    return 0 if {"history": history, "memory": memory}[asked.what]() else 1


if __name__ == "__main__":
    sys.exit(main())
