"""One connection to the daemon, of any kind: a caller's frames in, answers and events out."""

import asyncio
import hmac
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from onset import __version__
from onset.errors import InvalidRequest, Unavailable
from onset.playback.caller_stream import CallerStream
from onset.playback.daemon_state import DaemonState
from onset.playback.player import playback_controls
from onset.playback.player.jitter_buffer import PrebufferHistory
from onset.playback.player.track import Event, Track
from onset.playback.speech_fetch import SpeechFetch
from onset.protocol import playback_bodies, playback_frames
from onset.protocol.playback_frames import PROTOCOLS, Frame, FrameKind
from onset.types import SAMPLE_RATE

OUTBOX = 512
"""Frames that may wait for a caller to read them; one who does not read is disconnected."""

STREAMS = 32
"""Streams that a caller may have at once."""

ENDED = 1000
"""Numbers of streams that are over: frames of these may still be on their way."""

LONGEST_TEXT = 200_000
"""Characters of a SAY; the server's own limit is usually smaller."""


class CallerConnection:
    """A connection. `outbox` holds what is to be sent; None ends it. `hang_up` breaks it off."""

    def __init__(
        self, state: DaemonState, hang_up: Callable[[], None], token: str | None = None
    ) -> None:
        """token: what the caller must show, None if its way here is proof enough. `on_welcome` is
        called before it is welcomed, and may raise Unavailable."""
        self.outbox: asyncio.Queue[Frame | None] = asyncio.Queue(OUTBOX)
        self.hang_up = hang_up
        self._state, self._token = state, token
        self._name = ""
        self._tracks: dict[int, Track] = {}
        self._sent: dict[int, CallerStream] = {}
        self._ended: deque[int] = deque(maxlen=ENDED)
        self._gone = False
        self.on_welcome: Callable[[], None] = lambda: None

    async def serve(self, incoming: AsyncIterator[Frame]) -> None:
        """Answer frames until there are no more. A stream that is not all here then stops."""
        welcomed = False
        try:
            async for frame in incoming:
                if welcomed:
                    await self._answer(frame)
                else:
                    self._welcome(frame)
                    welcomed = True
                if self._gone:
                    return
        except InvalidRequest as error:  # after this the bytes can no longer be understood
            self._refuse(Frame(FrameKind.ERROR), "protocol", error)
        except Unavailable as error:
            self._refuse(Frame(FrameKind.ERROR), "unavailable", error)
        finally:
            self._gone = True
            with suppress(asyncio.QueueFull):
                self.outbox.put_nowait(None)
            for stream in list(self._sent.values()):
                if not stream.track.over and not stream.track.buffer.complete:
                    await self._state.playlist.stop(stream.track)

    def tell(self, event: Event, stream: int = 0) -> None:
        """Send an event."""
        self._send(playback_frames.json_frame(FrameKind.EVENT, event, stream=stream))

    def grant(self) -> None:
        """Give credit as room becomes free, and forget streams that are over."""
        for number, track in list(self._tracks.items()):
            if track.over:
                self._forget(number)
                self._ended.append(number)
        for number, stream in self._sent.items():
            if stream.has_credit_to_give:
                self._send(Frame(FrameKind.CREDIT, number, 0, stream.grant()))

    def _welcome(self, frame: Frame) -> None:
        """The handshake. Raises InvalidRequest or Unavailable, after which it is closed."""
        if frame.kind is not FrameKind.HELLO:
            raise InvalidRequest("The first frame must be HELLO.", "kind")
        hello = playback_bodies.parse_body(playback_bodies.Hello, frame)
        if self._token is not None and not hmac.compare_digest(
            (hello.token or "").encode(), self._token.encode()
        ):
            raise InvalidRequest("The token is wrong.", "token")
        if hello.protocol not in PROTOCOLS:
            spoken = ", ".join(map(str, PROTOCOLS))
            raise InvalidRequest(
                f"Protocol {hello.protocol} is not spoken. Choices: {spoken}.", "protocol"
            )
        self.on_welcome()
        self._name = hello.caller
        device = self._state.playlist.player.sink.device
        name = None if device is None else device.name
        body = playback_bodies.Welcome(protocol=hello.protocol, version=__version__, device=name)
        self._send(playback_bodies.body_frame(FrameKind.WELCOME, body))

    async def _answer(self, frame: Frame) -> None:
        of_a_stream = frame.kind in (FrameKind.AUDIO, FrameKind.END, FrameKind.MARK)
        if of_a_stream and frame.stream in self._ended and frame.stream not in self._tracks:
            return  # it is over, which its caller could not know yet
        try:
            match frame.kind:
                case FrameKind.AUDIO | FrameKind.END:
                    self._receive(frame)
                case FrameKind.OPEN:
                    await self._open(frame)
                case FrameKind.MARK:
                    self._track(frame.stream).buffer.mark(frame.position)
                case FrameKind.SAY:
                    await self._say(frame)
                case FrameKind.CONTROL:
                    await self._control(frame)
                case _:
                    raise InvalidRequest(f"{frame.kind.name} is for callers.", "kind")
        except InvalidRequest as error:
            self._refuse(frame, "invalid", error)
        except Unavailable as error:
            self._refuse(frame, "unavailable", error)

    def _receive(self, frame: Frame) -> None:
        track = self._track(frame.stream)
        if frame.stream not in self._sent:
            raise InvalidRequest(f"Stream {frame.stream} is fetched, not sent.", "stream")
        try:
            self._sent[frame.stream].receive(frame)
        finally:
            self._state.samples_arrived(track)

    async def _open(self, frame: Frame) -> None:
        body = playback_bodies.parse_body(playback_bodies.Open, frame)
        track = self._new(frame.stream, body.rate, self._state.history(self._name or body.label))
        stream = self._sent[frame.stream] = CallerStream(track)
        await self._admit(frame.stream, track, body.policy)
        self._send(Frame(FrameKind.CREDIT, frame.stream, 0, stream.grant()))

    async def _say(self, frame: Frame) -> None:
        body = playback_bodies.parse_body(playback_bodies.Say, frame)
        if len(body.text) > LONGEST_TEXT:
            raise InvalidRequest(f"The text has more than {LONGEST_TEXT} characters.", "text")
        track = self._new(frame.stream, SAMPLE_RATE, self._state.history(body.url))
        track.on_begin = lambda: self._fetch(track, body)
        await self._admit(frame.stream, track, body.policy)
        if track.on_begin is not None:  # it waits for what is before it
            self._state.start(self._speech(track, body).prepare())

    def _fetch(self, track: Track, say: playback_bodies.Say) -> None:
        track.on_stop = self._state.start(self._speech(track, say).run()).cancel

    def _speech(self, track: Track, say: playback_bodies.Say) -> SpeechFetch:
        return SpeechFetch(self._state, track, say, self._state.voice(self._name))

    def _new(self, stream: int, rate: int, history: PrebufferHistory) -> Track:
        if stream == 0 or stream in self._tracks:
            raise InvalidRequest(f"Stream {stream} is 0 or taken.", "stream")
        if len(self._tracks) >= STREAMS:
            raise Unavailable(f"{STREAMS} streams are open.", 1.0)
        return Track(rate, history, lambda event: self.tell(event, stream), caller=self._name)

    async def _admit(self, stream: int, track: Track, policy: playback_frames.Policy) -> None:
        self._tracks[stream] = track
        try:
            ahead = await self._state.playlist.add(track, policy)
        except Unavailable:
            self._forget(stream)
            raise
        track.tell("queued", ahead=ahead)
        self._state.wake()

    async def _control(self, frame: Frame) -> None:
        body, state = playback_bodies.parse_body(playback_bodies.Control, frame), self._state
        playlist = state.playlist
        match body.action:
            case "stop" | "skip" if body.stream is not None:
                await playlist.stop(self._track(body.stream))
            case "stop":
                await playlist.stop()
            case "skip":
                await playlist.skip()
            case "pause":
                await playback_controls.pause(playlist)
            case "resume":
                await playback_controls.resume(playlist)
            case "back" | "replay":
                await playback_controls.go_back(playlist, to_begin=body.action == "replay")
            case "speed":
                playback_controls.set_speed(playlist.player, body.value)
            case "volume":
                playback_controls.set_volume(playlist.player, body.value)
            case "voice":
                state.set_voice(self._name, body.voice)
            case "status":
                pass
        state.wake()
        report = playlist.report() | {"voice": state.voice(self._name)}
        self._send(playback_frames.json_frame(FrameKind.REPORT, report, sequence=frame.sequence))

    def _track(self, stream: int) -> Track:
        if stream not in self._tracks:
            raise InvalidRequest(f"There is no stream {stream}.", "stream")
        return self._tracks[stream]

    def _forget(self, stream: int) -> None:
        del self._tracks[stream]
        self._sent.pop(stream, None)

    def _refuse(self, frame: Frame, code: str, error: InvalidRequest | Unavailable) -> None:
        param: Any = getattr(error, "param", None)
        body = playback_bodies.Refusal(code=code, message=str(error), param=param)
        refusal = playback_bodies.body_frame(FrameKind.ERROR, body)
        self._send(refusal._replace(stream=frame.stream, sequence=frame.sequence))

    def _send(self, frame: Frame) -> None:
        try:
            self.outbox.put_nowait(frame)
        except asyncio.QueueFull:  # the caller does not read: end the connection, save the memory
            self._gone = True
            self.hang_up()
