"""The output of the player: a device while one is open, and the ring buffer that it reads."""

import asyncio
from collections.abc import Callable
from functools import partial
from time import perf_counter_ns

from onset.errors import Unavailable
from onset.playback.device import Device, open_device
from onset.playback.player.ring_buffer import RingBuffer

RING_SECONDS = 0.5
"""Seconds that the ring holds."""

FADE_SECONDS = 0.005
"""Seconds of every fade."""

LOST_SECONDS = 1.0
"""Seconds without being asked for frames until a device counts as gone."""

RETRY_SECONDS = 1.0
"""Seconds between attempts to open a device that is gone."""

HOLD_POLL = 0.002
"""Seconds between looks whether the device has faded out."""

DeviceOpener = Callable[[], Device]


class AudioSink:
    """Opens a device, gives it back, and replaces one that is gone.

    device: None while none is open. lost: the last one stopped asking for frames, and there is no
    other yet. Only growing: heard, seconds that devices took; concealed, frames of silence that
    they took in stalls; xruns, times that a device ran dry itself.
    """

    def __init__(self, opener: DeviceOpener | str) -> None:
        """opener: makes a device, or the name of one as `device.open_device` knows them."""
        self._opener = partial(open_device, opener) if isinstance(opener, str) else opener
        self.device: Device | None = None
        self.ring = RingBuffer(1, 0)
        self.lost = False
        self.volume = 1.0
        self.heard = 0.0
        self.concealed = self._closed_xruns = 0
        self._tried_ns = 0
        self._opening = asyncio.Lock()

    @property
    def xruns(self) -> int:
        """Of all devices so far."""
        return self._closed_xruns + (0 if self.device is None else self.device.clock.xruns)

    @property
    def is_gone(self) -> bool:
        """Whether the device has stopped asking for frames."""
        if self.device is None:
            return self.lost
        return (perf_counter_ns() - self.ring.asked_ns) / 1e9 > LOST_SECONDS

    def set_volume(self, volume: float) -> None:
        """A factor on every sample, within one block of the device."""
        self.volume = self.ring.gain = volume

    async def open(self) -> None:
        """Have a device open and running. Raises Unavailable."""
        async with self._opening:
            if self.device is not None:
                return
            device = await asyncio.to_thread(self._opener)
            self.ring = RingBuffer(
                round(RING_SECONDS * device.rate), round(FADE_SECONDS * device.rate)
            )
            self.ring.gain = self.volume
            try:
                await asyncio.to_thread(device.start, self.ring.pull)
            except Unavailable:
                await asyncio.to_thread(device.close)
                raise
            self.device, self.lost = device, False

    async def close(self) -> None:
        """Give the device back."""
        async with self._opening:
            device, self.device = self.device, None
            if device is not None:
                self._closed_xruns += device.clock.xruns
                await asyncio.to_thread(device.close)

    async def lose(self) -> None:
        """Let go of a device that does not answer."""
        self.lost, self._tried_ns = True, 0
        await self.close()

    async def reopen(self) -> bool:
        """Open a device in place of a lost one, tried every RETRY_SECONDS; whether it is there."""
        if (perf_counter_ns() - self._tried_ns) / 1e9 < RETRY_SECONDS:
            return False
        self._tried_ns = perf_counter_ns()
        try:
            await self.open()
        except Unavailable:
            return False
        return True

    async def silence(self) -> bool:
        """Hold the ring until the device has faded out; False if the device is gone."""
        self.ring.hold()
        while self.device is not None and not self.ring.held:
            if self.is_gone:
                return False
            await asyncio.sleep(HOLD_POLL)
        return True
