"""The wall clock jumps, there and back, under a server that speaks (libfaketime)."""

import contextlib
import email.utils
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from attack.findings import Finding, Part
from attack.servers import PATIENCE, Server, served

LIBRARIES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)
"""Where Debian's package libfaketime has it."""

JUMPS = (3600, -3600, 86_400 * 400, -86_400 * 3650, 86_400 * 3650, 0)
"""Seconds beside the right time, one after another."""

PATHS = ("/health", "/metrics", "/performance/ttfa", "/performance/history?days=7")

ASKED = 25
"""Times that the date is asked for before it is taken for one that did not jump. uvicorn writes a
new one each second, between answers."""

MOST_OFF = 5.0
"""Seconds that a date may be away from the jump and still tell that it was made."""


def library() -> str | None:
    """libfaketime; None if it is not installed."""
    return next((path for path in LIBRARIES if os.path.exists(path)), None)


def jumped(server: Server, clock: Path | None) -> Finding:
    """Every jump: a text is spoken, figures are told. clock: the file that says the time."""
    found = Finding("wall clock")
    for seconds in JUMPS:
        if clock is not None:
            clock.write_text(f"{seconds:+d}")
        found.tries += 1
        try:
            found.faults += _wrong(server, seconds)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            found.faults.append(f"{seconds:+d} s: {type(error).__name__} {error}")
    if server.tracebacks:
        found.faults.append(f"{server.tracebacks} tracebacks")
    return found


def _wrong(server: Server, seconds: int) -> Iterator[str]:
    if not any(_has_jumped(server, seconds) for _ in range(ASKED)):
        yield f"the clock did not jump by {seconds} s"
    body = {"input": "Hello there.", "response_format": "pcm"}
    spoken = httpx.post(server.url + "/v1/audio/speech", json=body, timeout=PATIENCE)
    if spoken.status_code != 200 or not spoken.content:
        yield f"{seconds:+d} s: {spoken.status_code} for a text"
    for path in PATHS:
        answer = httpx.get(server.url + path, timeout=PATIENCE)
        if answer.status_code != 200:
            yield f"{seconds:+d} s: {answer.status_code} for {path}"


def _has_jumped(server: Server, seconds: int) -> bool:
    time.sleep(0.1)
    earliest = time.time() + seconds - MOST_OFF
    date = httpx.get(server.url + "/health", timeout=PATIENCE).headers["date"]
    told = email.utils.parsedate_to_datetime(date).timestamp()
    return earliest <= told <= time.time() + seconds + MOST_OFF


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """The jumps, again and again."""
    path = library()
    if path is None:
        yield Finding("wall clock", figures="not run: needs Debian's libfaketime")
        return
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        clock, end, whole = (
            Path(folder) / "clock",
            time.monotonic() + seconds,
            Finding("wall clock"),
        )
        clock.write_text("+0")
        with served(
            LD_PRELOAD=path,
            FAKETIME_TIMESTAMP_FILE=str(clock),
            FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        ) as server:
            while not whole.faults and (time.monotonic() < end or not whole.tries):
                found = jumped(server, clock)
                whole.tries += found.tries
                whole.faults += found.faults
        whole.figures = f"{min(JUMPS) // 86_400:+d} to {max(JUMPS) // 86_400:+d} days"
        yield whole


def control() -> bool:
    """A server whose clock nobody moves."""
    with served() as server, contextlib.suppress(httpx.HTTPError):
        return bool(jumped(server, None).faults)
    return False


PART = Part("clock jumps", attack, control)
