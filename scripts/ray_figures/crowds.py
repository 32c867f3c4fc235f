"""Whom some and many replicas serve, and whom they refuse."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
import psutil

from onset.protocol.http_api import SPEECH_PATH
from onset.stats.quantiles import quantile
from ray_figures.fake_replicas import FOUND, SENTENCE, Measured, body

LONG = 40 * SENTENCE

MORE = 2
"""Listeners more than a replica keeps up with, for each replica."""

PIECE, PIECE_SECONDS = 9_600, 0.2
"""Bytes of what a player takes at once, and how long it plays; also what it holds back at first."""

APART = 0.05
"""Seconds between two listeners who come."""

LEAST_SHARE = 7 / 8
"""What is promised: streams of n replicas over n times those of one."""


@dataclass(slots=True)
class Listening:
    """What one listener met. first: seconds to their first piece; None: they were refused."""

    status: int = 0
    first: float | None = None
    stalls: int = 0
    pieces: int = 0


async def listen(client: httpx.AsyncClient, come: float, until: float) -> Listening:
    """Play an answer until a moment: one who has held back a piece and takes one every 200 ms."""
    await asyncio.sleep(max(0.0, come - monotonic()))
    heard, begin, due = Listening(), monotonic(), 0.0
    async with client.stream("POST", SPEECH_PATH, json=body(LONG)) as answer:
        heard.status = answer.status_code
        if heard.status != 200:
            return heard
        async for _ in answer.aiter_raw(PIECE):
            now = monotonic()
            if heard.first is None:
                heard.first, due = now - begin, now + PIECE_SECONDS
            elif now > due:
                heard.stalls, due = heard.stalls + 1, now
            due, heard.pieces = due + PIECE_SECONDS, heard.pieces + 1
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
    measured.verdicts[f"{what} (>= {need:g})"] = few > 0 and most >= need


async def crowd(url: str, offered: int, seconds: float) -> list[Listening]:
    """One listener after the other, all until the same moment.

    They share a client: making one takes the loop 20 ms, for which everybody else would not hear.
    """
    limits = httpx.Limits(max_connections=offered, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, timeout=FOUND, limits=limits) as client:
        begin = monotonic()
        until = begin + APART * offered + seconds
        return await asyncio.gather(
            *(listen(client, begin + APART * number, until) for number in range(offered))
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
