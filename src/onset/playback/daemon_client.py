"""A caller's side of the daemon's protocol, blocking: speak through it, and control it."""

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from onset.client.http_client import Speech
from onset.errors import Halted, InvalidRequest, ServerError, Unavailable
from onset.playback.socket_owner import check_folder, check_peer
from onset.protocol import playback_frames
from onset.protocol.playback_frames import HEADER, PROTOCOLS, Action, Frame, FrameKind
from onset.types import SAMPLE_BYTES, SAMPLE_RATE

TIMEOUT = 10.0
"""Seconds for an answer that the daemon gives at once."""

GOODBYE = 1.0
"""Seconds between two answers of a daemon that is told to stop."""

LARGEST_PIECE = 1 << 16
"""Bytes of samples in one AUDIO frame."""

OnEvent = Callable[[dict[str, Any]], None]


class DaemonClient:
    """A connection to a daemon. Leaving its block closes it, which stops what was not all sent.

    An exception in the block, Ctrl-C too, stops everything that was asked for.
    """

    def __init__(
        self, end: socket.socket, caller: str = "", on_event: OnEvent | None = None
    ) -> None:
        """end: a connected socket, ours from now on. on_event: takes events as they are read, each
        with its "stream". Raises ServerError, InvalidRequest.
        """
        self._socket = end
        self._pending = b""
        self._sequence = self._opened = 0
        self._streams: dict[int, DaemonStream] = {}
        self._reports: dict[int, dict[str, Any]] = {}
        self._on_event = on_event
        hello = playback_frames.Hello(protocol=PROTOCOLS[-1], caller=caller)
        self._send(playback_frames.json_frame(FrameKind.HELLO, hello))
        self.welcome = playback_frames.parse_body(playback_frames.Welcome, self._receive())

    def __enter__(self) -> "DaemonClient":
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if kind is not None:
            with suppress(ServerError, OSError):
                self._stop_all()
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def open(
        self, rate: int = SAMPLE_RATE, policy: playback_frames.Policy = "queue"
    ) -> "DaemonStream":
        """A stream to feed. Raises Unavailable if it is refused."""
        stream = self._ask(FrameKind.OPEN, playback_frames.Open(rate=rate, policy=policy))
        while not stream.limit:
            self.read()
        return stream

    def say(self, request: playback_frames.Say) -> "DaemonStream":
        """A stream that the daemon fetches itself. Raises Unavailable if it is refused."""
        stream = self._ask(FrameKind.SAY, request)
        while not stream.queued:
            self.read()
        return stream

    def play(self, speech: Speech, policy: playback_frames.Policy = "queue") -> dict[str, Any]:
        """Play an answer of any server as it arrives; how it ended.

        Raises ServerError where the answer breaks off: what had come is heard. Halted if somebody
        stops it, and then the answer is not read on.
        """
        stream: DaemonStream | None = None
        try:
            for _, pcm in speech:
                # Of a WAV answer the rate is known only now.
                stream = stream or self.open(speech.sample_rate, policy)
                stream.feed(pcm)
        finally:
            if stream is not None and stream.outcome is None:
                stream.finish()
        return {} if stream is None else stream.wait()

    def control(self, action: Action, **fields: Any) -> dict[str, Any]:
        """Send a command of the listener; the daemon's report after it. Raises InvalidRequest."""
        self._sequence += 1
        body = playback_frames.Control(action=action, **fields)
        self._send(playback_frames.json_frame(FrameKind.CONTROL, body, sequence=self._sequence))
        while self._sequence not in self._reports:
            self.read()
        return self._reports.pop(self._sequence)

    def read(self, timeout: float | None = TIMEOUT) -> None:
        """Wait for a frame and note it. Raises what was refused, ServerError if the daemon goes."""
        frame = self._receive(timeout)
        stream = self._streams.get(frame.stream)
        match frame.kind:
            case FrameKind.CREDIT if stream is not None:
                stream.limit = frame.position
            case FrameKind.REPORT:
                self._reports[frame.sequence] = playback_frames.parse_body(
                    playback_frames.AnyObject, frame
                ).root
            case FrameKind.EVENT:
                event = playback_frames.parse_body(playback_frames.AnyObject, frame).root
                event["stream"] = frame.stream
                if stream is not None and event["event"] == "queued":
                    stream.queued = True
                if stream is not None and event["event"] in ("complete", "stopped"):
                    stream.outcome = event
                    del self._streams[frame.stream]
                if self._on_event is not None:
                    self._on_event(event)

    def _stop_all(self) -> None:
        """Stop everything that was asked for, what waits first, and let the daemon read it.

        It stops reading where it cannot answer, so its answers are taken until it hangs up. They
        are not looked at: an exception may have come in the middle of a frame.
        """
        for stream in reversed(self._streams):
            stop = playback_frames.Control(action="stop", stream=stream)
            self._send(playback_frames.json_frame(FrameKind.CONTROL, stop))
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(GOODBYE)
        while self._socket.recv(1 << 16):
            pass

    def _ask(
        self, kind: FrameKind, body: playback_frames.Open | playback_frames.Say
    ) -> "DaemonStream":
        self._opened += 1
        stream = self._streams[self._opened] = DaemonStream(self, self._opened)
        self._send(playback_frames.json_frame(kind, body, stream=stream.number))
        return stream

    def _send(self, frame: Frame) -> None:
        try:
            self._socket.sendall(playback_frames.encode(frame))
        except OSError as error:
            raise ServerError(f"The playback daemon is gone: {error}.") from error

    def _receive(self, timeout: float | None = TIMEOUT) -> Frame:
        """The next frame. Raises what was refused, ServerError."""
        header, size = playback_frames.decode_header(self._exactly(HEADER.size, timeout))
        frame = header._replace(body=self._exactly(size, timeout))
        if frame.kind is not FrameKind.ERROR:
            return frame
        refusal = playback_frames.parse_body(playback_frames.Refusal, frame)
        if refusal.code == "unavailable":
            raise Unavailable(refusal.message, 1.0)
        raise InvalidRequest(refusal.message, refusal.param)

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


class DaemonStream:
    """One stream of a client. number: its own on the connection.

    queued: the daemon has taken it in. limit: up to which sample may be sent. outcome: the event
    that ended it, "complete" or "stopped"; None until then.
    """

    def __init__(self, client: DaemonClient, number: int) -> None:
        self.number = number
        self.queued = False
        self.outcome: dict[str, Any] | None = None
        self._client = client
        self.limit = self._sequence = self._position = 0

    def feed(self, pcm: bytes) -> None:
        """Send whole 16-bit samples; waits for room. Raises Halted if somebody stopped it."""
        for begin in range(0, len(pcm), LARGEST_PIECE):
            piece = pcm[begin : begin + LARGEST_PIECE]
            end = self._position + len(piece) // SAMPLE_BYTES
            while end > self.limit and self.outcome is None:
                self._client.read(None)
            if self.outcome is not None:
                raise Halted(f"The playback was {self.outcome.get('reason', 'ended')}.")
            frame = Frame(FrameKind.AUDIO, self.number, self._sequence, self._position, piece)
            self._client._send(frame)
            self._sequence, self._position = self._sequence + 1, end

    def finish(self) -> None:
        """Tell the daemon that all samples were sent."""
        self._client._send(Frame(FrameKind.END, self.number, self._sequence, self._position))

    def wait(self) -> dict[str, Any]:
        """Wait for the event that ends it: it was heard to the last sample, or stopped."""
        while (outcome := self.outcome) is None:
            self._client.read(None)
        return outcome

    def stop(self) -> None:
        """Stop it now."""
        self._client.control("stop", stream=self.number)


def connect(path: Path, caller: str = "", on_event: OnEvent | None = None) -> DaemonClient:
    """A connection to the daemon at `path`. Raises Unavailable if none runs there.

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
        client = DaemonClient(end, caller, on_event)
        stack.pop_all()
        return client
