"""The player: what was sent is heard to the sample, and stalls are told and counted."""

from time import monotonic

import numpy as np
import pytest

from fakes import eventually
from onset.playback.player import player
from playback_fakes import RATE, Recorder, heard_sum, level, loudness, playback, played
from scripted_server import tone


def test_what_was_sent_is_heard_to_the_sample_and_completes() -> None:
    pcm = tone(0.5)
    with playback() as at:
        outcome = played(at, pcm).wait()
        sound = at.recorder.sound
    assert (outcome["event"], outcome["samples"], outcome["lost"]) == ("complete", RATE // 2, 0)
    if not outcome["stalls"]:
        assert np.array_equal(sound, np.frombuffer(pcm, "<i2") / np.float32(32768))


def test_complete_comes_when_the_device_has_played_it_and_not_before() -> None:
    with playback() as at:
        begun = monotonic()
        played(at, level(0.4)).wait()
        assert monotonic() - begun >= 0.4
        assert heard_sum(at) == pytest.approx(loudness(level(0.4)), rel=1e-4)


def test_the_very_last_samples_are_heard() -> None:
    for count in (1, 7, 119, 121):
        with playback() as at:
            outcome = played(at, level(count / RATE)).wait()
            assert outcome["samples"] == count
            assert heard_sum(at) == pytest.approx(loudness(level(count / RATE)), rel=1e-4)


def test_an_empty_stream_completes() -> None:
    with playback() as at:
        assert played(at, b"").wait()["samples"] == 0


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_other_rates_of_the_device_are_resampled_and_nothing_is_cut(rate: int) -> None:
    pcm = tone(0.4)
    with playback(lambda: Recorder(rate)) as at:
        outcome = played(at, pcm).wait()
        sound = at.recorder.sound
    if not outcome["stalls"]:
        assert len(sound) == pytest.approx(0.4 * rate, abs=rate * 0.002)
    energy = float((sound.astype(np.float64) ** 2).sum()) / rate
    sent = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768
    assert energy == pytest.approx(float((sent**2).sum()) / RATE, rel=0.03)


def test_the_start_is_timed_from_the_request_to_the_device() -> None:
    with playback() as at:
        played(at, tone(0.3)).wait()
    (started,) = at.told("started")
    assert 0 <= started["first_ms"] <= started["taken_ms"] <= started["heard_ms"]
    assert started["heard_ms"] - started["taken_ms"] == pytest.approx(started["latency_ms"], abs=15)
    assert started["chosen_ms"] <= 25 and started["prebuffer_ms"] > 0
    assert started["audible"] is False or started["audible"] is True


def test_the_start_is_where_it_was_though_that_was_known_only_later() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(tone(0.04))  # too little to know whether it is speech or a click
        at.until("stalled")
        assert not at.told("started")
        stream.feed(tone(0.4))
        started = at.until("started")
        stream.stop()
        stalled = at.until("recovered")["stalled_s"]
    assert stalled > 0 and started["onset_ms"] == started["first_ms"]
    assert started["heard_ms"] - started["first_ms"] < 100 < 1e3 * stalled + 100


def test_stop_takes_no_more_than_a_block_of_the_device_and_a_fade() -> None:
    with playback() as at:
        played(at, level(5.0))
        at.until("started")
        at.client.control("stop")
        sound = at.recorder.sound
    assert np.abs(np.diff(sound[100:])).max() < 0.01  # it fades, and does not break off
    full = np.flatnonzero(sound > 0.09)[-1]
    assert len(sound) - full <= 0.006 * RATE


def test_a_stall_is_told_counted_and_recovered_from() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(0.2))
        at.until("stalled")
        eventually(lambda: at.client.control("status")["playing"]["dry_s"] > 0.1)
        stream.feed(level(0.4))
        stream.finish()
        outcome = stream.wait()
        assert outcome["stalls"] >= 1 and outcome["stalled_s"] > 0
        assert at.told("recovered")[-1]["concealed"] > 0
        assert heard_sum(at) == pytest.approx(loudness(level(0.6)), rel=1e-4)
        assert np.abs(np.diff(at.recorder.sound[1:-1])).max() < 0.01


def test_a_stall_that_is_stopped_was_one() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(0.2))
        at.until("stalled")
        eventually(lambda: at.client.control("status")["playing"]["dry_s"] > 0.3)
        assert at.client.control("status")["counters"]["stalls"] == 0
        stream.stop()
        counters = at.client.control("status")["counters"]
    assert counters["stalls"] == 1 and counters["stalled_s"] > 0.3
    assert counters["concealed"] > 0.2 * RATE and counters["lost"] == 0
    assert counters["received_s"] == pytest.approx(0.2)
    assert counters["heard_s"] == pytest.approx(0.2, abs=0.011)  # the fade stays unread


@pytest.mark.parametrize("seconds", [0.2, 0.01, 0.00005])
def test_a_source_that_falls_silent_for_long_is_given_up(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "LONGEST_DRY", 0.5)
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(seconds))
        assert "0.5 seconds" in at.until("failed")["message"]
        outcome = stream.wait()
        assert (outcome["event"], outcome["stalls"]) == ("complete", int(seconds > 0.1))
