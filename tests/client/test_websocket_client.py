"""Speaking while one writes, as a program would use it, against our server with a fake model."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from time import sleep

import pytest
from websockets.sync.server import ServerConnection, serve

from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.client import websocket_client
from onset.client.http_client import Arrival, speak
from onset.client.websocket_client import narrate, narrate_async
from onset.config import load_settings
from onset.errors import ServerError
from onset.protocol.http_api import SpeechRequest
from scripted_server import answer, scripted

TEXT = "When it had rained for days, everybody went in. Nobody came out again! Dr. Smith paid 3.5."
SETTINGS = load_settings({}, port=0, max_streams=3)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    engine = fake_engine(backend=HaltableBackend(0.001), settings=SETTINGS)
    with serving(lambda: engine, SETTINGS) as running:
        yield running


def pieces(text: str, size: int = 5) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


async def awaited(text: str) -> AsyncIterator[str]:
    for piece in pieces(text):
        yield piece


def whole(server: Running) -> bytes:
    """What the text is over HTTP, asked for whole."""
    with speak(server.url, SpeechRequest(input=TEXT, response_format="pcm")) as speech:
        return b"".join(pcm for _, pcm in speech)


def free(server: Running) -> bool:
    return server.scheduler.active == 0


def test_a_text_in_one_piece_is_what_it_is_over_http(server: Running) -> None:
    assert b"".join(pcm for _, pcm in narrate(server.url, [TEXT])) == whole(server)


def test_pieces_are_spoken_to_the_last_word(server: Running) -> None:
    arrivals = list(narrate(server.url, pieces(TEXT)))
    times = [arrival.at_ns for arrival in arrivals]
    assert times == sorted(times)
    assert sum(len(pcm) for _, pcm in arrivals) >= 0.9 * len(whole(server))


def test_speech_begins_before_the_text_is_whole(server: Running) -> None:
    heard = threading.Event()

    def text() -> Iterator[str]:
        yield TEXT
        assert heard.wait(20)
        yield " The end."

    speech = narrate(server.url, text())
    next(speech)
    heard.set()
    assert list(speech)


def test_leaving_frees_the_engine(server: Running) -> None:
    speech = narrate(server.url, [20 * TEXT])
    next(speech)
    speech.close()
    eventually(lambda: free(server), 5)


@pytest.mark.parametrize("failure", [LookupError, OSError])
def test_what_reading_the_text_raises_is_raised_to_the_listener(
    server: Running, failure: type[Exception]
) -> None:
    def text() -> Iterator[str]:
        yield "It was late, and "
        raise failure("no more")

    with pytest.raises(failure, match="no more"):
        list(narrate(server.url, text()))
    eventually(lambda: free(server), 5)


def test_a_refusal_is_an_error_with_the_choices(server: Running) -> None:
    with pytest.raises(ServerError, match="nobody"):
        list(narrate(server.url, [TEXT], voice="nobody"))


def test_awaited_it_is_the_same(server: Running) -> None:
    async def heard() -> bytes:
        speech = narrate_async(server.url, awaited(TEXT))
        return b"".join([pcm async for _, pcm in speech])

    assert len(asyncio.run(heard())) >= 0.9 * len(whole(server))


@pytest.mark.parametrize("failure", [LookupError, OSError])
def test_awaited_what_reading_the_text_raises_is_raised_to_the_listener(
    server: Running, failure: type[Exception]
) -> None:
    async def text() -> AsyncIterator[str]:
        yield "It was late, and "
        raise failure("no more")

    async def heard() -> None:
        async for _ in narrate_async(server.url, text()):
            pass

    with pytest.raises(failure, match="no more"):
        asyncio.run(heard())
    eventually(lambda: free(server), 5)


def test_cancelling_stops_the_reading_and_the_speaking(server: Running) -> None:
    closed = []

    async def text() -> AsyncIterator[str]:
        try:
            yield TEXT
            await asyncio.sleep(60)
        finally:
            closed.append(True)

    async def leave() -> None:
        speech = narrate_async(server.url, text())
        await anext(speech)
        await speech.aclose()

    asyncio.run(leave())
    assert closed == [True]
    eventually(lambda: free(server), 5)


def test_a_server_that_does_not_take_it_is_named() -> None:
    with (
        scripted(answer(b"what?", "404 Not Found")) as other,
        pytest.raises(ServerError, match="still being"),
    ):
        list(narrate(other.url, [TEXT]))


@contextmanager
def saying(*events: str) -> Iterator[str]:
    """The URL of a WebSocket server that says these events, whatever it is told, and no more."""

    def handle(connection: ServerConnection) -> None:
        for event in events:
            connection.send(event)
        for _ in connection:
            pass

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


async def all_of(arrivals: AsyncIterator[Arrival]) -> list[Arrival]:
    return [arrival async for arrival in arrivals]


def test_silence_after_the_whole_text_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_client, "SILENCE_SECONDS", 0.1)
    with saying() as url:
        with pytest.raises(ServerError, match="Nothing came"):
            list(narrate(url, [TEXT]))
        with pytest.raises(ServerError, match="Nothing came"):
            asyncio.run(all_of(narrate_async(url, awaited(TEXT))))


def test_silence_while_text_is_still_written_is_none(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_client, "SILENCE_SECONDS", 0.5)

    def slow() -> Iterator[str]:
        sleep(0.8)
        yield TEXT

    async def slow_async() -> AsyncIterator[str]:
        await asyncio.sleep(0.8)
        yield TEXT

    assert list(narrate(server.url, slow()))
    assert asyncio.run(all_of(narrate_async(server.url, slow_async())))


def test_events_of_later_servers_are_passed_over() -> None:
    done = '{"type": "speech.done", "id": "1", "characters": 1, "duration": 0.1, "new": 2}'
    with saying('{"type": "speech.mood", "mood": "glad"}', done) as url:
        assert list(narrate(url, [TEXT])) == []


def test_what_is_no_event_is_an_error() -> None:
    with saying("hello") as url, pytest.raises(ServerError, match="hello"):
        list(narrate(url, [TEXT]))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "ftp://127.0.0.1", "http://[", "http://a:70000"]
)
def test_nobody_there_is_a_server_error(url: str) -> None:
    with pytest.raises(ServerError):
        list(narrate(url, [TEXT]))


def test_awaited_a_server_that_goes_away_while_text_is_written_is_a_server_error() -> None:
    async def endless() -> AsyncIterator[str]:
        yield "It was late"
        await asyncio.Event().wait()

    def leave(connection: ServerConnection) -> None:
        connection.recv()
        connection.close(1011)

    with serve(leave, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        try:
            with pytest.raises(ServerError):
                asyncio.run(all_of(narrate_async(url, endless())))
        finally:
            server.shutdown()
            thread.join()
