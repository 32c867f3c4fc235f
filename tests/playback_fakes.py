"""A device that records what it was given, and a daemon in this process around it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from onset.playback.daemon import InProcessDaemon
from onset.playback.daemon_client import DaemonClient, DaemonStream
from onset.playback.device import Device, Fill, NullDevice
from onset.playback.player.player import Player
from onset.protocol.playback_frames import Frame, Policy
from onset.types import Floats

RATE = 24_000


class Recorder(NullDevice):
    """A device at the pace of sound, or faster, that keeps every block it was given."""

    def __init__(self, rate: int = RATE, pace: float = 1.0) -> None:
        super().__init__(rate, pace)
        self.blocks: list[Floats] = []

    def start(self, fill: Fill) -> None:
        def record(block: Floats, latency: float) -> None:
            fill(block, latency)
            self.blocks.append(block.copy())

        super().start(record)

    @property
    def sound(self) -> Floats:
        """All of it but the silence before and after."""
        samples = np.concatenate([np.zeros(0, np.float32), *list(self.blocks)])
        loud = np.flatnonzero(samples)
        return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]


@dataclass
class Playback:
    """A daemon and a client of it. devices: in the order they were opened. events: in order."""

    client: DaemonClient
    devices: list[Device]
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def recorder(self) -> Recorder:
        """The device that was opened last."""
        device = self.devices[-1]
        assert isinstance(device, Recorder)
        return device

    def told(self, name: str) -> list[dict[str, Any]]:
        """The events of that name so far."""
        return [event for event in self.events if event["event"] == name]

    def until(self, name: str, count: int = 1) -> dict[str, Any]:
        """Read until an event of that name has come so many times."""
        while len(self.told(name)) < count:
            self.client.read()
        return self.told(name)[-1]


@contextmanager
def playback(make: Callable[[], Device] = Recorder) -> Iterator[Playback]:
    """A daemon of its own that plays on the devices that `make` makes."""
    devices: list[Device] = []

    def opened() -> Device:
        devices.append(make())
        return devices[-1]

    daemon = InProcessDaemon(lambda: Player(opened))
    events: list[dict[str, Any]] = []
    try:
        with DaemonClient(daemon.end, "test", events.append) as client:
            yield Playback(client, devices, events)
    finally:
        daemon.close()


def level(seconds: float, height: int = 3_000) -> bytes:
    """A constant, so that the sum of what was heard tells whether all of it was."""
    return np.full(round(seconds * RATE), height, "<i2").tobytes()


def loudness(pcm: bytes) -> float:
    """The sum of samples, full scale 1.0."""
    return float(np.frombuffer(pcm, "<i2").sum(dtype=np.float64) / 32768)


def played(at: Playback, pcm: bytes, policy: Policy = "queue") -> DaemonStream:
    """A stream with all its samples sent."""
    stream = at.client.open(policy=policy)
    stream.feed(pcm)
    stream.finish()
    return stream


def send(at: Playback, frame: Frame) -> None:
    """One frame, right or wrong."""
    at.client._send(frame)


def heard_sum(at: Playback) -> float:
    """The sum of all that the device was given."""
    return float(at.recorder.sound.sum(dtype=np.float64))
