"""Speaks one sentence to nobody where a server has been idle, and notes what that took."""

import asyncio
import logging
from time import time

from onset.errors import Halted, OnsetError
from onset.monitoring.probe.host_probe import host_seconds
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.monitoring.probe.probe_watch import ProbeWatch
from onset.monitoring.server_state import ProcessWatch
from onset.serving.record_maker import stream_record
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.scheduling.stream import Stream
from onset.types import Request

CHECK_SECONDS = 5.0
"""Between two looks whether a probe is due."""

_log = logging.getLogger("onset.server")


class IdleProbe:
    """Makes the probes that `watch` asks for. sentence: spoken to nobody, always the same."""

    def __init__(self, scheduler: Scheduler, watch: ProbeWatch, sentence: Request) -> None:
        self._scheduler, self._watch, self._sentence = scheduler, watch, sentence
        self._process = ProcessWatch()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                if self._scheduler.ready and self._watch.look(self._scheduler.active):
                    await self.probe()
            except Exception as error:  # it must go on; it may quote nobody
                _log.error("Probing the idle server failed: %s", type(error).__name__)

    async def probe(self) -> bool:
        """Measure every engine, one after the other; whether that came to its end."""
        host = await asyncio.to_thread(host_seconds)
        streams = [await self._speak(worker) for worker in range(self._scheduler.workers)]
        whole = [stream for stream in streams if stream is not None]
        if len(whole) < len(streams):
            return False
        slowest = max(whole, key=lambda stream: stream.pace or 0.0)
        record = stream_record(slowest)
        rss = self._process.look().rss
        front = (record.stages or {}).get("front")
        self._watch.add(ProbeRecord(time(), record.first_audio, front, slowest.pace, host, rss))
        return True

    async def _speak(self, worker: int) -> Stream | None:
        """One probe; None if somebody came, who ends it."""
        stream = self._scheduler.open_probe(self._sentence, worker)
        if stream is None:
            return None
        try:
            async for chunk in stream:
                stream.delivery.sent(chunk.samples)
        except Halted:
            return None
        except OnsetError as error:
            _log.error("A probe failed: %s", type(error).__name__)
        finally:
            stream.close()
        self._scheduler.answers.publish(stream_record(stream))
        return stream if stream.outcome == "spoken" else None
