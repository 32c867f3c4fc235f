"""Plans under load.

    scripts/figures/plans_under_load.py sustained overload burner or pace

Starts servers of this tree, lets listeners ask them and play what comes, and prints a line of JSON
for each. A listener plays with 200 ms of prebuffer and asks again when they have heard all.

sustained: as many listeners of the plan fast as told, what their speech costs, who ran dry.
overload: twice as many listeners as the server says that it holds, in the mode auto; then how long
it takes until one alone is served as before. burner: one listener beside processes that compute for
nothing, one for each core, in the mode auto and with every answer in the plan quality. pace: a
server that starts beside such processes, which then end: how long until /health tells the pace and
the listeners of an idle machine, as one tells that starts on it.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import httpx
import psutil

from onset.audio.onset_detection import OnsetDetector
from onset.bench.analysis.simulated_player import play
from onset.bench.run.processes import StartedServer, onset_server
from onset.bench.workload.texts import TextClass, TextSupply
from onset.protocol.http_api import HEALTH_PATH, PLAN, SPEECH_PATH
from onset.serving.scheduling.plan_choice import LADDER
from onset.stats.quantiles import quantile
from onset.types import SAMPLE_BYTES, SAMPLE_RATE

PREBUFFER = 0.2
"""Seconds of audio a player holds back."""

PROMISE = 0.8
"""Seconds in which speech is to be heard."""

PIECE = 960
"""Bytes that are looked at together at most: 20 ms, whole samples."""

RECOVERY = 90.0
"""Seconds waited at most for a server to be as before."""


PROBED = 10.0
"""Seconds after which an idle server has also spoken its sentence, so that it knows its costs."""


@dataclass
class Heard:
    """What listeners heard. firsts: seconds to the first audible sample; plans: by name."""

    firsts: list[float] = field(default_factory=list)
    plans: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    stalls: int = 0
    stalled_seconds: float = 0.0
    audio: float = 0.0

    def told(self) -> dict[str, Any]:
        """The figures."""
        firsts = sorted(self.firsts)
        in_time = sum(first <= PROMISE for first in firsts)
        return {
            "answers": sum(self.plans.values()),
            "plans": dict(self.plans),
            "refused": self.refused,
            "stalls": self.stalls,
            "stalled_s": round(self.stalled_seconds, 3),
            "audio_s": round(self.audio, 1),
            "first_ms_p50": _milliseconds(quantile(firsts, 0.5)),
            "first_ms_p95": _milliseconds(quantile(firsts, 0.95)),
            "in_time": round(in_time / len(firsts), 4) if firsts else None,
        }


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 1)


async def ask(client: httpx.AsyncClient, text: str, heard: Heard, **fields: str) -> float:
    """Ask and listen; returns how long playing goes on after the last byte, in seconds."""
    begin = monotonic()
    pieces, first, finder = list[tuple[float, float]](), None, OnsetDetector(SAMPLE_RATE)
    body = {"input": text, "response_format": "pcm", **fields}
    async with client.stream("POST", SPEECH_PATH, json=body) as answer:
        if answer.status_code != 200:
            heard.refused += 1
            return 1.0
        heard.plans[answer.headers[PLAN]] += 1
        async for data in answer.aiter_bytes(PIECE):
            now = monotonic()
            pieces.append((now, len(data) / SAMPLE_BYTES / SAMPLE_RATE))
            if first is None and finder.feed(data) is not None:
                first = now - begin
    played = play(pieces, PREBUFFER)
    assert played is not None
    if first is not None:
        heard.firsts.append(first)
    heard.stalls += len(played.stalls)
    heard.stalled_seconds += played.stall_seconds
    heard.audio += played.audio_seconds
    end = played.start + played.audio_seconds + played.stall_seconds
    return max(0.0, end - monotonic())


async def listener(
    client: httpx.AsyncClient, said: Iterator[str], until: float, heard: Heard, **fields: str
) -> None:
    """Ask again and again."""
    while monotonic() < until:
        await asyncio.sleep(await ask(client, next(said), heard, **fields))


def prose(seed: int) -> Iterator[str]:
    """Paragraphs without end, none twice in a row."""
    while True:
        yield from TextSupply(seed).texts("plans", TextClass.PARAGRAPH, 40)
        seed += 1000


async def crowd(server: StartedServer, count: int, seconds: float, **fields: str) -> Heard:
    """So many listeners for so long, who do not all begin at once."""
    heard, until = Heard(), monotonic() + seconds
    limits = httpx.Limits(max_connections=count + 4)
    async with httpx.AsyncClient(base_url=server.url, timeout=120, limits=limits) as client:
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(listener(client, prose(number), until, heard, **fields))
                await asyncio.sleep(0.1)
    return heard


def cpu_seconds(server: StartedServer) -> float:
    """Of the server's process until now."""
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


def sustained(count: int, seconds: float) -> dict[str, Any]:
    """Many listeners of the plan fast."""
    settings = {"ONSET_MODE": "fast", "ONSET_MAX_STREAMS": str(2 * count)}
    with onset_server(settings) as server:
        before = cpu_seconds(server)
        heard = asyncio.run(crowd(server, count, seconds))
        cost = cpu_seconds(server) - before
    return {"listeners": count, **heard.told(), "cpu_rtf": round(cost / heard.audio, 4)}


async def recovered(server: StartedServer, plan: str) -> float | None:
    """Seconds until one alone is served by `plan` again, or a better one, as a short text may be;
    None if that takes too long."""
    names = [str(name) for name in LADDER]
    enough = names[: names.index(plan) + 1]
    begin = monotonic()
    async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
        while monotonic() - begin < RECOVERY:
            heard = Heard()
            await ask(client, "Is it all as it was before?", heard)
            if any(heard.plans[name] for name in enough):
                return round(monotonic() - begin, 1)
            await asyncio.sleep(3)
    return None


def overload(seconds: float) -> dict[str, Any]:
    """Twice as many listeners as the server says that it holds."""
    settings = {"ONSET_MODE": "auto", "ONSET_MAX_STREAMS": "64", "ONSET_FALLBACK": "true"}
    with onset_server(settings) as server:
        alone = asyncio.run(crowd(server, 1, min(seconds, 30.0)))
        (usual,) = alone.plans.most_common(1)
        holds = httpx.get(server.url + HEALTH_PATH).json()["listeners"]
        heard = asyncio.run(crowd(server, 2 * holds, seconds))
        back = asyncio.run(recovered(server, usual[0]))
    return {"holds": holds, "alone": alone.told(), "crowd": heard.told(), "recovered_s": back}


def _burn(niceness: int) -> None:
    os.nice(niceness)
    while True:
        sum(number * number for number in range(100_000))


@contextmanager
def burning(count: int) -> Iterator[None]:
    """So many processes that compute for nothing, as urgent as this one."""
    with ExitStack() as stack:
        for _ in range(count):
            process = multiprocessing.get_context("spawn").Process(target=_burn, args=(0,))
            process.start()
            stack.callback(process.join)
            stack.callback(process.terminate)
        yield


def burner(mode: str, seconds: float) -> dict[str, Any]:
    """One listener on a machine that is half taken once the server has begun."""
    with onset_server({"ONSET_MODE": mode, "ONSET_FALLBACK": "true"}) as server:
        with burning(os.cpu_count() or 1):
            heard = asyncio.run(crowd(server, 1, seconds))
    return {"mode": mode, **heard.told()}


def health(server: StartedServer) -> dict[str, Any]:
    """Pace and listeners as they are told now."""
    told = httpx.get(server.url + HEALTH_PATH).json()
    return {name: told[name] for name in ("pace", "listeners")}


def pace(seconds: float) -> dict[str, Any]:
    """A start on a busy machine that is idle afterwards. seconds: waited at most for its pace."""
    probing = {"ONSET_PROBE_INTERVAL": "300"}  # servers to be measured make no probes else
    with onset_server(probing) as server:
        idle = health(server)
    with ExitStack() as stack:
        busy = stack.enter_context(ExitStack())
        busy.enter_context(burning(2 * (os.cpu_count() or 1)))
        server = stack.enter_context(onset_server(probing))
        before = health(server)
        busy.close()
        begin = monotonic()
        while health(server)["pace"] != idle["pace"] and monotonic() - begin < seconds:
            sleep(0.5)
        waited = round(monotonic() - begin, 1)
        sleep(PROBED)
        after = health(server)
    # Where the busy start was not taken for a slower machine, there is nothing to come back from.
    back = waited if before["pace"] != idle["pace"] == after["pace"] else None
    return {"idle": idle, "busy": before, "after": after, "back_s": back}


def main() -> None:
    """Print one line of JSON for each run."""
    parser = argparse.ArgumentParser(description="Plans under load")
    parser.add_argument("what", choices=["sustained", "overload", "burner", "pace"])
    parser.add_argument("--listeners", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300.0)
    options = parser.parse_args()
    match options.what:
        case "sustained":
            runs = [sustained(options.listeners, options.seconds)]
        case "overload":
            runs = [overload(options.seconds)]
        case "pace":
            runs = [pace(options.seconds)]
        case _:
            runs = [burner(mode, options.seconds) for mode in ("auto", "quality")]
    for run in runs:
        print(json.dumps({"what": options.what, "seconds": options.seconds, **run}), flush=True)


if __name__ == "__main__":
    main()
