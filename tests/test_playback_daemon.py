"""The daemon as its callers meet it: what was sent is heard, controls act, faults are told."""

import asyncio
import os
import socket
import stat
import threading
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import InvalidStatus

from fakes import eventually
from onset.errors import AssetError, Halted, InvalidRequest, ServerError, Unavailable
from onset.playback import frames
from onset.playback.daemon import Daemon, alone, private_folder
from onset.playback.deck import Deck
from onset.playback.device import Device, Fill, NullDevice
from onset.playback.frames import Action, Frame, Hello, Kind, Open, Policy, Say
from onset.playback.remote import Playing, Remote, connect
from playback_fakes import RATE, Playback, Recorder, level, loudness, playback, tone
from scripted_server import Head, Sound, Wait, answer, scripted


def played(at: Playback, pcm: bytes, policy: Policy = "queue") -> Playing:
    """A stream with all its samples sent."""
    stream = at.remote.open(policy=policy)
    stream.feed(pcm)
    stream.finish()
    return stream


def send(at: Playback, frame: Frame) -> None:
    at.remote._send(frame)


def heard_sum(at: Playback) -> float:
    return float(at.recorder.sound.sum(dtype=np.float64))


# What is heard


def test_what_was_sent_is_heard_to_the_sample_and_completes() -> None:
    pcm = tone(0.5)
    with playback() as at:
        outcome = played(at, pcm).wait()
        sound = at.recorder.sound
    assert (outcome["event"], outcome["samples"], outcome["lost"]) == ("complete", RATE // 2, 0)
    sent = np.frombuffer(pcm, "<i2")[1:] / np.float32(32768)
    if not outcome["stalls"]:
        assert np.array_equal(sound, sent[: len(sound)])
        assert len(sent) - len(sound) <= 1  # the tone ends near zero


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
    assert started["chosen_ms"] == 0.0 and started["prebuffer_ms"] > 0
    assert started["audible"] is False or started["audible"] is True


# Controls


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
        send(at, Frame(Kind.MARK, stream.stream, 0, 0))
        send(at, Frame(Kind.MARK, stream.stream, 0, 12_000))
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


# Faults of callers


def test_duplicates_disorder_and_loss_are_told_and_make_no_noise() -> None:
    piece = level(0.05)
    count = len(piece) // 2
    with playback() as at:
        stream = at.remote.open()
        for number in (0, 0, 2, 1, 4):
            send(at, Frame(Kind.AUDIO, stream.stream, number, number * count, piece))
        send(at, Frame(Kind.END, stream.stream, 5, 5 * count))
        outcome = stream.wait()
        assert outcome["lost"] == count
        sound = at.recorder.sound
    assert {fault["kind"] for fault in at.told("fault")} == {"duplicate", "lost"}
    assert np.abs(np.diff(sound)).max() < 0.01
    assert float(sound.sum(dtype=np.float64)) == pytest.approx(4 * loudness(piece), rel=0.06)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (Frame(Kind.AUDIO, 77, 0, 0, b"\0\0"), "no stream 77"),
        (Frame(Kind.END, 77), "no stream 77"),
        (Frame(Kind.AUDIO, 1, 0, 0, b"\0\0\0"), "whole 16-bit"),
        (Frame(Kind.AUDIO, 1, 0, 10**6, b"\0\0"), "missing"),
        (Frame(Kind.OPEN, 9, 0, 0, b'{"rate": 7}'), "rate"),
        (Frame(Kind.OPEN, 9, 0, 0, b'{"rate": 24000, "loud": 1}'), "loud"),
        (Frame(Kind.OPEN, 0, 0, 0, b'{"rate": 24000}'), "0 or taken"),
        (Frame(Kind.OPEN, 1, 0, 0, b'{"rate": 24000}'), "0 or taken"),
        (Frame(Kind.CONTROL, 0, 0, 0, b'{"action": "explode"}'), "action"),
        (Frame(Kind.CONTROL, 0, 0, 0, b"\xff"), "JSON"),
        (Frame(Kind.WELCOME), "for callers"),
    ],
)
def test_a_wrong_frame_is_refused_and_the_rest_goes_on(frame: Frame, told: str) -> None:
    with playback() as at:
        stream = at.remote.open()
        send(at, frame)
        with pytest.raises(InvalidRequest, match=told):
            while True:
                at.remote.read()
        stream.feed(level(0.05))
        stream.finish()
        assert stream.wait()["event"] == "complete"


def test_a_flood_ends_its_stream_and_nothing_else() -> None:
    with playback() as at:
        stream = at.remote.open()
        limit = at.remote._limits[stream.stream]
        send(at, Frame(Kind.AUDIO, stream.stream, 0, limit + 2 * RATE, level(0.1)))
        assert at.until("fault")["kind"] == "flood"
        stream.wait()
        assert played(at, level(0.05)).wait()["event"] == "complete"


def test_back_pressure_stops_who_sends_faster_than_it_is_played() -> None:
    with playback() as at:
        stream = at.remote.open()
        limit = at.remote._limits[stream.stream]
        assert 10 * RATE <= limit <= 60 * RATE
        stream.feed(level(limit / RATE))
        before = monotonic()
        stream.feed(level(0.5))
        assert monotonic() - before > 0.2
        stream.stop()


def test_who_leaves_in_the_middle_falls_silent() -> None:
    with playback() as at:
        stream = at.remote.open()
        stream.feed(level(5.0))
        at.until("started")
        at.remote._socket.shutdown(socket.SHUT_RDWR)
        recorder = at.recorder
        eventually(
            lambda: len(recorder.blocks) > 5 and not np.concatenate(recorder.blocks[-3:]).any()
        )


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        frames.encode(Frame(Kind.OPEN, 1)),
        frames.encode(frames.say(Kind.HELLO, Hello(protocol=99))),
        bytes(24),
        b"\xff" * 64,
    ],
)
def test_who_does_not_speak_the_protocol_is_told_and_sent_away(data: bytes, tmp_path: Path) -> None:
    async def call() -> bytes:
        daemon = Daemon(Deck(NullDevice))
        running = asyncio.create_task(daemon.run())
        async with await daemon.listen(tmp_path / "sock"):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "sock")
            writer.write(data)
            got = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return got

    frame = frames.decode(asyncio.run(call()))
    assert frame.kind is Kind.ERROR


def test_a_client_that_never_reads_is_sent_away() -> None:
    async def call() -> None:
        daemon = Daemon(Deck(NullDevice))
        running = asyncio.create_task(daemon.run())
        ours, theirs = socket.socketpair()
        serving = asyncio.create_task(daemon.adopt(theirs))
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(ours, frames.encode(frames.say(Kind.HELLO, Hello(protocol=1))))
        status = frames.encode(Frame(Kind.CONTROL, 0, 0, 0, b'{"action": "status"}'))
        with pytest.raises(OSError):
            while True:
                await asyncio.wait_for(loop.sock_sendall(ours, status), 20)
        await asyncio.wait_for(serving, 10)
        ours.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(call())


# Faults of servers and devices


def test_speech_is_fetched_and_heard() -> None:
    pcm = tone(0.3)
    with scripted(answer(pcm)) as server, playback() as at:
        stream = at.remote.say(Say(text="Hello.", url=server.url, voice="af_heart"))
        assert stream.wait()["samples"] == len(pcm) // 2
        (started,) = at.told("started")
    assert started["stages_ms"]["headers"] > 0
    assert b'"voice":"af_heart"' in server.heard[0].body.replace(b" ", b"")


def test_the_voice_of_a_caller_is_kept_for_him() -> None:
    with scripted(answer(tone(0.05))) as server, playback() as at:
        assert at.remote.control("voice", voice="bf_emma")["voice"] == "bf_emma"
        at.remote.say(Say(text="Hello.", url=server.url)).wait()
        assert at.remote.control("voice").get("voice") is None
    assert b"bf_emma" in server.heard[0].body


def test_stopping_cancels_the_servers_work() -> None:
    endless = (Head(), *(step for _ in range(2000) for step in (Sound(tone(0.05)), Wait(0.01))))
    with scripted(endless) as server, playback() as at:
        stream = at.remote.say(Say(text="Hello.", url=server.url))
        at.until("started")
        stream.stop()
        assert stream.wait()["event"] == "stopped"
        assert server.heard[0].left.wait(5)


def test_a_server_that_dies_in_the_middle_is_told_and_what_came_is_heard() -> None:
    pcm = level(0.2)
    broken = (Head(), Sound(pcm))
    with scripted(broken) as server, playback() as at:
        stream = at.remote.say(Say(text="Hello.", url=server.url))
        assert at.until("failed")["message"]
        assert stream.wait()["samples"] == len(pcm) // 2
        assert np.abs(np.diff(at.recorder.sound[1:])).max() < 0.01
    assert heard_sum(at) == pytest.approx(loudness(pcm), rel=0.05)


def test_a_server_that_is_not_there_is_told() -> None:
    with playback() as at:
        stream = at.remote.say(Say(text="Hello.", url="http://127.0.0.1:9"))
        assert "127.0.0.1:9" in at.until("failed")["message"]
        stream.wait()


def test_a_stall_is_told_counted_and_recovered_from() -> None:
    with playback() as at:
        stream = at.remote.open()
        stream.feed(level(0.2))
        at.until("stalled")
        stream.feed(level(0.4))
        stream.finish()
        outcome = stream.wait()
        assert outcome["stalls"] >= 1 and outcome["stalled_s"] > 0
        assert at.told("recovered")[-1]["concealed"] > 0
        assert heard_sum(at) == pytest.approx(loudness(level(0.6)), rel=1e-4)
        assert np.abs(np.diff(at.recorder.sound[1:-1])).max() < 0.01


class Unplugged(Recorder):
    """Asks for half a second and then never again."""

    def start(self, fill: Fill) -> None:
        left = 50

        def until(block: np.ndarray[tuple[int], np.dtype[np.float32]], latency: float) -> None:
            nonlocal left
            left -= 1
            block[:] = 0
            if left > 0:
                fill(block, latency)

        super().start(until)


def test_a_device_that_is_gone_is_replaced_and_nothing_is_lost() -> None:
    made = iter([Unplugged(), Recorder()])
    with playback(lambda: next(made)) as at:
        stream = played(at, level(1.5))
        assert stream.wait()["event"] == "complete"
        assert [event["state"] for event in at.told("device")] == ["open", "lost", "open"]
        heard = sum(
            float(d.sound.sum(dtype=np.float64)) for d in at.devices if isinstance(d, Recorder)
        )
    # What the device had taken but may not have played is heard again.
    assert heard == pytest.approx(loudness(level(1.5)), rel=0.1)


def test_no_device_is_told_to_who_wants_to_be_heard() -> None:
    def none() -> Device:
        raise Unavailable("There is no sound device.", 5)

    with playback(none) as at, pytest.raises(Unavailable, match="no sound device"):
        at.remote.open()


def test_a_thousand_starts_and_stops_leave_nothing_behind() -> None:
    with playback(lambda: Recorder(pace=50)) as at:
        threads = threading.active_count()
        for _ in range(1000):
            stream = at.remote.open(policy="interrupt")
            stream.feed(tone(0.01))
            at.remote.control("stop")
            stream.wait()
            at.events.clear()
            at.remote._ends.clear()
        report = at.remote.control("status")
        assert (report["state"], report["waiting"]) == ("idle", [])
        assert threading.active_count() <= threads + 2
        assert report["counters"]["stopped"] == 1000


# Who may call


def test_the_socket_is_the_users_alone(tmp_path: Path) -> None:
    async def mode() -> int:
        daemon = Daemon(Deck(NullDevice))
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
        daemon = Daemon(Deck(NullDevice))
        running = asyncio.create_task(daemon.run())
        port = await daemon.listen_websocket(0, "secret")
        url = f"ws://127.0.0.1:{port}"
        got = []
        for token in ("wrong", "secret"):
            async with websocket(url) as connection:
                hello = frames.say(Kind.HELLO, Hello(protocol=1, token=token))
                await connection.send(frames.encode(hello))
                if token == "secret":
                    body = Open(rate=RATE)
                    await connection.send(frames.encode(frames.say(Kind.OPEN, body, stream=1)))
                message = await asyncio.wait_for(connection.recv(), 10)
                assert isinstance(message, bytes)
                got.append(frames.decode(message))
        with pytest.raises(InvalidStatus):
            await websocket(url, origin="http://evil.example")  # type: ignore[arg-type]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return got

    refused, welcomed = asyncio.run(call())
    assert (refused.kind, welcomed.kind) == (Kind.ERROR, Kind.WELCOME)


def test_a_daemon_that_is_gone_is_told() -> None:
    with playback() as at:
        at.remote._socket.shutdown(socket.SHUT_RDWR)
        with pytest.raises(ServerError, match="gone"):
            at.remote.control("status")


def test_remote_is_told_the_version_it_speaks() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(frames.encode(Frame(Kind.ERROR, 0, 0, 0, b'{"code": "x", "message": "No."}')))
    with pytest.raises(InvalidRequest, match="No"):
        Remote(ours)
    ours.close()
    theirs.close()
