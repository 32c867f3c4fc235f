"""The daemon as its callers meet it: what was sent is heard, controls act, strangers stay out."""

import asyncio
import os
import socket
import stat
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import InvalidStatus

from fakes import eventually
from onset.client.http_client import speak
from onset.errors import AssetError, Halted, InvalidRequest, ServerError, Unavailable
from onset.playback.daemon import Daemon, alone, private_folder
from onset.playback.daemon_client import DaemonClient, connect
from onset.playback.device import NullDevice
from onset.playback.player.player import Player
from onset.protocol import playback_frames
from onset.protocol.http_api import SpeechRequest
from onset.protocol.playback_frames import Action, Frame, FrameKind, Hello, Open
from playback_fakes import (
    RATE,
    Recorder,
    heard_sum,
    level,
    loudness,
    playback,
    played,
    send,
    tone,
)
from scripted_server import Finish, Head, Reset, Sound, scripted, wav_header

# What is heard


def test_what_was_sent_is_heard_to_the_sample_and_completes() -> None:
    pcm = tone(0.5)
    with playback() as at:
        outcome = played(at, pcm).wait()
        sound = at.recorder.sound
    assert (outcome["event"], outcome["samples"]) == ("complete", RATE // 2)
    sent = np.frombuffer(pcm, "<i2")[1:] / np.float32(32768)
    if not outcome["stalls"]:
        assert np.array_equal(sound, sent[: len(sound)])
        assert len(sent) - len(sound) <= 1  # the tone ends near zero


@pytest.mark.parametrize("rate", [24_000, 16_000])
def test_an_answer_of_any_server_is_played_as_it_arrives(rate: int) -> None:
    """Also a WAV, whose rate is known only once it begins."""
    pcm = tone(0.3, rate=rate)
    script = (Head(), Sound(wav_header(rate)), Sound(pcm), Finish())
    with (
        playback() as at,
        scripted(script) as server,
        speak(server.url, SpeechRequest(input="x", response_format="wav")) as speech,
    ):
        outcome = at.remote.play(speech)
    assert (outcome["event"], outcome["samples"]) == ("complete", len(pcm) // 2)


def test_an_answer_that_breaks_off_is_heard_as_far_as_it_came() -> None:
    pcm = level(0.3)
    with (
        playback() as at,
        scripted((Head(), Sound(pcm), Reset())) as server,
        speak(server.url, SpeechRequest(input="x", response_format="pcm")) as speech,
    ):
        with pytest.raises(ServerError):
            at.remote.play(speech)
        assert at.until("complete")["samples"] == len(pcm) // 2
        assert heard_sum(at) == pytest.approx(loudness(pcm), rel=1e-3)


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


def test_the_start_is_timed_from_the_request_to_the_device() -> None:
    with playback() as at:
        played(at, tone(0.3)).wait()
    (started,) = at.told("started")
    assert 0 <= started["first_ms"] <= started["taken_ms"] <= started["heard_ms"]
    assert started["heard_ms"] - started["taken_ms"] == pytest.approx(started["latency_ms"], abs=15)
    assert started["chosen_ms"] <= 25 and started["prebuffer_ms"] > 0
    assert started["audible"] is False or started["audible"] is True


# Controls


def test_the_start_is_where_it_was_though_that_was_known_only_later() -> None:
    with playback() as at:
        stream = at.remote.open()
        stream.feed(tone(0.04))  # too little to know whether it is speech or a click
        at.until("stalled")
        assert not at.told("started")
        stream.feed(tone(0.4))
        started = at.until("started")
        stream.stop()
        stalled = at.until("recovered")["stalled_s"]
    assert stalled > 0 and started["onset_ms"] == started["first_ms"]
    assert started["heard_ms"] - started["first_ms"] < 100 < 1e3 * stalled + 100


def test_pause_is_silent_and_resume_goes_on_to_the_sample() -> None:
    pcm = level(0.6)
    with playback() as at:
        stream = played(at, pcm)
        at.until("started")
        report = at.remote.control("pause")
        assert report["state"] == "paused"
        paused = at.until("paused")["position"]
        before = len(at.recorder.blocks)
        eventually(lambda: len(at.recorder.blocks) > before + 5)
        assert not np.concatenate(at.recorder.blocks[before + 1 : before + 5]).any()
        assert at.remote.control("status")["playing"]["position_s"] == pytest.approx(
            paused / RATE, abs=0.001
        )
        at.remote.control("resume")
        assert stream.wait()["event"] == "complete"
        # Both sides of a pause fade, and add up to the samples: nothing is lost nor heard twice.
        assert heard_sum(at) == pytest.approx(loudness(pcm), rel=1e-4)


def test_stop_is_silent_at_once_and_ends_everything() -> None:
    with playback() as at:
        streams = [played(at, level(5.0)) for _ in range(3)]
        at.until("started")
        at.remote.control("stop")
        assert [stream.wait()["reason"] for stream in streams] == ["stopped"] * 3
        before = len(at.recorder.blocks)
        eventually(lambda: len(at.recorder.blocks) > before + 3)
        assert not np.concatenate(at.recorder.blocks[before:]).any()
        assert at.remote.control("status")["state"] == "idle"


def test_stop_takes_no_more_than_a_block_of_the_device_and_a_fade() -> None:
    with playback() as at:
        played(at, level(5.0))
        at.until("started")
        at.remote.control("stop")
        sound = at.recorder.sound
    assert np.abs(np.diff(sound[100:])).max() < 0.01  # it fades, and does not break off
    full = np.flatnonzero(sound > 0.09)[-1]
    assert len(sound) - full <= 0.006 * RATE


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
        at.remote.control("skip")
        assert first.wait()["reason"] == "skipped"
        assert second.wait()["event"] == "complete"


def test_feeding_what_was_stopped_is_told() -> None:
    with playback() as at:
        stream = at.remote.open()
        stream.feed(level(0.2))
        at.remote.control("stop")
        with pytest.raises(Halted, match="stopped"):
            stream.feed(level(0.2))


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
            at.remote.open(policy="refuse")
        first.stop()
        assert played(at, level(0.05), "refuse").wait()["event"] == "complete"


def test_replay_and_back_repeat_what_was_heard() -> None:
    with playback() as at:
        stream = played(at, level(0.2))
        stream.wait()
        actions: tuple[Action, ...] = ("replay", "back")
        for times, action in enumerate(actions, 2):
            at.remote.control(action)
            at.until("complete", times)
        assert heard_sum(at) == pytest.approx(3 * loudness(level(0.2)), rel=0.02)


def test_back_goes_to_the_beginning_of_the_sentence() -> None:
    with playback() as at:
        stream = at.remote.open()
        stream.feed(level(3.0))
        send(at, Frame(FrameKind.MARK, stream.number, 0, 0))
        send(at, Frame(FrameKind.MARK, stream.number, 0, 12_000))
        at.until("started")
        eventually(lambda: at.remote.control("status")["playing"]["position_s"] > 1.6, 20)
        at.remote.control("back")
        assert at.until("moved")["position"] == 12_000


def test_volume_and_speed_act_while_it_plays() -> None:
    with playback() as at:
        stream = played(at, level(2.0))
        at.until("started")
        assert at.remote.control("volume", value=0.5)["volume"] == 0.5
        assert at.remote.control("speed", value=2.0)["speed"] == 2.0
        begun = monotonic()
        stream.wait()
        assert monotonic() - begun < 60
        sound = at.recorder.sound
    assert len(sound) < 1.8 * RATE
    assert sound[-1] == pytest.approx(3000 / 32768 / 2, rel=0.01)


@pytest.mark.parametrize(("action", "value"), [("speed", 9), ("volume", -1), ("speed", None)])
def test_what_a_control_cannot_be_is_refused(action: Action, value: float | None) -> None:
    with playback() as at, pytest.raises(InvalidRequest, match="within"):
        at.remote.control(action, value=value)


# Who may call


def test_the_socket_is_the_users_alone(tmp_path: Path) -> None:
    async def mode() -> int:
        daemon = Daemon(Player(NullDevice))
        async with await daemon.listen(tmp_path / "sock"):
            return stat.S_IMODE(os.stat(tmp_path / "sock").st_mode)

    assert asyncio.run(mode()) & 0o077 == 0


def test_there_is_one_daemon_at_a_place_and_a_dead_ones_socket_is_no_obstacle(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run" / "play.sock"
    with alone(path):
        path.touch()
        with pytest.raises(Unavailable, match="already"), alone(path):
            pass
    path.touch()
    with alone(path):
        assert not path.exists()


def test_a_folder_that_others_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(AssetError, match="700"):
        private_folder(tmp_path / "open")


def test_no_daemon_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="onset play"):
        connect(tmp_path / "none.sock")


def test_a_websocket_wants_its_token_and_no_web_page() -> None:
    async def call() -> list[Frame]:
        daemon = Daemon(Player(NullDevice))
        running = asyncio.create_task(daemon.run())
        port = await daemon.listen_websocket(0, "secret")
        url = f"ws://127.0.0.1:{port}"
        got = []
        for token in ("wrong", "secret"):
            async with websocket(url) as connection:
                hello = playback_frames.json_frame(FrameKind.HELLO, Hello(protocol=1, token=token))
                await connection.send(playback_frames.encode(hello))
                if token == "secret":
                    body = Open(rate=RATE)
                    await connection.send(
                        playback_frames.encode(
                            playback_frames.json_frame(FrameKind.OPEN, body, stream=1)
                        )
                    )
                message = await asyncio.wait_for(connection.recv(), 10)
                assert isinstance(message, bytes)
                got.append(playback_frames.decode(message))
        with pytest.raises(InvalidStatus):
            await websocket(url, origin="http://evil.example")  # type: ignore[arg-type]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return got

    refused, welcomed = asyncio.run(call())
    assert (refused.kind, welcomed.kind) == (FrameKind.ERROR, FrameKind.WELCOME)


def test_a_daemon_that_is_gone_is_told() -> None:
    with playback() as at:
        at.remote._socket.shutdown(socket.SHUT_RDWR)
        with pytest.raises(ServerError, match="gone"):
            at.remote.control("status")


def test_remote_is_told_the_version_it_speaks() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(
        playback_frames.encode(Frame(FrameKind.ERROR, 0, 0, 0, b'{"code": "x", "message": "No."}'))
    )
    with pytest.raises(InvalidRequest, match="No"):
        DaemonClient(ours)
    ours.close()
    theirs.close()
