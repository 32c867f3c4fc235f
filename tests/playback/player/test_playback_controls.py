"""The controls: pause, back, replay, speed and volume act on what is on."""

from time import monotonic

import numpy as np
import pytest

from fakes import eventually
from onset.protocol.playback_frames import Action, Frame, FrameKind
from playback_fakes import RATE, heard_sum, level, loudness, playback, played, send


def test_pause_is_silent_and_resume_goes_on_to_the_sample() -> None:
    pcm = level(0.6)
    with playback() as at:
        stream = played(at, pcm)
        at.until("started")
        report = at.client.control("pause")
        assert report["state"] == "paused"
        paused = at.until("paused")["position"]
        before = len(at.recorder.blocks)
        eventually(lambda: len(at.recorder.blocks) > before + 5)
        assert not np.concatenate(at.recorder.blocks[before + 1 : before + 5]).any()
        assert at.client.control("status")["playing"]["position_s"] == pytest.approx(
            paused / RATE, abs=0.001
        )
        at.client.control("resume")
        assert stream.wait()["event"] == "complete"
        # Both sides of a pause fade, and add up to the samples: nothing is lost nor heard twice.
        assert heard_sum(at) == pytest.approx(loudness(pcm), rel=1e-4)


def test_replay_and_back_repeat_what_was_heard() -> None:
    with playback() as at:
        stream = played(at, level(0.2))
        stream.wait()
        actions: tuple[Action, ...] = ("replay", "back")
        for times, action in enumerate(actions, 2):
            at.client.control(action)
            at.until("complete", times)
        assert heard_sum(at) == pytest.approx(3 * loudness(level(0.2)), rel=0.02)


def test_back_goes_to_the_beginning_of_the_sentence() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(3.0))
        send(at, Frame(FrameKind.MARK, stream.number, 0, 0))
        send(at, Frame(FrameKind.MARK, stream.number, 0, 12_000))
        at.until("started")
        eventually(lambda: at.client.control("status")["playing"]["position_s"] > 1.6, 20)
        at.client.control("back")
        assert at.until("moved")["position"] == 12_000


def test_volume_and_speed_act_while_it_plays() -> None:
    with playback() as at:
        stream = played(at, level(2.0))
        at.until("started")
        assert at.client.control("volume", value=0.5)["volume"] == 0.5
        assert at.client.control("speed", value=2.0)["speed"] == 2.0
        begun = monotonic()
        stream.wait()
        assert monotonic() - begun < 60
        sound = at.recorder.sound
    assert len(sound) < 1.8 * RATE
    assert sound[-1] == pytest.approx(3000 / 32768 / 2, rel=0.01)
