"""A caller's side of the daemon's protocol, blocking: speak through it, and control it."""

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from onset.client.http_client import Speech
from onset.errors import Halted, ServerError
from onset.playback.remote_control import RemoteControl, connected
from onset.protocol.playback_bodies import Open, Say, body_frame
from onset.protocol.playback_frames import Frame, FrameKind, Policy, json_frame, json_object
from onset.types import SAMPLE_BYTES, SAMPLE_RATE

GOODBYE = 1.0
"""Seconds between two answers of a daemon that is told to stop."""

LARGEST_PIECE = 1 << 16
"""Bytes of samples in one AUDIO frame."""

OnEvent = Callable[[dict[str, Any]], None]


class DaemonClient(RemoteControl):
    """A connection to a daemon. Leaving its block closes it, which stops what was not all sent.

    An exception in the block, Ctrl-C too, stops everything that was asked for.
    """

    def __init__(
        self, end: socket.socket, caller: str = "", on_event: OnEvent | None = None
    ) -> None:
        """end: a connected socket, ours from now on. on_event: takes events as they are read, each
        with its "stream". Raises ServerError, InvalidRequest.
        """
        self._opened = 0
        self._streams: dict[int, DaemonStream] = {}
        self._on_event = on_event
        super().__init__(end, caller)

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if kind is not None:
            with suppress(ServerError, OSError):
                self._stop_all()
        self.close()

    def open(self, rate: int = SAMPLE_RATE, policy: Policy = "queue") -> "DaemonStream":
        """A stream to feed. Raises Unavailable if it is refused."""
        stream = self._ask(FrameKind.OPEN, Open(rate=rate, policy=policy))
        while not stream.limit:
            self.read()
        return stream

    def say(self, request: Say) -> "DaemonStream":
        """A stream that the daemon fetches itself. Raises Unavailable if it is refused."""
        stream = self._ask(FrameKind.SAY, request)
        while not stream.queued:
            self.read()
        return stream

    def play(self, speech: Speech, policy: Policy = "queue") -> dict[str, Any]:
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

    def _note(self, frame: Frame) -> None:
        stream = self._streams.get(frame.stream)
        match frame.kind:
            case FrameKind.CREDIT if stream is not None:
                stream.limit = frame.position
            case FrameKind.EVENT:
                event = json_object(frame) | {"stream": frame.stream}
                if stream is not None:
                    self._follow(stream, event)
                if self._on_event is not None:
                    self._on_event(event)
            case _:
                super()._note(frame)

    def _follow(self, stream: "DaemonStream", event: dict[str, Any]) -> None:
        if event["event"] == "queued":
            stream.queued = True
        elif event["event"] in ("complete", "stopped"):
            stream.outcome = event
            del self._streams[stream.number]

    def _stop_all(self) -> None:
        """Stop everything that was asked for, what waits first, and let the daemon read it.

        It stops reading where it cannot answer, so its answers are taken until it hangs up. They
        are not looked at: an exception may have come in the middle of a frame.
        """
        for stream in reversed(self._streams):
            self._send(json_frame(FrameKind.CONTROL, {"action": "stop", "stream": stream}))
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(GOODBYE)
        while self._socket.recv(1 << 16):
            pass

    def _ask(self, kind: FrameKind, body: Open | Say) -> "DaemonStream":
        self._opened += 1
        stream = self._streams[self._opened] = DaemonStream(self, self._opened)
        self._send(body_frame(kind, body, stream=stream.number))
        return stream


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
        client = DaemonClient(stack.enter_context(connected(path)), caller, on_event)
        stack.pop_all()
        return client
