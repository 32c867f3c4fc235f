"""The output: a device that is gone is replaced, and one that is not there is told."""

import numpy as np
import pytest

from onset.errors import Unavailable
from onset.playback.device import Device, Fill
from onset.playback.player import audio_sink
from playback_fakes import Recorder, level, loudness, playback, played


class Unplugged(Recorder):
    """Asks for 0.4 seconds and then never again."""

    def start(self, fill: Fill) -> None:
        left = 20

        def until(block: np.ndarray[tuple[int], np.dtype[np.float32]], latency: float) -> None:
            nonlocal left
            left -= 1
            block[:] = 0
            if left > 0:
                fill(block, latency)

        super().start(until)


def test_a_device_that_is_gone_is_replaced_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audio_sink, "LOST_SECONDS", 0.5)
    made = iter([Unplugged(), Recorder()])
    with playback(lambda: next(made)) as at:
        stream = played(at, level(1.0))
        assert stream.wait()["event"] == "complete"
        assert [event["state"] for event in at.told("device")] == ["open", "lost", "open"]
        heard = sum(
            float(d.sound.sum(dtype=np.float64)) for d in at.devices if isinstance(d, Recorder)
        )
    # What the device had taken but may not have played is heard again.
    assert heard == pytest.approx(loudness(level(1.0)), rel=0.1)


def test_no_device_is_told_to_who_wants_to_be_heard() -> None:
    def none() -> Device:
        raise Unavailable("There is no sound device.", 5)

    with playback(none) as at, pytest.raises(Unavailable, match="no sound device"):
        at.client.open()
