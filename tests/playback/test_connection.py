"""A connection: what is wrong is refused, and all else goes on."""

import asyncio
import socket
from pathlib import Path
from time import sleep

import numpy as np
import pytest

from fakes import eventually
from onset.errors import InvalidRequest
from onset.playback.daemon import Daemon
from onset.playback.device import NullDevice
from onset.playback.player.player import Player
from onset.protocol import playback_bodies, playback_frames
from onset.protocol.playback_bodies import Hello, Say
from onset.protocol.playback_frames import Action, Frame, FrameKind
from playback_fakes import RATE, level, playback, send
from scripted_server import answer, scripted, tone


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
        stream = at.client.open()
        send(at, frame)
        with pytest.raises(InvalidRequest, match=told):
            while True:
                at.client.read()
        stream.feed(level(0.05))
        stream.finish()
        assert stream.wait()["event"] == "complete"


def test_who_leaves_in_the_middle_falls_silent() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(5.0))
        at.until("started")
        at.client._socket.shutdown(socket.SHUT_RDWR)
        recorder = at.recorder
        eventually(
            lambda: len(recorder.blocks) > 5 and not np.concatenate(recorder.blocks[-3:]).any()
        )


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        playback_frames.encode(Frame(FrameKind.OPEN, 1)),
        playback_frames.encode(playback_bodies.body_frame(FrameKind.HELLO, Hello(protocol=99))),
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


def test_the_voice_of_a_caller_is_kept_for_him() -> None:
    with scripted(answer(tone(0.05))) as server, playback() as at:
        assert at.client.control("voice", voice="bf_emma")["voice"] == "bf_emma"
        at.client.say(Say(text="Hello.", url=server.url)).wait()
        assert at.client.control("voice").get("voice") is None
    assert b"bf_emma" in server.heard[0].body


@pytest.mark.parametrize(("action", "value"), [("speed", 9), ("volume", -1), ("speed", None)])
def test_what_a_control_cannot_be_is_refused(action: Action, value: float | None) -> None:
    with playback() as at, pytest.raises(InvalidRequest, match="within"):
        at.client.control(action, value=value)


def test_frames_of_a_stream_that_is_over_are_no_fault() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(0.2))
        at.client.control("stop")
        stream.wait()
        sleep(0.2)  # until the daemon has forgotten it
        for kind in (FrameKind.AUDIO, FrameKind.MARK, FrameKind.END):
            send(at, Frame(kind, stream.number, 1, round(0.2 * RATE), b""))
        assert at.client.control("status")["state"] == "idle"
