"""Who speaks for `onset say`: the server that is running, or an engine of its own."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from time import perf_counter

import onset
from onset.audio.encoders import PcmEncoder
from onset.cli.local_server import PortOccupant, port_occupant, server_key, server_url
from onset.cli.progress import counting, preparing
from onset.cli.speaking.outputs import Write
from onset.client.http_client import bearer, speak
from onset.config import Settings
from onset.errors import InvalidRequest, OnsetError, ServerError
from onset.protocol.http_api import DECODE, SpeechRequest
from onset.protocol.playback_bodies import Say
from onset.protocol.playback_frames import Policy
from onset.trace import Trace
from onset.types import SAMPLE_BYTES, SAMPLE_RATE, Chunk, Halt, Request, SpokenWord

CHUNKS_AHEAD = 40
"""Chunks (2 s) that are made before somebody takes them."""

LONG_TEXT = 200
"""Characters from which on a count of the seconds made is shown to a person."""

REFUSED = (400, 404, 413, 422)
"""Statuses that say that the request itself is at fault."""


class Speaker(ABC):
    """A source of speech that is asked once."""

    loaded: float | None = None
    """Seconds it took to load the model, None if there was none to load."""

    decode: str | None = None
    """How it was decoded, as the DECODE header says; None until it has spoken, or if not known."""

    words: Sequence[SpokenWord] = ()
    """When each is heard, as far as speech was made; none from a server."""

    @abstractmethod
    def speak(self, request: Request) -> Generator[bytes]:
        """Samples (24 kHz, 16-bit, mono) as they are made; closing stops the work."""


def choose_speaker(settings: Settings, *, alone: bool) -> Speaker:
    """Our server, if it is ready where the settings say; else, or if `alone`, an engine in here."""
    if not alone and port_occupant(settings) is PortOccupant.READY:
        return ServerSpeaker(server_url(settings), server_key(settings))
    begun = perf_counter()
    with preparing() as progress:
        engine = onset.Engine(settings, progress=progress)
    return LocalSpeaker(engine, perf_counter() - begun)


class ServerSpeaker(Speaker):
    """A server of ours that is running. key: what it wants as a bearer token."""

    def __init__(self, address: str, key: str | None = None) -> None:
        self.address, self.key = address, key

    def order(self, request: Request, voice: str | None, policy: Policy) -> Say:
        """The same for the playback daemon to fetch. voice: None means its caller's own."""
        return Say(
            url=self.address,
            key=self.key,
            policy=policy,
            text=request.text,
            voice=voice,
            speed=request.speed,
            lang=request.lang,
            exact=request.exact,
            plan=request.plan,
        )

    def speak(self, request: Request) -> Generator[bytes]:
        fields = asdict(request) | {"pronunciations": dict(request.pronunciations)}
        for name in ("reading", "code_blocks"):  # as the server is set, as for the daemon
            del fields[name]
        body = SpeechRequest(input=fields.pop("text"), response_format="pcm", **fields)
        try:
            with speak(self.address, body, headers=bearer(self.key)) as speech:
                self.decode = speech.headers.get(DECODE)
                for arrival in speech:
                    yield arrival.pcm
        except ServerError as error:
            raise server_error(str(error), error.status) from error


class LocalSpeaker(Speaker):
    """An engine in this process, in a thread: Ctrl-C interrupts only one that waits."""

    def __init__(self, engine: "onset.Engine", loaded: float | None = None) -> None:
        self._engine, self.loaded = engine, loaded

    def speak(self, request: Request) -> Generator[bytes]:
        self._engine.check(request)
        self.words = words = list[SpokenWord]()
        halt, pcm, exact = Halt(), PcmEncoder(), set()
        turns = self._engine.turns(request, Trace(), halt)
        chunks = (chunk for chunk in turns if isinstance(chunk, Chunk))
        with ThreadPoolExecutor(1, "onset-say") as pool:
            ahead = deque(pool.submit(next, chunks, None) for _ in range(CHUNKS_AHEAD))
            try:
                while (chunk := ahead.popleft().result()) is not None:
                    ahead.append(pool.submit(next, chunks, None))
                    exact.add(chunk.exact)
                    words += chunk.words
                    yield pcm.feed(chunk.samples)
            finally:
                halt.set()
                pool.shutdown(cancel_futures=True)
        self.decode = "mixed" if len(exact) > 1 else "exact" if True in exact else "streaming"


def server_error(message: str, status: int | None) -> OnsetError:
    """What a server answered: InvalidRequest where the request itself is at fault."""
    if status in REFUSED:
        return InvalidRequest(message.removeprefix(f"{status}: "))
    return ServerError(message, status)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How speaking went. audio: seconds made. first, took: seconds to the first and last of it."""

    speaker: Speaker
    audio: float
    first: float
    took: float

    def __str__(self) -> str:
        text = f"{self.audio:.2f} s of audio, first after {1e3 * self.first:.0f} ms, "
        text += f"RTF {self.took / self.audio:.2f}"
        if self.speaker.decode is not None:
            text += f", {self.speaker.decode}"
        if self.speaker.loaded is not None:
            text += f", model loaded in {self.speaker.loaded:.1f} s"
        return text


def deliver(speaker: Speaker, request: Request, write: Write) -> Delivery:
    """Write the whole answer as it is made. Raises OnsetError, also if there is no audio."""
    begun, first, audio = perf_counter(), None, 0.0
    with (
        counting(len(request.text) > LONG_TEXT) as show_seconds,
        closing(speaker.speak(request)) as pieces,
    ):
        for pcm in pieces:
            first = first or perf_counter()
            write(pcm)
            audio += len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
            show_seconds(audio)
    if first is None:
        raise InvalidRequest("There is nothing in the text that can be spoken.", "input")
    return Delivery(speaker, audio, first - begun, perf_counter() - begun)
