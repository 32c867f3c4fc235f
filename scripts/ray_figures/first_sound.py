"""First sound through Serve and of a plain server, in turns."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import httpx

from onset.bench.run.processes import free_port
from onset.client.http_client import wait_ready
from onset.protocol.http_api import SPEECH_PATH
from onset.stats.quantiles import quantile
from ray_figures.fake_replicas import FOUND, Measured, body

SHORT = "Good morning, all of you."

MOST_LATER_MS = 15.0
"""What is promised of the first sound, over the plain server's."""


@contextmanager
def plain_server() -> Iterator[str]:
    """A server of the same engine without Serve, as a process."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "ray_figures.plain_server", str(port)]
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
    measured.verdicts[what] = later <= MOST_LATER_MS
