"""Who has not said HELLO takes no place of those who have, and is not told what is played."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import WebSocketException

from onset.playback import strangers
from onset.playback.daemon import CALLERS, Daemon
from onset.playback.device import NullDevice
from onset.playback.player.player import Player
from onset.protocol import playback_bodies, playback_frames
from onset.protocol.playback_bodies import Hello
from onset.protocol.playback_frames import HEADER, Frame, FrameKind

HELLO = playback_frames.encode(playback_bodies.body_frame(FrameKind.HELLO, Hello(protocol=1)))

Attempt = Callable[[Daemon, Path, int], Coroutine[Any, Any, None]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir(mode=0o700)
    return tmp_path / "run"


@asynccontextmanager
async def daemon_at(path: Path) -> AsyncIterator[tuple[Daemon, int]]:
    """A daemon at a socket and at the WebSocket's port."""
    daemon = Daemon(Player(NullDevice))
    running = asyncio.create_task(daemon.run())
    async with await daemon.listen(path):
        yield daemon, await daemon.listen_websocket(0, "secret")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def welcome(path: Path) -> FrameKind:
    """What a caller is told first."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(HELLO)
    frame, size = playback_frames.decode_header(await reader.readexactly(HEADER.size))
    await reader.readexactly(size)
    writer.close()
    return frame.kind


@pytest.mark.parametrize("count", [1, 64, 300])
def test_silent_sockets_keep_nobody_out(folder: Path, count: int) -> None:
    async def call() -> FrameKind:
        async with daemon_at(folder / "sock"):
            silent = [await asyncio.open_unix_connection(folder / "sock") for _ in range(count)]
            kind = await asyncio.wait_for(welcome(folder / "sock"), 5)
            for _, writer in silent:
                writer.close()
            return kind

    assert asyncio.run(call()) is FrameKind.WELCOME


def test_silent_websockets_keep_nobody_out(folder: Path) -> None:
    async def call() -> tuple[FrameKind, bool]:
        async with daemon_at(folder / "sock") as (_, port), AsyncExitStack() as stack:
            for _ in range(CALLERS):
                await stack.enter_async_context(websocket(f"ws://127.0.0.1:{port}"))
            own = await asyncio.wait_for(welcome(folder / "sock"), 5)
            hello = Hello(protocol=1, token="secret")
            async with websocket(f"ws://127.0.0.1:{port}") as caller:
                frame = playback_bodies.body_frame(FrameKind.HELLO, hello)
                await caller.send(playback_frames.encode(frame))
                message = await asyncio.wait_for(caller.recv(), 5)
            return own, isinstance(message, bytes) and message[0] == FrameKind.WELCOME

    assert asyncio.run(call()) == (FrameKind.WELCOME, True)


def test_handshakes_that_never_end_keep_nobody_out(folder: Path) -> None:
    async def call() -> FrameKind:
        async with daemon_at(folder / "sock") as (_, port):
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(400)]
            there = [reader for reader, _ in silent if not reader.at_eof()]
            await asyncio.sleep(0.2)
            there = [reader for reader in there if not reader.at_eof()]
            assert len(there) <= 2 * CALLERS
            async with websocket(f"ws://127.0.0.1:{port}"):
                kind = await welcome(folder / "sock")
            for _, writer in silent:
                writer.close()
            return kind

    assert asyncio.run(call()) is FrameKind.WELCOME


def test_who_says_no_hello_is_sent_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "HELLO_SECONDS", 0.2)

    async def call() -> None:
        async with daemon_at(folder / "sock") as (_, port):
            reader, writer = await asyncio.open_unix_connection(folder / "sock")
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
            async with websocket(f"ws://127.0.0.1:{port}") as silent:
                with pytest.raises(WebSocketException):
                    await asyncio.wait_for(silent.recv(), 5)

    asyncio.run(call())


def test_a_stranger_is_not_told_what_is_played(folder: Path) -> None:
    async def call() -> bytes:
        async with daemon_at(folder / "sock") as (daemon, _):
            reader, writer = await asyncio.open_unix_connection(folder / "sock")
            await asyncio.sleep(0.05)
            daemon._announce({"event": "device"})
            await asyncio.sleep(0.05)
            writer.write_eof()
            received = await asyncio.wait_for(reader.read(), 5)
            writer.close()
            return received

    assert asyncio.run(call()) == b""


def test_one_caller_too_many_is_told(folder: Path) -> None:
    async def call() -> tuple[FrameKind, bytes]:
        async with daemon_at(folder / "sock"):
            callers = [await asyncio.open_unix_connection(folder / "sock") for _ in range(CALLERS)]
            for _, writer in callers[:CALLERS]:
                writer.write(HELLO)
            for reader, _ in callers:
                await reader.readexactly(HEADER.size)
            reader, writer = await asyncio.open_unix_connection(folder / "sock")
            writer.write(HELLO)
            answer = await asyncio.wait_for(reader.read(), 5)
            for _, other in [*callers, (reader, writer)]:
                other.close()
            frame: Frame = playback_frames.decode(answer)
            return frame.kind, frame.body

    kind, body = asyncio.run(call())
    assert kind is FrameKind.ERROR and b"64 programs" in body
