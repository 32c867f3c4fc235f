"""Devices: the one that only keeps time, the machine's if there is one, and the clock of both."""

from threading import Event
from time import monotonic

import miniaudio
import pytest

from onset.errors import Unavailable
from onset.playback.device import NULL, XRUN, DeviceClock, NullDevice, SoundDevice, open_device
from onset.types import Floats


def test_a_clock_reads_how_far_a_device_is_ahead() -> None:
    clock = DeviceClock(1000, 0.05)
    for number in range(10):
        clock.take(5.0 + 0.02 * max(0, number - 1), 20)
    assert clock.latency == pytest.approx(0.02)
    assert clock.xruns == 0


def test_a_clock_counts_running_out_and_begins_again_there() -> None:
    clock = DeviceClock(1000, 0.05)
    clock.take(0.0, 20)
    clock.take(0.02 + 10 * XRUN, 20)
    assert (clock.latency, clock.xruns) == (0.0, 1)
    clock.take(0.03 + 10 * XRUN, 20)
    assert clock.latency == pytest.approx(0.01)


def test_a_clock_takes_drift_for_drift() -> None:
    clock = DeviceClock(1000, 0.05)
    for number in range(10_000):  # a device whose second is a thousandth shorter
        clock.take(number * 0.02 * 0.999, 20)
    assert clock.latency <= 0.05
    assert clock.xruns == 0


def test_a_clock_finds_a_gap_that_ate_only_of_what_was_ahead() -> None:
    clock, gap = DeviceClock(1000, 0.05), 0.0
    for number in range(500):
        gap = 0.005 if number >= 250 else 0.0
        late = 0.004 if number % 3 else 0.0  # most of the time the machine is busy
        clock.take(0.02 * max(0, number - 1) + late + gap, 20)
    assert clock.xruns == 1
    assert clock.latency == pytest.approx(0.02, abs=0.005)


def test_a_clock_takes_lateness_for_lateness() -> None:
    clock = DeviceClock(1000, 0.05)
    for number in range(1000):
        late = 0.01 if 300 <= number < 330 else 0.0
        clock.take(0.02 * max(0, number - 1) + late, 20)
    assert clock.xruns == 0
    assert clock.latency == pytest.approx(0.02)


def test_the_null_device_keeps_time() -> None:
    device, asked, enough = NullDevice(8000), 0, Event()

    def fill(block: Floats, latency: float) -> None:
        nonlocal asked
        asked += len(block)
        if asked >= 2400:
            enough.set()

    begun = monotonic()
    device.start(fill)
    assert enough.wait(10)
    assert monotonic() - begun >= 0.27  # twenty blocks of 15 ms, the first of them at once
    device.close()
    device.close()


def test_miniaudio_pulls_at_the_pace_of_sound() -> None:
    device, asked, enough = SoundDevice([miniaudio.Backend.NULL], 24_000), 0, Event()

    def fill(block: Floats, latency: float) -> None:
        nonlocal asked
        block[:] = 0
        asked += len(block)
        if asked >= 6000:
            enough.set()

    begun = monotonic()
    device.start(fill)
    assert enough.wait(10)
    assert monotonic() - begun > 0.1
    assert device.rate == 24_000 and device.name
    device.close()
    device.close()


def test_no_device_is_told_in_our_words_alone(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        device = SoundDevice()
    except Unavailable as error:
        assert "no sound device" in str(error)
        default = open_device("default")
        assert default.name == NULL
    else:
        device.close()  # this machine has one
    assert capfd.readouterr() == ("", "")


def test_an_unknown_device_is_an_error() -> None:
    with pytest.raises(ValueError, match="loud"):
        open_device("loud")
