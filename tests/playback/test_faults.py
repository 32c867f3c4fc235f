"""What goes wrong around the daemon: told, and everything else goes on."""

import asyncio
import os
import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from fakes import eventually
from onset.errors import InvalidRequest, Unavailable
from onset.playback.daemon import Daemon
from onset.playback.device import Device, Fill, NullDevice
from onset.playback.player import playlist
from onset.playback.player.player import Player
from onset.protocol import playback_frames
from onset.protocol.playback_frames import Frame, FrameKind, Hello, Say
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
from scripted_server import Head, Sound, Wait, answer, scripted

# Faults of callers


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (Frame(FrameKind.AUDIO, 77, 0, 0, b"\0\0"), "no stream 77"),
        (Frame(FrameKind.END, 77), "no stream 77"),
        (Frame(FrameKind.OPEN, 9, 0, 0, b'{"rate": 7}'), "rate"),
        (Frame(FrameKind.OPEN, 9, 0, 0, b'{"rate": 24000, "loud": 1}'), "loud"),
        (Frame(FrameKind.OPEN, 0, 0, 0, b'{"rate": 24000}'), "0 or taken"),
        (Frame(FrameKind.OPEN, 1, 0, 0, b'{"rate": 24000}'), "0 or taken"),
        (Frame(FrameKind.CONTROL, 0, 0, 0, b'{"action": "explode"}'), "action"),
        (Frame(FrameKind.CONTROL, 0, 0, 0, b"\xff"), "JSON"),
        (Frame(FrameKind.WELCOME), "for callers"),
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


def test_back_pressure_stops_who_sends_faster_than_it_is_played() -> None:
    with playback() as at:
        stream = at.remote.open()
        limit = at.remote._limits[stream.number]
        assert 10 * RATE <= limit <= 60 * RATE
        stream.feed(level(limit / RATE))
        stream.feed(level(0.5))  # goes on as soon as there is room, and no sooner
        playing = at.remote.control("status")["playing"]
        assert playing["received_s"] == pytest.approx(limit / RATE + 0.5, abs=0.001)
        assert playing["received_s"] - playing["position_s"] <= limit / RATE + 0.001
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
        playback_frames.encode(Frame(FrameKind.OPEN, 1)),
        playback_frames.encode(playback_frames.json_frame(FrameKind.HELLO, Hello(protocol=99))),
        bytes(24),
        b"\xff" * 64,
    ],
)
def test_who_does_not_speak_the_protocol_is_told_and_sent_away(data: bytes, tmp_path: Path) -> None:
    async def call() -> bytes:
        daemon = Daemon(Player(NullDevice))
        running = asyncio.create_task(daemon.run())
        async with await daemon.listen(tmp_path / "sock"):
            reader, writer = await asyncio.open_unix_connection(tmp_path / "sock")
            writer.write(data)
            got = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return got

    frame = playback_frames.decode(asyncio.run(call()))
    assert frame.kind is FrameKind.ERROR


def test_a_client_that_never_reads_is_sent_away() -> None:
    async def call() -> None:
        daemon = Daemon(Player(NullDevice))
        running = asyncio.create_task(daemon.run())
        ours, theirs = socket.socketpair()
        serving = asyncio.create_task(daemon.adopt(theirs))
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(
            ours,
            playback_frames.encode(playback_frames.json_frame(FrameKind.HELLO, Hello(protocol=1))),
        )
        status = playback_frames.encode(Frame(FrameKind.CONTROL, 0, 0, 0, b'{"action": "status"}'))
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
        eventually(lambda: at.remote.control("status")["playing"]["dry_s"] > 0.1)
        stream.feed(level(0.4))
        stream.finish()
        outcome = stream.wait()
        assert outcome["stalls"] >= 1 and outcome["stalled_s"] > 0
        assert at.told("recovered")[-1]["concealed"] > 0
        assert heard_sum(at) == pytest.approx(loudness(level(0.6)), rel=1e-4)
        assert np.abs(np.diff(at.recorder.sound[1:-1])).max() < 0.01


def test_a_stall_that_is_stopped_was_one() -> None:
    with playback() as at:
        stream = at.remote.open()
        stream.feed(level(0.2))
        at.until("stalled")
        eventually(lambda: at.remote.control("status")["playing"]["dry_s"] > 0.3)
        assert at.remote.control("status")["counters"]["stalls"] == 0
        stream.stop()
        counters = at.remote.control("status")["counters"]
    assert counters["stalls"] == 1 and counters["stalled_s"] > 0.3
    assert counters["concealed"] > 0.2 * RATE
    assert counters["received_s"] == pytest.approx(0.2)
    assert counters["heard_s"] == pytest.approx(0.2, abs=0.011)  # the fade stays unread


def test_what_is_heard_again_is_counted_once() -> None:
    with playback() as at:
        stream = at.remote.open()
        stream.feed(level(0.2))
        at.until("stalled")
        stream.feed(level(0.2))
        stream.finish()
        stream.wait()
        before = at.remote.control("status")["counters"]
        at.remote.control("replay")
        at.until("complete", 2)
        after = at.remote.control("status")["counters"]
    for name in ("stalls", "stalled_s", "received_s"):
        assert after[name] == before[name] > 0
    assert after["heard_s"] == pytest.approx(2 * before["heard_s"], abs=0.02)


def test_a_source_that_falls_silent_for_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playlist, "LONGEST_DRY", 0.5)
    with playback() as at:
        stream = at.remote.open()
        stream.feed(level(0.2))
        assert "0.5 seconds" in at.until("failed")["message"]
        outcome = stream.wait()
        assert (outcome["event"], outcome["stalls"]) == ("complete", 1)


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
        threads, open_files = threading.active_count(), len(os.listdir("/dev/fd"))
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
        assert len(os.listdir("/dev/fd")) <= open_files + 2
        assert report["counters"]["stopped"] == 1000
