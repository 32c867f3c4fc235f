"""A caller's connection to the daemon, blocking: the handshake, the controls, their reports.

Imports the standard library only: whoever types `onset stop` waits for it.
"""

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from onset.errors import InvalidRequest, ServerError, Unavailable
from onset.playback.socket_owner import check_folder, check_peer
from onset.protocol.playback_frames import (
    HEADER,
    PROTOCOLS,
    Action,
    Frame,
    FrameKind,
    decode_header,
    encode,
    json_frame,
    json_object,
)

TIMEOUT = 10.0
"""Seconds for an answer that the daemon gives at once."""


class RemoteControl:
    """A connection to a daemon, which leaving its block closes."""

    def __init__(self, end: socket.socket, caller: str = "") -> None:
        """end: a connected socket, ours from now on. Raises ServerError, InvalidRequest."""
        self._socket = end
        self._pending = b""
        self._sequence = 0
        self._reports: dict[int, dict[str, Any]] = {}
        self._send(json_frame(FrameKind.HELLO, {"protocol": PROTOCOLS[-1], "caller": caller}))
        if self._receive().kind is not FrameKind.WELCOME:
            raise ServerError("What answers at the socket is no playback daemon.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def control(self, action: Action, **fields: Any) -> dict[str, Any]:
        """Send a command of the listener; the daemon's report after it. Raises InvalidRequest."""
        self._sequence += 1
        body = {"action": action, **fields}
        self._send(json_frame(FrameKind.CONTROL, body, sequence=self._sequence))
        while self._sequence not in self._reports:
            self.read()
        return self._reports.pop(self._sequence)

    def read(self, timeout: float | None = TIMEOUT) -> None:
        """Wait for a frame and note it. Raises what was refused, ServerError if the daemon goes."""
        self._note(self._receive(timeout))

    def _note(self, frame: Frame) -> None:
        if frame.kind is FrameKind.REPORT:
            self._reports[frame.sequence] = json_object(frame)

    def _send(self, frame: Frame) -> None:
        try:
            self._socket.sendall(encode(frame))
        except OSError as error:
            raise ServerError(f"The playback daemon is gone: {error}.") from error

    def _receive(self, timeout: float | None = TIMEOUT) -> Frame:
        """The next frame. Raises what was refused, ServerError."""
        header, size = decode_header(self._exactly(HEADER.size, timeout))
        frame = header._replace(body=self._exactly(size, timeout))
        if frame.kind is not FrameKind.ERROR:
            return frame
        refusal = json_object(frame)
        if refusal.get("code") == "unavailable":
            raise Unavailable(str(refusal.get("message")), 1.0)
        raise InvalidRequest(str(refusal.get("message")), refusal.get("param"))

    def _exactly(self, size: int, timeout: float | None) -> bytes:
        self._socket.settimeout(timeout)
        while len(self._pending) < size:
            try:
                received = self._socket.recv(1 << 16)
            except OSError as error:
                hint = "Start it again: onset play"
                raise ServerError(
                    f"The playback daemon does not answer: {error}. {hint}"
                ) from error
            if not received:
                raise ServerError("The playback daemon is gone.")
            self._pending += received
        data, self._pending = self._pending[:size], self._pending[size:]
        return data


def connected(path: Path) -> socket.socket:
    """A socket connected to the daemon at `path`. Raises Unavailable if none runs there.

    Raises AssetError, before anything is said, if what runs there is another user's.
    """
    with ExitStack() as stack:
        end = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        try:
            check_folder(path.parent)
            end.settimeout(TIMEOUT)
            end.connect(str(path))
            check_peer(end)
        except PermissionError as error:
            hint = "Set ONSET_SOCKET to one of your own."
            raise Unavailable(f"The socket {path} is another user's. {hint}", 1.0) from error
        except OSError as error:
            raise Unavailable("No playback daemon runs. Start it: onset play", 1.0) from error
        stack.pop_all()
        return end
