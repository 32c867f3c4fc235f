"""A streaming client: posts text, reads samples as they arrive, stops when told.

Works with any server that speaks OpenAI's speech API. PCM is 16-bit little-endian mono; a WAV
answer, streamed or whole, loses its header on the way.

A request is tried again only while nothing of it can have been spoken. A stream that breaks off is
never resumed: a listener would hear words twice.
"""

import asyncio
import wave
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, closing, contextmanager, suppress
from itertools import chain
from threading import Timer
from time import monotonic, perf_counter_ns, sleep
from typing import BinaryIO, NamedTuple, TypeAlias, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from onset.errors import InvalidRequest, ServerError
from onset.protocol.http_api import (
    HEALTH_PATH,
    HEARD_PATH,
    PLAYED_PATH,
    SPEECH_PATH,
    VOICES_PATH,
    ErrorBody,
    Health,
    PlaybackEnd,
    PlaybackReport,
    SpeechRequest,
    VoiceInfo,
    VoiceList,
    announced_rate,
    is_loopback,
)
from onset.protocol.preparation import PREPARE_PATH, PrepareRequest
from onset.protocol.wav import PcmReader
from onset.types import SAMPLE_BYTES

TIMEOUT = httpx.Timeout(connect=5.0, read=60.0, write=10.0, pool=5.0)
"""Seconds. `read` is the longest silence on the wire, so also the longest wait for a first byte."""

PROBE_TIMEOUT = httpx.Timeout(2.0)
"""Seconds, for the small pages: health and voices."""

LARGEST_ERROR = 65_536
"""Bytes that are read of an error, for its message."""

LARGEST_PAGE = 1 << 20
"""Bytes of a small page; a larger one is no page of a speech server."""

ERROR_SECONDS = 5.0
"""Seconds in which these, and the pages of a server, must have come."""

RETRY_SECONDS = 0.25
"""Seconds between two attempts."""

ABSENT_SECONDS = 10.0
"""Seconds that a server which is not there is asked again at most, however patient one is with one
that is full: one that starts anew listens in a few, and one that is gone is to be told.
"""

BUSY = (429, 503)
"""Statuses of a server that is full or loading; nothing of the request was spoken."""

Headers: TypeAlias = Mapping[str, str] | Mapping[bytes, bytes]

_Answer = TypeVar("_Answer")
_Client = TypeVar("_Client", httpx.Client, httpx.AsyncClient)
_VOICES: TypeAdapter[VoiceList | list[VoiceInfo]] = TypeAdapter(VoiceList | list[VoiceInfo])


class Arrival(NamedTuple):
    """Whole samples as they came in. at_ns: `perf_counter_ns` when they were read."""

    at_ns: int
    pcm: bytes


class Speech:
    """An answer that is being received. Times are `perf_counter_ns`. Raises ServerError.

    sent_ns: just before the request was sent (a new connection, so before it was opened);
    headers_ns: when the status and headers had been read.
    """

    def __init__(self, response: httpx.Response, sent_ns: int, headers_ns: int) -> None:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise ServerError(f"{response.url} compresses its answer, which it was asked not to")
        self._response = response
        self._reader = PcmReader(announced_rate(response.headers))
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.sent_ns, self.headers_ns = sent_ns, headers_ns

    @property
    def sample_rate(self) -> int:
        """Samples a second; for a WAV answer known only once its header has arrived."""
        return self._reader.sample_rate

    def __iter__(self) -> Iterator[Arrival]:
        """The samples as they arrive. Raises ServerError when the stream breaks off."""
        with _foreign_errors(str(self._response.url), begun=True):
            for received in self._response.iter_raw():
                at_ns = perf_counter_ns()
                if pcm := self._reader.feed(received):
                    yield Arrival(at_ns, pcm)
        self._reader.finish()

    def lines(self) -> Iterator[str]:
        """The lines of an answer that comes as events. Raises ServerError where it breaks off."""
        with _foreign_errors(str(self._response.url), begun=True):
            yield from self._response.iter_lines()


class AsyncSpeech(Speech):
    """As Speech, to be awaited: `async for arrival in speech`."""

    async def __aiter__(self) -> AsyncIterator[Arrival]:
        with _foreign_errors(str(self._response.url), begun=True):
            async for received in self._response.aiter_raw():
                at_ns = perf_counter_ns()
                if pcm := self._reader.feed(received):
                    yield Arrival(at_ns, pcm)
        self._reader.finish()


@contextmanager
def speak(
    url: str,
    request: SpeechRequest,
    *,
    timeout: httpx.Timeout = TIMEOUT,
    headers: Headers | None = None,
    patience: float = 0.0,
) -> Iterator[Speech]:
    """Ask the server at `url` to speak; leaving the block stops it. Raises ServerError.

    patience: seconds to go on asking a server that is loading or full, and ABSENT_SECONDS of them
    one that is not there yet.
    """
    begun = monotonic()
    with _client(httpx.Client, url, timeout) as client:
        with _foreign_errors(url):
            message = _message(client, request, headers)
        while True:
            with _attempt(url, begun, patience):
                sent_ns = perf_counter_ns()
                response = client.send(message, stream=True)
                headers_ns = perf_counter_ns()
                if response.is_success:
                    break
                with closing(response):
                    raise _refused(response, _beginning(response, LARGEST_ERROR))
            sleep(RETRY_SECONDS)
        with closing(response):
            yield Speech(response, sent_ns, headers_ns)


@asynccontextmanager
async def speak_async(
    url: str,
    request: SpeechRequest,
    *,
    timeout: httpx.Timeout = TIMEOUT,
    headers: Headers | None = None,
    patience: float = 0.0,
) -> AsyncIterator[AsyncSpeech]:
    """As `speak`, to be awaited; cancelling it closes the connection too."""
    begun = monotonic()
    async with _client(httpx.AsyncClient, url, timeout) as client:
        with _foreign_errors(url):
            message = _message(client, request, headers)
        while True:
            with _attempt(url, begun, patience):
                sent_ns = perf_counter_ns()
                response = await client.send(message, stream=True)
                headers_ns = perf_counter_ns()
                if response.is_success:
                    break
                async with aclosing(response):
                    raise _refused(response, await _beginning_async(response))
            await asyncio.sleep(RETRY_SECONDS)
        async with aclosing(response):
            yield AsyncSpeech(response, sent_ns, headers_ns)


async def tell_heard_async(
    url: str, heard: PlaybackReport, *, headers: Headers | None = None
) -> None:
    """Tell the server at `url` when an answer of it was heard. Raises ServerError."""
    await _tell(url, HEARD_PATH, heard.model_dump(exclude_none=True), headers)


async def tell_played_async(
    url: str, played: PlaybackEnd, *, headers: Headers | None = None
) -> None:
    """Tell the server at `url` what became of an answer of it. Raises ServerError."""
    await _tell(url, PLAYED_PATH, played.model_dump(exclude_none=True), headers)


async def prepare_async(
    url: str, wanted: PrepareRequest, *, headers: Headers | None = None
) -> None:
    """Tell the server at `url` what it will be asked for. Raises ServerError."""
    await _tell(url, PREPARE_PATH, wanted.model_dump(exclude_none=True), headers)


async def _tell(url: str, path: str, body: object, headers: Headers | None) -> None:
    """Post, and look at nothing but the status."""
    async with _client(httpx.AsyncClient, url, PROBE_TIMEOUT) as client:
        with _foreign_errors(url):
            message = client.build_request("POST", path, json=body, headers=headers)
            try:
                async with asyncio.timeout(ERROR_SECONDS):
                    response = await client.send(message, stream=True)
            except TimeoutError as error:  # its head comes byte by byte, each of them in time
                raise ServerError(f"{url}{path} did not answer in time") from error
            async with aclosing(response):
                if not response.is_success:
                    raise _refused(response, b"")


def save(speech: Speech, file: BinaryIO) -> int:
    """Write an answer as a WAV file that can seek; how many samples it had. Raises ServerError."""
    arrivals = iter(speech)
    first = next(arrivals, None)  # only now the rate of a WAV answer is known
    with wave.open(file, "wb") as out:
        out.setparams((1, SAMPLE_BYTES, speech.sample_rate, 0, "NONE", ""))
        for arrival in chain([] if first is None else [first], arrivals):
            out.writeframesraw(arrival.pcm)
        return out.tell()


def bearer(key: str | None) -> dict[bytes, bytes]:
    """The header with a key, in UTF-8; none without one. Raises InvalidRequest, not quoting it."""
    if key is None:
        return {}
    if not key.isprintable():
        raise InvalidRequest("The API key has a character that no header can have.", "key")
    return {b"Authorization": b"Bearer " + key.encode()}


def voices(url: str) -> list[VoiceInfo]:
    """The voices that the server at `url` offers. Raises ServerError."""
    answer = _get(url, VOICES_PATH, _VOICES)
    return answer.voices if isinstance(answer, VoiceList) else answer


def health(url: str) -> Health:
    """How the server at `url` is. Raises ServerError, with status 503 while it is not ready."""
    return _get(url, HEALTH_PATH, TypeAdapter(Health))


def wait_ready(url: str, timeout: float) -> Health:
    """Wait until the server is ready. Raises ServerError, at once for a refusal other than 503."""
    deadline = monotonic() + timeout
    while True:
        try:
            return health(url)
        except ServerError as error:
            if error.status not in (None, 503):
                raise
            if monotonic() > deadline:
                message = f"Not ready after {timeout:g} s: {error}"
                raise ServerError(message, error.status) from error
        sleep(0.05)


def _get(url: str, path: str, adapter: TypeAdapter[_Answer]) -> _Answer:
    answer = page(url, path)
    try:
        return adapter.validate_json(answer)
    except ValidationError as error:
        raise ServerError(f"{url}{path} answered something else", 200) from error


def page(url: str, path: str, timeout: httpx.Timeout = PROBE_TIMEOUT) -> bytes:
    """A small page of the server at `url`. Raises ServerError, also if it is not small."""
    with (
        _client(httpx.Client, url, timeout) as client,
        _foreign_errors(url),
        _closed_after(client, ERROR_SECONDS),
        client.stream("GET", path) as response,
    ):
        content = _beginning(response, LARGEST_PAGE)
        if not response.is_success:
            raise _refused(response, content)
        if len(content) >= LARGEST_PAGE:
            raise ServerError(f"{url}{path} answered more than {LARGEST_PAGE} bytes")
        return content


@contextmanager
def _closed_after(client: httpx.Client, seconds: float) -> Iterator[None]:
    """Close it if the block takes longer: a head may come byte by byte, each of them in time."""
    timer = Timer(seconds, client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _beginning(response: httpx.Response, most: int) -> bytes:
    """As much of an answer as is wanted, and comes in time."""
    content, deadline = b"", monotonic() + ERROR_SECONDS
    for part in response.iter_raw():
        content += part
        if len(content) >= most or monotonic() > deadline:
            break
    return content[:most]


async def _beginning_async(response: httpx.Response) -> bytes:
    content = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(ERROR_SECONDS):
            async for part in response.aiter_raw():
                content += part
                if len(content) >= LARGEST_ERROR:
                    break
    return content[:LARGEST_ERROR]


def _refused(response: httpx.Response, content: bytes) -> ServerError:
    """The error for an answer with a bad status, with the message in its body."""
    text = content.decode(errors="replace")
    try:
        message = ErrorBody.model_validate_json(text).error.message
    except ValidationError:
        message = text[:200] or response.reason_phrase
    return ServerError(f"{response.status_code}: {message}", response.status_code)


def _message(
    client: httpx.Client | httpx.AsyncClient, request: SpeechRequest, headers: Headers | None
) -> httpx.Request:
    return client.build_request("POST", SPEECH_PATH, json=_body(request), headers=headers)


def _body(request: SpeechRequest) -> dict[str, object]:
    """Only the fields that were set: a strict server refuses those that are ours alone."""
    return {"model": request.model} | request.model_dump(exclude_defaults=True)


@contextmanager
def _attempt(url: str, begun: float, patience: float) -> Iterator[None]:
    """Try a request once: pass over a failure if it may be tried again, else raise ServerError."""
    try:
        with _foreign_errors(url):
            yield
    except ServerError as error:
        if error.status not in BUSY:
            absent = isinstance(error.__cause__, httpx.ConnectError)
            patience = min(patience, ABSENT_SECONDS) if absent else 0.0
        if monotonic() + RETRY_SECONDS >= begun + patience:
            raise


def _client(kind: type[_Client], url: str, timeout: httpx.Timeout) -> _Client:
    """Raises ServerError for an address that is none."""
    # Loading the certificates takes longer than a first sound may, so only where TLS is spoken;
    # and a proxy from the environment must not stand between us and our own machine.
    local = is_local(url)
    return kind(
        base_url=url,
        timeout=timeout,
        verify=url.startswith("https:"),
        trust_env=not local,
        headers={"Accept-Encoding": "identity"},
    )


def is_local(url: str) -> bool:
    """Whether a server is on this machine, as far as its address tells. Raises ServerError."""
    try:
        return is_loopback(httpx.URL(url).host)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ServerError(f"{url}: {error}") from error


@contextmanager
def _foreign_errors(url: str, *, begun: bool = False) -> Iterator[None]:
    """Raise httpx's errors as ServerError, also those of an address that is none.

    begun: an answer is being read, so that a connection which ends is one that broke off.
    """
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        told = str(error) or type(error).__name__
        if isinstance(error, httpx.ConnectError):
            told = f"no server answers there ({told})."
        elif begun and isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
            told = "the answer broke off."
        raise ServerError(f"{url}: {told}") from error
