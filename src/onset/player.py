"""Plays speech on the sound device as it is fed: a ring that the device empties in its own thread.

The device is behind a seam, so that everything but the sound itself is tested without one.
Knows nothing of where the samples come from, nor of text.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from time import monotonic
from types import TracebackType
from typing import TypeAlias

import miniaudio

from onset.errors import Halted, Unavailable
from onset.types import SAMPLE_RATE

SAMPLE_BYTES = 2

PERIOD_MS, PERIODS = 30, 3
"""The device asks for 30 ms at a time and keeps 90: a GIL held elsewhere must not be heard."""

POLL = 0.01
"""Seconds between looks at the ring. The device's thread must not be made to wake anybody."""

Pull: TypeAlias = Callable[[int], bytes]
"""Number of samples wanted -> exactly so many, 16-bit mono. Never waits."""


class Device(ABC):
    """Something that plays 24 kHz 16-bit mono by asking for it.

    name: for people. delay: seconds from a sample's pull until it was surely heard.
    """

    name: str
    delay: float

    @abstractmethod
    def start(self, pull: Pull) -> None:
        """Call `pull` from a thread of its own from now on. Raises Unavailable."""

    @abstractmethod
    def close(self) -> None:
        """Never call `pull` again, nor sound; may be called twice."""


class SoundDevice(Device):
    """The machine's default output, by miniaudio, which converts to the rate it wants."""

    delay = PERIOD_MS * (PERIODS + 2) / 1000  # two periods more for what lies below miniaudio

    def __init__(self, backends: Sequence[miniaudio.Backend] | None = None) -> None:
        """backends: where to look, None everywhere. Raises Unavailable if there is no device."""
        try:
            with _quiet():
                self._device = miniaudio.PlaybackDevice(
                    output_format=miniaudio.SampleFormat.SIGNED16,
                    nchannels=1,
                    sample_rate=SAMPLE_RATE,
                    buffersize_msec=PERIOD_MS,
                    callback_periods=PERIODS,
                    backends=_audible() if backends is None else list(backends),
                    app_name="Onset",
                )
        except miniaudio.MiniaudioError as error:
            reason = error.args[0] if error.args else "unknown"
            raise Unavailable(f"There is no sound device ({reason}).", retry_after=5) from error
        self.name = str(self._device.backend)

    def start(self, pull: Pull) -> None:
        asked = _answers(pull)
        next(asked)  # miniaudio sends at once, so the generator must stand at its first yield
        try:
            self._device.start(asked)
        except miniaudio.MiniaudioError as error:
            raise Unavailable(
                f"The sound device does not start: {error.args[0]}.", retry_after=5
            ) from error

    def close(self) -> None:
        self._device.close()


class Player:
    """Plays what is fed, in order; leaving its block waits for the end, or stops on an exception.

    One thread feeds; `stop` may be called from any. `underruns` counts the times when the device
    had played everything before more was fed.
    """

    def __init__(
        self, device: Device | None = None, *, seconds: float = 2.0, patience: float = 5.0
    ) -> None:
        """device: None means the machine's default one. seconds: how much is kept ahead.

        patience: seconds without the device asking for samples until it counts as gone. Raises
        Unavailable if there is no device.
        """
        self._device = device or SoundDevice()
        self._ring = bytearray(round(seconds * SAMPLE_RATE) * SAMPLE_BYTES)
        self._patience = patience
        # Bytes since the start. Each is written by one thread only and read by the other, so the
        # device's thread needs no lock; `_ran_dry` is where the device last found too little.
        self._fed = self._pulled = self._begin = 0
        self._ran_dry: int | None = None
        self._silence = 0
        self._asked_at = monotonic()
        self._stopped = Event()
        self.underruns = 0
        self._device.start(self._pull)

    def __enter__(self) -> "Player":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.drain()
        finally:
            self.close()

    def feed(self, pcm: bytes) -> None:
        """Play these whole samples after all others; waits while the ring is full.

        Raises Halted once `stop` was called, Unavailable if the device does not play any more.
        """
        if len(pcm) % SAMPLE_BYTES:
            raise ValueError(f"{len(pcm)} bytes are not whole 16-bit samples")
        rest = memoryview(pcm)
        while rest:
            rest = rest[self._put(rest) :]
            if rest:
                self._wait()

    def drain(self) -> None:
        """Return when everything that was fed has been heard. Raises as `feed`."""
        flush = round(self._device.delay * SAMPLE_RATE) * SAMPLE_BYTES
        while self._fed > self._begin and (self._pulled < self._fed or self._silence < flush):
            self._wait()
        self._begin = self._fed

    def stop(self) -> None:
        """Fall silent now and forget what was not heard; the player is of no use after that."""
        self._stopped.set()

    def close(self) -> None:
        """Stop, and give the device back; may be called twice."""
        self.stop()
        self._device.close()

    def _put(self, data: memoryview) -> int:
        """Copy what there is room for; how many bytes that was."""
        if self._stopped.is_set():
            raise Halted("The playback was stopped.")
        if self._ran_dry == self._fed != self._begin:
            self.underruns += 1
        size, at = len(self._ring), self._fed % len(self._ring)
        count = min(len(data), size - (self._fed - self._pulled))
        head = min(count, size - at)
        self._ring[at : at + head] = data[:head]
        self._ring[: count - head] = data[head:count]
        self._fed += count  # last: from here on the device's thread may read them
        return count

    def _pull(self, samples: int) -> bytes:
        """What the device plays next. In its thread, so it neither locks nor waits."""
        self._asked_at = monotonic()
        wanted, fed = samples * SAMPLE_BYTES, self._fed
        count = 0 if self._stopped.is_set() else min(wanted, fed - self._pulled)
        at = self._pulled % len(self._ring)
        data = bytes(self._ring[at : at + count])
        data += self._ring[: count - len(data)]
        if count < wanted:
            self._ran_dry = fed
        self._silence = wanted - count + (0 if count else self._silence)
        self._pulled += count  # last: from here on `feed` may overwrite them
        return data + bytes(wanted - count)

    def _wait(self) -> None:
        if self._stopped.wait(POLL):
            raise Halted("The playback was stopped.")
        if monotonic() - self._asked_at > self._patience:
            raise Unavailable("The sound device has stopped playing.", retry_after=5)


def _answers(pull: Pull) -> Generator[bytes, int, None]:
    wanted = yield b""
    while True:
        wanted = yield pull(wanted)


def _audible() -> list[miniaudio.Backend]:
    """All but the null device, which plays into the void where there is no other."""
    silent = (miniaudio.Backend.NULL, miniaudio.Backend.CUSTOM)
    return [backend for backend in miniaudio.Backend if backend not in silent]


@contextmanager
def _quiet() -> Iterator[None]:
    """ALSA and JACK tell descriptor 2 of each place where they found no device: not our words."""
    kept = os.dup(2)
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(void)
