"""A machine without memory kills the server in the middle of its answers: the next one is whole."""

import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx

from attack.findings import Finding, Part
from attack.network import SPEECH
from attack.servers import Server, served

AT_ONCE = 12
"""Answers that are on their way when it is killed."""


def ask(url: str) -> int:
    """The status of a long answer; 0 if it was cut off."""
    body = {"input": "A long text, and longer. " * 20, "priority": "background"}
    with contextlib.suppress(httpx.HTTPError):
        return httpx.post(url + SPEECH, json=body, timeout=30).status_code
    return 0


def killed(server: Server, after: float) -> None:
    """Kill it, as the system does, while it speaks to many."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(AT_ONCE):
            pool.submit(ask, server.url)
        time.sleep(after)
        server.process.kill()


def wrong(server: Server, cache: Path) -> Iterator[str]:
    """What is not as it must be after the next start."""
    if (status := ask(server.url)) != 200:
        yield f"{status} for a text"
    if server.tracebacks:
        yield f"{server.tracebacks} tracebacks"
    for path in cache.glob("history.broken-*"):
        yield f"{path.name}: the history was damaged"
    history = cache / "history.sqlite"
    if history.exists():
        with closing(sqlite3.connect(history)) as db:
            if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
                yield "the history is damaged"


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """Kill again and again, each time later."""
    found, end = Finding("killed while it speaks"), time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        cache = Path(folder)
        while not found.faults and (time.monotonic() < end or not found.tries):
            with served(ONSET_CACHE_DIR=folder) as server:
                found.faults += wrong(server, cache) if found.tries else []
                killed(server, 0.2 + 0.7 * found.tries)
            found.tries += 1
        with served(ONSET_CACHE_DIR=folder) as server:
            found.faults += wrong(server, cache)
    found.figures = f"{AT_ONCE} answers on their way"
    yield found


def control() -> bool:
    """A server that stays away, and a history that is damaged."""
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        cache = Path(folder)
        (cache / "history.broken-1").touch()
        with served() as server:
            killed(server, 0.0)
            found = list(wrong(server, cache))
    return any("for a text" in fault for fault in found) and any("damaged" in f for f in found)


PART = Part("no memory", attack, control)
