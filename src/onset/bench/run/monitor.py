"""Samples the load of the generator, the servers and the machine during a run; judges nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from time import perf_counter, perf_counter_ns

import numpy as np
import psutil

from onset.bench.records.plan import Arm
from onset.bench.records.run_folder import MachineSample, ServerSample

TICK_SECONDS = 0.02
"""How often the event loop is asked how late it is."""

SAMPLE_SECONDS = 1.0

PROBE_SIZE = 256
PROBE_ROUNDS = 8


class ResourceMonitor:
    """Samples each second while its block runs; a server whose process ends or hides is None."""

    def __init__(self, note: Callable[[MachineSample], None]) -> None:
        self.scenario = ""
        self.case = ""
        self.in_flight = 0
        self._families: dict[str, tuple[psutil.Process, ...]] = {}
        self._note = note
        self._lags: list[int] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "ResourceMonitor":
        psutil.cpu_percent()  # the first call has nothing to compare with
        self._tasks = [asyncio.create_task(self._tick()), asyncio.create_task(self._sample())]
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.note()

    def follow(self, arms: Iterable[Arm]) -> None:
        """Watch these servers' processes, with the children they have now, and no others."""
        self._families = {arm.name: _family(arm.pid) for arm in arms}

    @asynccontextmanager
    async def case_of(self, name: str) -> AsyncIterator[None]:
        """Samples of the block belong to this case; how late the loop was before does not."""
        self.note()
        await asyncio.sleep(0)  # a tick that is overdue belongs to what came before
        self.case = name
        self._lags.clear()
        try:
            yield
        finally:
            self.note()
            self.case = ""

    def note(self, probe: float | None = None) -> None:
        """Take a sample now. probe: seconds that `probe_seconds` gave."""
        lags, self._lags = tuple(self._lags), []
        self._note(
            MachineSample(
                at_ns=perf_counter_ns(),
                scenario=self.scenario,
                case=self.case,
                own_cpu_seconds=time.process_time(),
                loop_lags_us=lags,
                in_flight=self.in_flight,
                servers={name: _server_sample(found) for name, found in self._families.items()},
                system_cpu_ratio=psutil.cpu_percent() / 100,
                load_average=psutil.getloadavg()[0],
                cpu_mhz=_megahertz(),
                probe_seconds=probe,
            )
        )

    async def _tick(self) -> None:
        while True:
            due = perf_counter() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            self._lags.append(max(0, round(1e6 * (perf_counter() - due))))

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            self.note()


def _family(pid: int | None) -> tuple[psutil.Process, ...]:
    """A process and its children, as they are now; none when there is no such process."""
    with suppress(psutil.Error):
        if pid:
            return (process := psutil.Process(pid), *process.children(recursive=True))
    return ()


def _server_sample(processes: Sequence[psutil.Process]) -> ServerSample:
    """Memory and processor time of all of them together; None when one cannot be read."""
    with suppress(psutil.Error):
        used = [one.cpu_times() for one in processes]
        memory = sum(one.memory_info().rss for one in processes)
        if used:
            return ServerSample(memory, sum(times.user + times.system for times in used))
    return ServerSample()


def probe_seconds() -> float:
    """Time of a fixed computation on one core: how fast this machine is just now."""
    matrix = np.random.default_rng(0).standard_normal((PROBE_SIZE, PROBE_SIZE))
    begin = perf_counter()
    for _ in range(PROBE_ROUNDS):
        matrix = np.tanh(matrix)
        matrix = np.fft.irfft(np.fft.rfft(matrix), PROBE_SIZE)
    return perf_counter() - begin


def _megahertz() -> float | None:
    with suppress(OSError, NotImplementedError):
        if frequency := psutil.cpu_freq():
            return float(frequency.current)
    return None
