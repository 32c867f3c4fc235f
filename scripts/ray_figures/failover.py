"""Answers while a replica is killed every ten seconds: which are lost, and how they end."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic

import httpx

from onset.protocol.http_api import SPEECH_PATH
from ray_figures.fake_replicas import FOUND, REPLICA, SENTENCE, Measured, body

KILL_SECONDS = 10.0


@dataclass(slots=True)
class Failover:
    """Answers while replicas are killed. killed: when each was, by process."""

    measured: Measured
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
            async with client.stream(
                "POST", self.measured.url + SPEECH_PATH, json=body(SENTENCE)
            ) as answer:
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
        """Kill one of those that speak, every KILL_SECONDS, while more than half are there.

        Else a machine that starts replicas slower than that would have none left in the end.
        """
        enough = self.measured.replicas[-1] // 2 + 1
        while True:
            await asyncio.sleep(KILL_SECONDS)
            while await asyncio.to_thread(self.measured.running) < enough:
                await asyncio.sleep(0.5)
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
    failover = Failover(measured)
    begin = monotonic()
    asyncio.run(failover.run(answers, 2 * measured.replicas[-1]))
    measured.figures["failover"] = {
        "seconds": round(monotonic() - begin, 1),
        "killed": len(failover.killed),
        "longest_between_kills_s": round(max(_gaps(begin, failover.killed.values()), default=0), 1),
        "ends": dict(failover.ends),
        "lost": failover.lost[:10],
    }
    print(measured.figures["failover"], flush=True)
    whole, lost = failover.ends["whole"], len(failover.lost)
    killed = len(failover.killed)
    what = f"{whole} whole answers, {lost} lost other than by {killed} killed replicas (0)"
    measured.verdicts[what] = whole == answers and not lost and killed > 0


def _gaps(begin: float, moments: Iterable[float]) -> list[float]:
    """Seconds between a beginning and moments."""
    return [after - before for before, after in pairwise([begin, *moments])]
