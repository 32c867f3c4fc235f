"""The daemon: one at a place, open to its user's programs and to nobody else."""

import asyncio
import os
import socket
import stat
import threading
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import InvalidStatus

from onset.errors import AssetError, Unavailable
from onset.playback.daemon import Daemon, alone, private_folder
from onset.playback.device import NullDevice
from onset.playback.player import audio_sink
from onset.playback.player.player import Player
from onset.protocol import playback_bodies, playback_frames
from onset.protocol.playback_bodies import Hello, Open
from onset.protocol.playback_frames import Frame, FrameKind
from playback_fakes import RATE, Recorder, playback
from scripted_server import tone


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


def test_a_websocket_wants_its_token_and_no_web_page() -> None:
    async def call() -> list[Frame]:
        daemon = Daemon(Player(NullDevice))
        running = asyncio.create_task(daemon.run())
        port = await daemon.listen_websocket(0, "secret")
        url = f"ws://127.0.0.1:{port}"
        got = []
        for token in ("wrong", "secret"):
            async with websocket(url) as connection:
                hello = playback_bodies.body_frame(FrameKind.HELLO, Hello(protocol=1, token=token))
                await connection.send(playback_frames.encode(hello))
                if token == "secret":
                    body = Open(rate=RATE)
                    await connection.send(
                        playback_frames.encode(
                            playback_bodies.body_frame(FrameKind.OPEN, body, stream=1)
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
            playback_frames.encode(playback_bodies.body_frame(FrameKind.HELLO, Hello(protocol=1))),
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


def test_a_thousand_starts_and_stops_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_sink, "HOLD_POLL", 0.0002)
    with playback(lambda: Recorder(pace=50)) as at:
        threads, open_files = threading.active_count(), len(os.listdir("/dev/fd"))
        for _ in range(1000):
            stream = at.client.open(policy="interrupt")
            stream.feed(tone(0.01))
            at.client.control("stop")
            stream.wait()
            at.events.clear()
        report = at.client.control("status")
        assert (report["state"], report["waiting"]) == ("idle", [])
        assert threading.active_count() <= threads + 2
        assert len(os.listdir("/dev/fd")) <= open_files + 2
        assert report["counters"]["stopped"] == 1000
