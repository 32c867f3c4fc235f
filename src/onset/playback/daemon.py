"""The playback daemon: one process that owns the sound device and speaks for whoever asks.

It listens on a Unix socket that only its user may open and, if asked to, on a WebSocket of
loopback that wants a token. What it is sent lives in memory only.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

from filelock import FileLock, Timeout
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from onset.errors import AssetError, InvalidRequest, Unavailable
from onset.playback.connection import CallerConnection
from onset.playback.daemon_state import DaemonState
from onset.playback.player.player import Player
from onset.playback.player.playlist import Playlist
from onset.playback.socket_owner import check_folder, check_peer
from onset.playback.strangers import Strangers, bounded
from onset.protocol import playback_frames
from onset.protocol.playback_frames import HEADER, LARGEST_BODY, Frame

LOOPBACK = "127.0.0.1"

CALLERS = 64
"""Callers at once."""

UNREAD = 1 << 18
"""Bytes that may wait in a caller's socket buffer here before it counts as not reading."""


class Daemon:
    """A player, its playlist and its callers, in the event loop that runs `run`."""

    def __init__(self, player: Player) -> None:
        self.playlist = Playlist(player, self._announce)
        self._wake = asyncio.Event()
        self._state = DaemonState(self.playlist, self._wake.set)
        self._callers: set[CallerConnection] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._servers: list[Server] = []
        self._local, self._remote = Strangers(), Strangers()

    async def run(self, *, idle_exit: float | None = None) -> None:
        """Play until cancelled, or until nobody has called for `idle_exit` seconds."""
        try:
            while idle_exit is None or self._callers or self.playlist.idle_for < idle_exit:
                interval = self.playlist.poll_interval
                timer = asyncio.get_running_loop().call_later(interval, self._wake.set)
                await self._wake.wait()
                timer.cancel()
                self._wake.clear()
                await self.playlist.tick()
                self._state.polled = monotonic()
                for caller in self._callers:
                    caller.grant()
        finally:
            for server in self._servers:
                server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self.playlist.close()

    async def listen(self, path: Path) -> asyncio.Server:
        """Listen on a Unix socket in a folder that is ours. Raises OSError."""
        umask = os.umask(0o177)
        try:
            return await asyncio.start_unix_server(self._connected, path)
        finally:
            os.umask(umask)

    async def listen_websocket(self, port: int, token: str) -> int:
        """Listen on loopback, to programs but not to web pages; on which port. Raises OSError."""

        async def connected(connection: ServerConnection) -> None:
            caller = CallerConnection(self._state, connection.transport.abort, token)
            await self._attend(caller, _messages(connection), connection.send, self._remote)

        server = await serve(
            connected,
            LOOPBACK,
            port,
            create_connection=bounded(2 * CALLERS),
            origins=[None],  # a browser always sends one
            max_size=LARGEST_BODY + HEADER.size,
            max_queue=16,
            compression=None,
        )
        self._servers.append(server)
        return int(next(iter(server.sockets)).getsockname()[1])

    async def adopt(self, end: socket.socket) -> None:
        """Serve a caller on a connected socket."""
        await self._connected(*await asyncio.open_connection(sock=end))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = CallerConnection(self._state, writer.transport.abort)
        writer.transport.set_write_buffer_limits(high=UNREAD)

        async def send(data: bytes) -> None:
            if writer.transport.is_closing():  # uvloop has another error for it
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()

        try:
            check_peer(writer.get_extra_info("socket"))
            await self._attend(caller, _read(reader), send, self._local)
        except AssetError:
            pass  # of another user
        except asyncio.CancelledError:
            pass  # the daemon ends, and nobody waits for this; asyncio would call it unhandled
        finally:
            writer.close()

    async def _attend(
        self,
        caller: CallerConnection,
        incoming: AsyncIterator[Frame],
        send: Callable[[bytes], Awaitable[None]],
        strangers: Strangers,
    ) -> None:
        """Serve a caller until it leaves. strangers: those who came the same way."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        strangers.enter(caller)

        def welcome() -> None:
            if len(self._callers) >= CALLERS:
                raise Unavailable(f"{CALLERS} programs are connected already: end one.", 1.0)
            strangers.leave(caller)
            self._callers.add(caller)

        caller.on_welcome = welcome

        async def drain() -> None:
            with suppress(OSError, ConnectionClosed):
                while (frame := await caller.outbox.get()) is not None:
                    await send(playback_frames.encode(frame))

        sending = asyncio.create_task(drain())
        try:
            await caller.serve(incoming)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(sending), 1.0)
        except (OSError, ConnectionClosed, asyncio.IncompleteReadError):
            pass  # it left
        finally:
            sending.cancel()
            strangers.leave(caller)
            self._callers.discard(caller)
            self._tasks.discard(task)

    def _announce(self, event: dict[str, Any]) -> None:
        for caller in self._callers:
            caller.tell(event)


async def _read(reader: asyncio.StreamReader) -> AsyncIterator[Frame]:
    """Frames from a byte stream. Raises InvalidRequest, and OSError where it breaks off."""
    while True:
        try:
            header = await reader.readexactly(HEADER.size)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return
        frame, size = playback_frames.decode_header(header)
        yield frame._replace(body=await reader.readexactly(size))


async def _messages(connection: ServerConnection) -> AsyncIterator[Frame]:
    async for message in connection:
        if isinstance(message, str):
            raise InvalidRequest("Messages must be binary.", "kind")
        yield playback_frames.decode(message)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the one daemon at `path`. Raises Unavailable if another is there; as `private_folder`."""
    private_folder(path.parent)
    lock = FileLock(path.with_suffix(".lock"), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise Unavailable(f"A playback daemon runs already at {path}.", 5.0) from error
    try:
        path.unlink(missing_ok=True)  # of a daemon that was killed: a living one has the lock
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()


def private_folder(folder: Path) -> None:
    """Make the folder, readable for its user only. Raises AssetError if it is somebody else's."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_folder(folder)
    except OSError as error:
        raise AssetError(f"{folder} cannot be made: {error.strerror}.") from error


class InProcessDaemon:
    """A daemon in a thread of this process, for its own speech. `end` is for a `DaemonClient`."""

    def __init__(self, make_player: Callable[[], Player] = Player) -> None:
        self.end, other = socket.socketpair()
        running = Event()

        async def run() -> None:
            daemon = Daemon(make_player())
            tasks = (asyncio.create_task(daemon.run()), asyncio.create_task(daemon.adopt(other)))
            self._loop, self._running = asyncio.get_running_loop(), tasks[0]
            running.set()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._thread = Thread(target=lambda: asyncio.run(run()), name="onset-play", daemon=True)
        self._thread.start()
        running.wait()

    def close(self) -> None:
        """Fall silent and end the thread."""
        self.end.close()
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._running.cancel)
        self._thread.join()
