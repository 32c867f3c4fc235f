"""One caller of the daemon: his frames in, his events out, whichever way he is connected.

Knows nothing of devices, nor of how frames travel.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeAlias

from onset import __version__
from onset.client.http_client import AsyncSpeech, speak_async, tell_heard_async
from onset.errors import InvalidRequest, OnsetError, ServerError, Unavailable
from onset.playback.player.jitter_buffer import PrebufferHistory
from onset.playback.player.playlist import Playlist
from onset.playback.player.track import PLAYING_AHEAD, Event, Track
from onset.protocol import playback_frames
from onset.protocol.http_api import (
    DECODE,
    REQUEST_ID,
    SERVER_TIMING,
    PlaybackReport,
    SpeechRequest,
    parse_server_timing,
)
from onset.protocol.playback_frames import (
    PROTOCOLS,
    Control,
    Frame,
    FrameKind,
    Hello,
    Open,
    Refusal,
    Say,
    Welcome,
)
from onset.types import SAMPLE_RATE

OUTBOX = 512
"""Frames that may wait for a caller to read them; one who does not read is sent away."""

STREAMS = 32
"""Streams that a caller may have at once."""

GRANT_SECONDS = 0.5
"""Seconds of audio by which the limit must have moved to be worth a CREDIT."""

FLOOD_SECONDS = 1.0
"""Seconds beyond his credit that end a caller's stream."""

LOOK_SECONDS = 0.05
"""Seconds after the last look at the device that samples which come are worth another: together
they cost one waking, and each alone costs one."""

TRICKLE = 0.25
"""Seconds of audio a second that are taken from a server beyond the limit, while nothing moves: it
cuts off who does not read, after 60 s with ours, and who paused wants to go on where he was. The
system opens its window again only for hundreds of kilobytes: at a tenth that took up to 100 s."""

LONGEST_AHEAD = 1800.0
"""Most seconds of audio that so lie before what is heard: 86 MB, nearly two hours of a pause."""

PATIENCE = 2.0
"""Seconds that a server is asked again which is full: whom we interrupted may still be leaving."""

NAMES = 1000
"""Callers whose voices and paces are kept."""

LONGEST_TEXT = 200_000
"""Characters of a SAY; the server's own limit is usually smaller."""

Incoming: TypeAlias = AsyncIterator[Frame]


@dataclass
class DaemonState:
    """What all callers of a daemon share. wake: something has come that the deck may want.

    trickle: see TRICKLE. looked: when the deck was looked at last, `monotonic`.
    """

    programme: Playlist
    wake: Callable[[], None]
    trickle: float = TRICKLE
    looked: float = 0.0
    voices: dict[str, str] = field(default_factory=dict)
    paces: dict[str, PrebufferHistory] = field(default_factory=dict)

    def came(self, utterance: Track) -> None:
        """Samples have: the deck waits for them, has few, or it is time to look anyway."""
        waited = not utterance.jitter.playing or not self.programme.deck.calm
        if waited or monotonic() - self.looked >= LOOK_SECONDS:
            self.wake()

    def pace(self, source: str) -> PrebufferHistory:
        """How the streams of one source came so far."""
        if source not in self.paces and len(self.paces) >= NAMES:
            self.paces.clear()
        return self.paces.setdefault(source, PrebufferHistory())


class CallerConnection:
    """A connection. `outbox` holds what is to be sent; None ends it. `hang_up` breaks it off."""

    def __init__(self, house: DaemonState, token: str | None = None) -> None:
        """token: what he must show, None if the way he came is proof enough."""
        self.outbox: asyncio.Queue[Frame | None] = asyncio.Queue(OUTBOX)
        self._house, self._token = house, token
        self._name = ""
        self._streams: dict[int, Track] = {}
        self._granted: dict[int, int] = {}
        self._fetches: set[asyncio.Task[None]] = set()
        self._gone = False
        self.hang_up: Callable[[], None] = lambda: None

    async def serve(self, incoming: Incoming) -> None:
        """Answer frames until there are no more. What is not all there then, stops."""
        try:
            with suppress(InvalidRequest):
                await self._converse(incoming)
        finally:
            self._gone = True
            with suppress(asyncio.QueueFull):
                self.outbox.put_nowait(None)
            for stream, utterance in list(self._streams.items()):
                if stream in self._granted:
                    await self._house.programme.leave(utterance)

    def tell(self, event: Event, stream: int = 0) -> None:
        """Send an event."""
        self._send(playback_frames.say(FrameKind.EVENT, event, stream=stream))

    def grant(self) -> None:
        """Give credit as it has become free, and forget streams that are over."""
        for stream, utterance in list(self._streams.items()):
            if utterance.over:
                del self._streams[stream]
                self._granted.pop(stream, None)
                continue
            if stream not in self._granted or utterance.tape.complete:
                continue
            limit = utterance.limit
            if limit - self._granted[stream] >= GRANT_SECONDS * utterance.tape.rate:
                self._grant(stream, limit)

    async def _converse(self, incoming: Incoming) -> None:
        welcomed = False
        try:
            async for frame in incoming:
                if not welcomed:
                    self._welcome(frame)
                    welcomed = True
                else:
                    await self._answer(frame)
                if self._gone:
                    return
        except InvalidRequest as error:  # after this the bytes can no more be understood
            self._refuse(Frame(FrameKind.ERROR), "protocol", error)
            raise

    def _welcome(self, frame: Frame) -> None:
        """The handshake. Raises InvalidRequest, after which the connection is closed."""
        if frame.kind is not FrameKind.HELLO:
            raise InvalidRequest("The first frame must be HELLO.", "kind")
        hello = playback_frames.body(Hello, frame)
        if self._token is not None and not hmac.compare_digest(
            (hello.token or "").encode(), self._token.encode()
        ):
            raise InvalidRequest("The token is wrong.", "token")
        if hello.protocol not in PROTOCOLS:
            spoken = ", ".join(map(str, PROTOCOLS))
            raise InvalidRequest(
                f"Protocol {hello.protocol} is not spoken. Choices: {spoken}.", "protocol"
            )
        self._name = hello.caller
        device = self._house.programme.deck.device
        name = None if device is None else device.name
        body = Welcome(protocol=hello.protocol, version=__version__, device=name)
        self._send(playback_frames.say(FrameKind.WELCOME, body))

    async def _answer(self, frame: Frame) -> None:
        try:
            match frame.kind:
                case FrameKind.AUDIO:
                    self._audio(frame)
                case FrameKind.OPEN:
                    await self._open(frame)
                case FrameKind.END:
                    self._stream(frame).finish(frame.position)
                    self._house.wake()
                case FrameKind.MARK:
                    self._stream(frame).tape.mark(frame.position)
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

    def _audio(self, frame: Frame) -> None:
        utterance = self._streams.get(frame.stream)
        if utterance is None:
            raise InvalidRequest(f"There is no stream {frame.stream}.", "stream")
        if utterance.over:
            return  # stopped while these samples were on their way
        if frame.stream not in self._granted:
            raise InvalidRequest(f"Stream {frame.stream} is fetched, not sent.", "stream")
        count = len(frame.body) // playback_frames.SAMPLE_BYTES
        allowed = self._granted[frame.stream] + FLOOD_SECONDS * utterance.tape.rate
        if frame.position + count > allowed:
            utterance.tell("fault", kind="flood", position=frame.position, samples=count)
            utterance.break_off()
        else:
            utterance.put(frame.position, frame.body)
        self._house.came(utterance)

    async def _open(self, frame: Frame) -> None:
        asked = playback_frames.body(Open, frame)
        pace = self._house.pace(self._name or asked.label)
        utterance = self._new(frame.stream, asked.rate, pace)
        self._granted[frame.stream] = 0
        await self._admit(frame, utterance, asked.policy)
        self._grant(frame.stream, utterance.limit)

    async def _say(self, frame: Frame) -> None:
        asked = playback_frames.body(Say, frame)
        if len(asked.text) > LONGEST_TEXT:
            raise InvalidRequest(f"The text has more than {LONGEST_TEXT} characters.", "text")
        utterance = self._new(frame.stream, SAMPLE_RATE, self._house.pace(asked.url))
        utterance.on_begin = lambda: self._begin(utterance, asked)
        await self._admit(frame, utterance, asked.policy)

    def _begin(self, utterance: Track, asked: Say) -> None:
        """Fetch it from now on, until it is over."""
        utterance.on_stop = self._start(self._fetch(utterance, asked)).cancel

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._fetches.add(task)
        task.add_done_callback(self._fetches.discard)
        return task

    def _new(self, stream: int, rate: int, pace: PrebufferHistory) -> Track:
        if stream == 0 or stream in self._streams:
            raise InvalidRequest(f"Stream {stream} is 0 or taken.", "stream")
        if len(self._streams) >= STREAMS:
            raise Unavailable(f"{STREAMS} streams are open.", 1.0)
        return Track(rate, pace, lambda event: self.tell(event, stream), label=self._name)

    async def _admit(self, frame: Frame, utterance: Track, policy: playback_frames.Policy) -> None:
        self._streams[frame.stream] = utterance
        try:
            ahead = await self._house.programme.add(utterance, policy)
        except Unavailable:
            del self._streams[frame.stream]
            self._granted.pop(frame.stream, None)
            raise
        utterance.tell("queued", ahead=ahead)
        self._house.wake()

    async def _fetch(self, utterance: Track, asked: Say) -> None:
        """Bring the speech of a SAY here."""
        voice = asked.voice or self._house.voices.get(self._name)
        request = SpeechRequest(
            input=asked.text,
            voice=voice,
            response_format="pcm",
            speed=asked.speed,
            lang=asked.lang,
            exact=asked.exact,
        )
        headers = {} if asked.key is None else {"Authorization": f"Bearer {asked.key}"}
        try:
            async with speak_async(
                asked.url, request, headers=headers, patience=PATIENCE
            ) as speech:
                utterance.set_rate(speech.sample_rate)
                timing = parse_server_timing(speech.headers.get(SERVER_TIMING, ""))
                arrived = (speech.headers_ns - utterance.asked_ns) / 1e9
                utterance.stages = {"headers": arrived} | timing
                if DECODE in speech.headers:  # a server of ours: it wants to know
                    name = speech.headers.get(REQUEST_ID)
                    utterance.on_started = lambda told: self._start(
                        self._report(asked.url, headers, told | {"request": name})
                    )
                await self._receive(utterance, speech)
            utterance.finish(utterance.tape.end)
        except OnsetError as error:
            status = error.status if isinstance(error, ServerError) else None
            utterance.tell("failed", message=str(error), status=status)
            utterance.break_off()
        self._house.wake()

    async def _report(self, url: str, headers: dict[str, str], told: Event) -> None:
        """Tell the server when it was heard; if it does not listen, that is no fault here."""
        with suppress(OnsetError):
            await tell_heard_async(url, PlaybackReport.model_validate(told), headers=headers)

    async def _receive(self, utterance: Track, speech: AsyncSpeech) -> None:
        """No faster than there is room for it; where there is none, by a trickle."""
        tape, beyond = utterance.tape, 0.0
        async for arrival in speech:
            utterance.put(tape.end, arrival.pcm)
            self._house.came(utterance)
            if tape.end <= utterance.limit:
                beyond = 0.0
            while tape.end > utterance.limit + beyond:
                await asyncio.sleep(GRANT_SECONDS / 2)
                more = self._house.trickle * GRANT_SECONDS / 2 * tape.rate
                most = (LONGEST_AHEAD - PLAYING_AHEAD) * tape.rate
                beyond = min(beyond + more, most)

    async def _control(self, frame: Frame) -> None:
        asked, programme = playback_frames.body(Control, frame), self._house.programme
        match asked.action:
            case "stop":
                await programme.stop(None if asked.stream is None else self._named(asked.stream))
            case "skip" if asked.stream is not None:
                await programme.stop(self._named(asked.stream))
            case "speed":
                programme.set_speed(asked.value)
            case "volume":
                programme.set_volume(asked.value)
            case "voice":
                self._set_voice(asked.voice)
            case "status":
                pass
            case "pause" | "resume" | "skip" | "back" | "replay":
                await getattr(programme, asked.action)()
        self._house.wake()
        report = programme.report() | {"voice": self._house.voices.get(self._name)}
        self._send(playback_frames.say(FrameKind.REPORT, report, sequence=frame.sequence))

    def _set_voice(self, voice: str | None) -> None:
        voices = self._house.voices
        if voice is None:
            voices.pop(self._name, None)
        elif self._name in voices or len(voices) < NAMES:
            voices[self._name] = voice
        else:
            raise Unavailable(f"The voices of {NAMES} callers are kept already.", 60.0)

    def _named(self, stream: int) -> Track:
        if stream not in self._streams:
            raise InvalidRequest(f"There is no stream {stream}.", "stream")
        return self._streams[stream]

    def _stream(self, frame: Frame) -> Track:
        return self._named(frame.stream)

    def _grant(self, stream: int, limit: int) -> None:
        self._granted[stream] = limit
        self._send(Frame(FrameKind.CREDIT, stream, 0, limit))

    def _refuse(self, frame: Frame, code: str, error: InvalidRequest | Unavailable) -> None:
        param: Any = getattr(error, "param", None)
        body = Refusal(code=code, message=str(error), param=param)
        self._send(
            playback_frames.say(FrameKind.ERROR, body, stream=frame.stream, sequence=frame.sequence)
        )

    def _send(self, frame: Frame) -> None:
        try:
            self.outbox.put_nowait(frame)
        except asyncio.QueueFull:  # he does not read: his connection ends, not our memory
            self._gone = True
            self.hang_up()
