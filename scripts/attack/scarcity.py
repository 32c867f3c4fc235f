"""A machine without memory: it refuses the server more, or kills it in the middle of its answers.

What is refused is told, without a traceback, and forgotten when there is memory again; after a kill
the next start is whole.
"""

import contextlib
import itertools
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx

from attack.findings import Finding, Part
from attack.network import SPEECH
from attack.servers import PATIENCE, Server, served

AT_ONCE = 12
"""Answers that are on their way when it is killed."""


FORMATS = ("pcm", "mp3", "flac", "opus")

ROOM = (0, 1_000_000, 3_000_000, 10_000_000, 30_000_000)
"""Bytes that are left."""

TOLD = {0, 200, 429, 503}
"""How answers end where there is no memory; one that has begun can only be cut off."""


def ask(url: str, form: str = "wav") -> int:
    """The status of a long answer; 0 if it was cut off."""
    text = "A long text, and longer. " * 20
    body = {"input": text, "priority": "background", "response_format": form}
    with contextlib.suppress(httpx.HTTPError):
        return httpx.post(url + SPEECH, json=body, timeout=PATIENCE).status_code
    return 0


def pressed(server: Server, room: int) -> Finding:
    """It may take so many bytes more, no others, while many ask; then as many as it likes."""
    found, told = Finding(f"{room / 1e6:.0f} MB left"), server.tracebacks
    taken = server.process.memory_info().vms
    server.process.rlimit(resource.RLIMIT_AS, (taken + room, resource.RLIM_INFINITY))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, [server.url] * AT_ONCE, itertools.cycle(FORMATS)))
    found.tries = len(answers)
    health = server.health()
    limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    server.process.rlimit(resource.RLIMIT_AS, limits)
    found.faults += [f"{status} for a text" for status in set(answers) - TOLD]
    if health is None:
        found.faults.append("no /health")
    if (status := ask(server.url)) != 200:
        found.faults.append(f"{status} for a text when there was memory again")
    if server.tracebacks > told:
        found.faults.append(f"{server.tracebacks - told} tracebacks")
    found.figures = f"{answers.count(200)} of {len(answers)} answered, the others told"
    return found


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
    """Leave it little; then kill it again and again, each time later."""
    with served() as server:
        ask(server.url)
        for room in ROOM:
            yield pressed(server, room)
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
    """A server that stays away, a history that is damaged, one that cannot say what it lacks."""
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        cache = Path(folder)
        (cache / "history.broken-1").touch()
        with served() as server:
            killed(server, 0.0)
            found = list(wrong(server, cache))
    with served() as server:
        lost = replace(server, url=server.url + "/nowhere")
        unsaid = pressed(lost, ROOM[-1]).faults
    seen = any("for a text" in fault for fault in found) and any("damaged" in f for f in found)
    return seen and bool(unsaid)


PART = Part("no memory", attack, control)
