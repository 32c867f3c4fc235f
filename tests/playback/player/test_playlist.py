"""The playlist: one track after the other, and who may go before whom."""

import numpy as np
import pytest

from fakes import eventually
from onset.errors import Unavailable
from playback_fakes import level, loudness, playback, played


def test_streams_are_heard_one_after_the_other() -> None:
    with playback() as at:
        streams = [played(at, level(0.1, height)) for height in (1000, 2000, 3000)]
        for stream in streams:
            assert stream.wait()["event"] == "complete"
        sound = at.recorder.sound
    heights = [round(h) for h in sound[sound > 0.02] * 32768 if round(h) in (1000, 2000, 3000)]
    assert heights == sorted(heights)
    total = sum(loudness(level(0.1, height)) for height in (1000, 2000, 3000))
    assert float(sound.sum(dtype=np.float64)) == pytest.approx(total, rel=1e-4)


def test_stop_is_silent_at_once_and_ends_everything() -> None:
    with playback() as at:
        streams = [played(at, level(5.0)) for _ in range(3)]
        at.until("started")
        at.client.control("stop")
        assert [stream.wait()["reason"] for stream in streams] == ["stopped"] * 3
        before = len(at.recorder.blocks)
        eventually(lambda: len(at.recorder.blocks) > before + 3)
        assert not np.concatenate(at.recorder.blocks[before:]).any()
        assert at.client.control("status")["state"] == "idle"


def test_a_stream_can_be_stopped_without_the_others() -> None:
    with playback() as at:
        first, second = played(at, level(5.0)), played(at, level(0.1))
        second.stop()
        assert second.wait()["event"] == "stopped"
        assert first.outcome is None
        first.stop()


def test_skip_goes_on_with_what_waits() -> None:
    with playback() as at:
        first, second = played(at, level(5.0)), played(at, level(0.1))
        at.until("started")
        at.client.control("skip")
        assert first.wait()["reason"] == "skipped"
        assert second.wait()["event"] == "complete"


def test_interrupt_is_heard_now() -> None:
    with playback() as at:
        old = played(at, level(5.0))
        at.until("started")
        new = played(at, level(0.1, 9000), "interrupt")
        assert old.wait()["reason"] == "interrupted"
        assert new.wait()["event"] == "complete"


def test_refuse_is_refused_while_something_plays() -> None:
    with playback() as at:
        first = played(at, level(5.0))
        with pytest.raises(Unavailable, match="playing"):
            at.client.open(policy="refuse")
        first.stop()
        assert played(at, level(0.05), "refuse").wait()["event"] == "complete"


def test_what_is_heard_again_is_counted_once() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(0.2))
        at.until("stalled")
        stream.feed(level(0.2))
        stream.finish()
        stream.wait()
        before = at.client.control("status")["counters"]
        at.client.control("replay")
        at.until("complete", 2)
        after = at.client.control("status")["counters"]
    for name in ("stalls", "stalled_s", "received_s"):
        assert after[name] == before[name] > 0
    assert after["heard_s"] == pytest.approx(2 * before["heard_s"], abs=0.02)
