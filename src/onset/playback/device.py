"""Sound devices: the machine's own by miniaudio, and one that only keeps time.

A device pulls blocks of float32 mono frames from a thread of its own. How long a frame then takes
to be heard is read from the device's own pace: what it has taken, less what it must have played
since it began.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from time import perf_counter
from typing import Any, TypeAlias

import miniaudio
import numpy as np

from onset.errors import Unavailable
from onset.types import Floats

PERIOD_MS, PERIODS = 25, 2
"""Milliseconds of a device's block, and blocks in its buffer: the most between us and the ear."""

PULSE_MS = 40
"""Milliseconds that PulseAudio, and PipeWire as PulseAudio, keep of ours. They ask for a quarter of
it at once, and miniaudio would collect quarters until it has the whole. Only without that (see
`_BlockCallback`) is there a reserve of 20 ms whenever they ask, and silence within 40 ms after a
stop. With blocks of the whole size it was 25 ms in all, 10 when they asked, and two busy cores
broke the sound."""

NULL_RATE = 48_000
NULL_PERIOD = 0.02
"""Samples a second and seconds a block of the device that only keeps time."""

NULL = "null"

SILENT = (miniaudio.Backend.NULL, miniaudio.Backend.CUSTOM)
"""Play into the void where there is no other."""

LARGEST_BLOCK = 1.0
"""Seconds of the largest block that a device may ask for at once."""

XRUN = 0.002
"""Seconds that a device must have been without frames to count as having run dry itself."""

WINDOW = 1.0
"""Seconds within which a device has asked without delay at least once, however busy the machine."""

Fill: TypeAlias = Callable[[Floats, float], None]
"""(block [n], latency): fills it with what is heard in `latency` seconds, without waiting."""


class DeviceClock:
    """How far a device has been filled ahead of what it has played, read when it asks for more.

    latency: seconds from that moment until the next frame is heard. xruns: times it ran out, as far
    as its pace tells: the most that it was ahead within one second equals the most within the next,
    but for drift, unless it has played silence of its own in between.
    """

    def __init__(self, rate: int, capacity: float) -> None:
        """capacity: seconds that the device can be ahead at most."""
        self.latency = 0.0
        self.xruns = 0
        self._rate, self._capacity = rate, capacity
        self._taken = 0
        self._begun: float | None = None
        self._best = self._before = 0.0
        self._window: float | None = None

    def take(self, now: float, frames: int) -> None:
        """The device asks for so many frames at `now`, in seconds."""
        if self._begun is None:
            self._begun = now
        ahead = self._taken / self._rate - (now - self._begun)
        dropped = self._dropped(now, ahead)
        if ahead < -XRUN or dropped > XRUN:
            self.xruns += 1
            self._window = None
        self.latency = min(max(ahead + dropped, 0.0), self._capacity)
        # It cannot have played what it had not, nor be ahead of all it can hold: that is drift.
        self._begun += self.latency - ahead if ahead != self.latency else 0.0
        self._taken += frames

    def _dropped(self, now: float, ahead: float) -> float:
        """By how many seconds the best of the second that is over is worse than that before it."""
        if self._window is None:
            self._window, self._before, self._best = now, 0.0, ahead
        self._best = max(self._best, ahead)
        if now - self._window < WINDOW:
            return 0.0
        dropped = max(0.0, self._before - self._best)
        self._window, self._before, self._best = now, self._best, ahead
        return dropped if dropped > XRUN else 0.0


class Device(ABC):
    """Something that plays mono float32 by asking for it.

    name: for people. rate: its own, samples a second. block: seconds that it asks for at once.
    """

    name: str
    rate: int
    block: float
    clock: DeviceClock
    pace = 1.0
    """How many times as fast as sound its clock goes."""
    audible = True
    """Whether somebody could hear it."""

    @abstractmethod
    def start(self, fill: Fill) -> None:
        """Call `fill` from a thread of its own from now on. Raises Unavailable."""

    @abstractmethod
    def close(self) -> None:
        """Fall silent and never call `fill` again; may be called twice."""


class SoundDevice(Device):
    """The machine's default output at its own rate, or at `rate`."""

    def __init__(self, backends: Sequence[miniaudio.Backend] | None = None, rate: int = 0) -> None:
        """backends: where to look, None everywhere. Raises Unavailable if there is no device."""
        try:
            with _quiet():
                self._device = _opened(backends, rate)
        except miniaudio.MiniaudioError as error:
            reason = error.args[0] if error.args else "unknown"
            raise Unavailable(f"There is no sound device ({reason}).", retry_after=5) from error
        self.name = str(self._device.backend)
        block_ms = PULSE_MS / 4 if isinstance(self._device, _BlockCallback) else PERIOD_MS
        self.block = block_ms / 1000
        # The public attribute keeps the 0 that was asked for.
        self.rate = int(self._device._device.sampleRate)
        self.clock = DeviceClock(self.rate, PERIOD_MS * PERIODS / 1000)

    def start(self, fill: Fill) -> None:
        answers = self._answers(fill)
        next(answers)  # miniaudio sends at once, so the generator must stand at its first yield
        try:
            self._device.start(answers)
        except miniaudio.MiniaudioError as error:
            message = f"The sound device does not start: {error.args[0]}."
            raise Unavailable(message, retry_after=5) from error

    def close(self) -> None:
        self._device.close()

    def _answers(self, fill: Fill) -> Generator[memoryview | bytes, int, None]:
        """The device's thread: blocks are views of one array, so nothing large is made here."""
        block = np.zeros(round(LARGEST_BLOCK * self.rate), np.float32)
        octets = block.data.cast("B")
        wanted = yield b""
        while True:
            count = min(wanted, len(block))
            self.clock.take(perf_counter(), count)
            fill(block[:count], self.clock.latency)
            wanted = yield octets[: 4 * count]


class NullDevice(Device):
    """Plays into the void at the pace of sound, or `pace` times as fast."""

    name, audible = NULL, False

    def __init__(self, rate: int = NULL_RATE, pace: float = 1.0) -> None:
        self.rate, self.pace, self.block = rate, pace, NULL_PERIOD
        self.clock = DeviceClock(rate, 2 * NULL_PERIOD)
        self._period = NULL_PERIOD / pace
        self._end = Event()
        self._thread: Thread | None = None

    def start(self, fill: Fill) -> None:
        self._thread = Thread(target=self._run, args=(fill,), name="onset-null", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, fill: Fill) -> None:
        block = np.zeros(round(NULL_PERIOD * self.rate), np.float32)
        begun = due = perf_counter()
        while not self._end.wait(max(0.0, due - perf_counter())):
            # It plays when it is due, so that nothing is ahead of it, nor ever too late.
            self.clock.take((due - begun) * self.pace, len(block))
            fill(block, self.clock.latency)
            due += self._period  # of the schedule, not of now: it keeps time however late it is


class _BlockCallback(miniaudio.PlaybackDevice):  # type: ignore[misc]  # it has no types
    """One whose callback is asked for just what the system asks for, in blocks of any size.

    miniaudio has a flag for it which its Python package does not name: one of the four bytes before
    the callback's address (`ma_device_config.noFixedSizedCallback`).
    """

    def _make_context(self, *arguments: Any, **options: Any) -> Any:
        """Set the flag; called last before the device is made of its configuration."""
        ffi, kind = miniaudio.ffi, "ma_device_config"
        at = ffi.offsetof(kind, "periods") + 4 + 4 + 3  # it, the profile, three other flags
        if ffi.offsetof(kind, "dataCallback") != -(-(at + 1) // 8) * 8:
            raise miniaudio.MiniaudioError("its configuration is another than was known")
        ffi.buffer(ffi.addressof(self._devconfig))[at] = b"\x01"
        return super()._make_context(*arguments, **options)


def _opened(backends: Sequence[miniaudio.Backend] | None, rate: int) -> miniaudio.PlaybackDevice:
    """A device of the first system that has one. Raises MiniaudioError."""
    wanted = [each for each in miniaudio.Backend if each not in SILENT]
    if backends is not None:
        wanted = list(backends)
    others = [backend for backend in wanted if backend is not miniaudio.Backend.PULSEAUDIO]
    options = {
        "output_format": miniaudio.SampleFormat.FLOAT32,
        "nchannels": 1,
        "sample_rate": rate,
        "callback_periods": PERIODS,
        "app_name": "Onset",
    }
    if len(others) < len(wanted):
        try:
            pulse = [miniaudio.Backend.PULSEAUDIO]
            return _BlockCallback(backends=pulse, buffersize_msec=PULSE_MS, **options)
        except miniaudio.MiniaudioError:
            if not others:
                raise
    return miniaudio.PlaybackDevice(backends=others, buffersize_msec=PERIOD_MS, **options)


def open_device(name: str) -> Device:
    """`default`: the machine's, or the null device where there is none. `sound`: the machine's.

    `null`: the null device; `null:20`: whose clock goes 20 times as fast, to measure what takes
    long. Raises Unavailable, ValueError for another name.
    """
    if name == NULL:
        return NullDevice()
    if name.startswith(f"{NULL}:"):
        return NullDevice(pace=float(name.removeprefix(f"{NULL}:")))
    if name not in ("sound", "default"):
        raise ValueError(name)
    try:
        return SoundDevice()
    except Unavailable:
        if name == "sound":
            raise
        return NullDevice()


@contextmanager
def _quiet() -> Iterator[None]:
    """Discard what ALSA and JACK write to descriptor 2 about each place without a device."""
    stderr = os.dup(2)
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(void)
