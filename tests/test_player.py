"""The player against a device that a test moves by hand, and one that runs by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, Timer
from time import monotonic

import miniaudio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.errors import Halted, Unavailable
from onset.player import POLL, Device, Player, Pull, SoundDevice
from onset.types import SAMPLE_RATE


class ByHand(Device):
    """Asks for samples when the test says so."""

    name = "by hand"

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.closed = False
        self.heard = b""

    def start(self, pull: Pull) -> None:
        self._pull = pull

    def close(self) -> None:
        self.closed = True

    def take(self, samples: int) -> bytes:
        got = self._pull(samples)
        assert len(got) == 2 * samples
        self.heard += got
        return got


class ByItself(ByHand):
    """Asks for 10 ms as fast as it can, as a device would at a hundred times the pace."""

    def start(self, pull: Pull) -> None:
        super().start(pull)
        self._end = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        super().close()
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.0001):
            self.take(240)


def numbered(begin: int, count: int) -> bytes:
    """Samples that are all different from each other and from silence."""
    return b"".join((begin + i + 1).to_bytes(2, "little") for i in range(count))


@contextmanager
def held(device: Device, seconds: float = 2.0, patience: float = 5.0) -> Iterator[Player]:
    """A player that is closed without waiting for the end."""
    player = Player(device, seconds=seconds, patience=patience)
    try:
        yield player
    finally:
        player.close()


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 150)), max_size=30))
def test_everything_fed_is_pulled_in_order_when_the_ring_wraps(
    turns: list[tuple[int, int]],
) -> None:
    device, fed, heard = ByHand(), 0, b""
    with held(device, seconds=100 / SAMPLE_RATE) as player:
        for feed, pull in turns:
            room = 100 - (fed - len(heard) // 2)
            count = min(feed, room)
            player.feed(numbered(fed, count))
            fed += count
            heard += device.take(pull)[: 2 * (fed - len(heard) // 2)]
        heard += device.take(100)[: 2 * fed - len(heard)]
    assert heard == numbered(0, fed)


def test_what_is_missing_is_silence() -> None:
    device = ByHand()
    with held(device) as player:
        player.feed(numbered(0, 3))
        assert device.take(5) == numbered(0, 3) + bytes(4)


def test_silence_before_the_first_sample_is_no_underrun() -> None:
    device = ByHand()
    with held(device) as player:
        device.take(100)
        player.feed(numbered(0, 10))
        assert player.underruns == 0


def test_an_underrun_is_counted_once_for_each_gap() -> None:
    device = ByHand()
    with held(device) as player:
        for gap in range(3):
            player.feed(numbered(0, 10))
            player.feed(numbered(0, 10))
            assert player.underruns == gap
            for _ in range(4):
                device.take(15)


def test_the_end_of_speech_is_no_underrun() -> None:
    device = ByItself()
    with held(device) as player:
        for _ in range(3):
            player.feed(numbered(0, 1000))
            player.drain()
    assert player.underruns == 0


def test_feeding_waits_while_the_ring_is_full_and_nothing_is_lost() -> None:
    device = ByItself()
    with Player(device, seconds=0.01) as player:
        player.feed(numbered(0, 5000))
    heard = [device.heard[i : i + 2] for i in range(0, len(device.heard), 2)]
    assert b"".join(sample for sample in heard if any(sample)) == numbered(0, 5000)


def test_leaving_the_block_waits_until_the_device_has_sounded() -> None:
    device = ByItself(delay=0.05)
    with Player(device) as player:
        player.feed(numbered(0, 500))
    played = len(device.heard) // 2 - device.heard.index(numbered(499, 1)) // 2
    assert device.closed
    assert played >= 0.05 * SAMPLE_RATE


def test_leaving_without_having_fed_does_not_wait() -> None:
    with Player(ByHand(delay=10.0)):
        pass


def test_an_exception_stops_at_once() -> None:
    device = ByHand()
    with pytest.raises(KeyboardInterrupt), Player(device) as player:
        player.feed(numbered(0, 1000))
        raise KeyboardInterrupt
    assert device.closed
    assert device.take(100) == bytes(200)


def test_stop_wakes_who_feeds() -> None:
    device = ByHand()
    with held(device, seconds=0.01) as player:
        waker = Timer(3 * POLL, player.stop)
        waker.start()
        with pytest.raises(Halted):
            player.feed(bytes(48_000))
        waker.join()
        with pytest.raises(Halted):
            player.feed(bytes(2))


def test_a_device_that_asks_no_more_is_an_error() -> None:
    begun = monotonic()
    with held(ByHand(), patience=0.05) as player:
        player.feed(numbered(0, 10))
        with pytest.raises(Unavailable, match="stopped playing"):
            player.drain()
    assert monotonic() - begun < 1.0


def test_half_a_sample_is_refused() -> None:
    with held(ByHand()) as player, pytest.raises(ValueError, match="3 bytes"):
        player.feed(b"abc")


def test_closing_twice_is_fine() -> None:
    device = SoundDevice([miniaudio.Backend.NULL])
    device.close()
    device.close()


def test_miniaudio_pulls_at_the_pace_of_sound() -> None:
    device = SoundDevice([miniaudio.Backend.NULL])
    begun = monotonic()
    with Player(device) as player:
        player.feed(bytes(SAMPLE_RATE // 2))  # a quarter of a second
    assert 0.2 < monotonic() - begun < 2.0
    assert device.name


def test_no_device_is_told_in_our_words_alone(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        device = SoundDevice()
    except Unavailable as error:
        assert "no sound device" in str(error)
    else:
        device.close()  # this machine has one
    assert capfd.readouterr() == ("", "")
