"""Wyoming as its own client sees it: what is offered, whole texts, texts in pieces, and leaving."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import pytest
import uvloop
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from fakes import HaltableBackend, eventually, fake_engine, is_ready
from onset.audio.encoders import PcmEncoder
from onset.config import load_settings
from onset.errors import InvalidRequest
from onset.model.voice_styles import VOICES
from onset.serving.scheduling.scheduler import Scheduler
from onset.serving.wyoming import WyomingConversation, chosen, serving_wyoming

TEXT = "When it had rained for days, everybody went in. Nobody came out again."
SETTINGS = load_settings({}, wyoming_port=0, max_characters=400)


@contextmanager
def scheduling(delay: float = 0.001) -> Iterator[Scheduler]:
    engine = fake_engine(backend=HaltableBackend(delay), settings=SETTINGS)
    scheduler = Scheduler(lambda: engine, 8)
    scheduler.start()
    eventually(partial(is_ready, scheduler))
    try:
        yield scheduler
    finally:
        scheduler.close()


@asynccontextmanager
async def connected(scheduler: Scheduler) -> AsyncIterator[AsyncTcpClient]:
    async with serving_wyoming(scheduler, SETTINGS) as port:
        assert port is not None
        async with AsyncTcpClient("127.0.0.1", port) as client:
            yield client


async def until(client: AsyncTcpClient, is_last: Callable[[str], bool]) -> list[Event]:
    """The events up to one of a type."""
    events: list[Event] = []
    async with asyncio.timeout(20):
        while not events or not is_last(events[-1].type):
            event = await client.read_event()
            assert event is not None, "the server closed the connection"
            events.append(event)
    return events


def audio(events: list[Event]) -> bytes:
    return b"".join(
        AudioChunk.from_event(event).audio for event in events if AudioChunk.is_type(event.type)
    )


def run(talk: Callable[[AsyncTcpClient], Any], delay: float = 0.001) -> None:
    async def all_of_it() -> None:
        async with connected(scheduler) as client:
            await talk(client)

    with scheduling(delay) as scheduler:
        asyncio.run(all_of_it())
        eventually(lambda: scheduler.active == 0)


def test_all_voices_are_offered_and_streaming_too() -> None:
    async def talk(client: AsyncTcpClient) -> None:
        await client.write_event(Describe().event())
        (event,) = await until(client, Info.is_type)
        (program,) = Info.from_event(event).tts
        assert program.supports_synthesize_streaming
        assert [voice.name for voice in program.voices] == list(VOICES)
        assert {voice.languages[0] for voice in program.voices} >= {"en-us", "ja", "es"}

    run(talk)


def test_a_whole_text_is_spoken_as_over_http() -> None:
    async def talk(client: AsyncTcpClient) -> None:
        voice = SynthesizeVoice(name="am_michael")
        await client.write_event(Synthesize(text=TEXT, voice=voice).event())
        events = await until(client, AudioStop.is_type)
        start = AudioStart.from_event(events[0])
        assert (start.rate, start.width, start.channels) == (24_000, 2, 1)
        assert audio(events) == PcmEncoder().feed(fake_engine().render(TEXT, voice="am_michael"))
        stamps = [AudioChunk.from_event(event).timestamp or 0 for event in events[1:-1]]
        assert stamps[0] == 0 and stamps == sorted(stamps)

    run(talk)


def test_a_text_in_pieces_is_spoken_while_it_is_written() -> None:
    async def talk(client: AsyncTcpClient) -> None:
        await client.write_event(SynthesizeStart().event())
        for start in range(0, 60, 6):
            await client.write_event(SynthesizeChunk(text=TEXT[start : start + 6]).event())
        begun = await until(client, AudioChunk.is_type)
        await client.write_event(SynthesizeChunk(text=TEXT[60:]).event())
        await client.write_event(Synthesize(text=TEXT).event())  # for servers that do not stream
        await client.write_event(SynthesizeStop().event())
        events = begun + await until(client, SynthesizeStopped.is_type)
        kinds = [event.type for event in events if not AudioChunk.is_type(event.type)]
        assert kinds == ["audio-start", "audio-stop", "synthesize-stopped"]
        whole = PcmEncoder().feed(fake_engine().render(TEXT))
        assert len(audio(events)) == pytest.approx(len(whole), rel=0.2)

    run(talk)


DIRECTED = {
    "ssml": '<speak>One <break time="1s"/><voice name="am_michael">two.</voice></speak>',
    "turns": "[voice:af_heart] Are you ready? [voice:am_michael] Yes, I am.",
}


@pytest.mark.parametrize("kind", DIRECTED)
def test_a_text_that_says_how_it_is_spoken_is_spoken_as_over_http(kind: str) -> None:
    text = DIRECTED[kind]

    async def talk(client: AsyncTcpClient) -> None:
        await client.write_event(Synthesize(text=text).event())
        whole = await until(client, AudioStop.is_type)
        assert audio(whole) == PcmEncoder().feed(fake_engine().render(text))
        await client.write_event(SynthesizeStart().event())
        for start in range(0, len(text), 7):
            await client.write_event(SynthesizeChunk(text=text[start : start + 7]).event())
        await client.write_event(SynthesizeStop().event())
        pieces = await until(client, SynthesizeStopped.is_type)
        assert len(audio(pieces)) == pytest.approx(len(audio(whole)), rel=0.2)

    run(talk)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    "text", ["<speak>One <blink/></speak>", "<speak>One", "[voice:nobody] One."]
)
def test_what_cannot_be_spoken_so_is_refused_with_what_can(text: str, streamed: bool) -> None:
    async def talk(client: AsyncTcpClient) -> None:
        if streamed:
            await client.write_event(SynthesizeStart().event())
            await client.write_event(SynthesizeChunk(text=text).event())
            await client.write_event(SynthesizeChunk(text=" And this is the rest.").event())
            await client.write_event(SynthesizeStop().event())
            events = await until(client, SynthesizeStopped.is_type)
        else:
            await client.write_event(Synthesize(text=text).event())
            events = await until(client, Error.is_type)
        (refused,) = (event for event in events if Error.is_type(event.type))
        assert Error.from_event(refused).code == "bad_request"
        assert not audio(events)

    run(talk)


def test_a_text_with_nothing_to_speak_begins_and_ends() -> None:
    async def talk(client: AsyncTcpClient) -> None:
        await client.write_event(Synthesize(text="...").event())
        events = await until(client, AudioStop.is_type)
        assert [event.type for event in events] == ["audio-start", "audio-stop"]

    run(talk)


def test_what_cannot_be_spoken_is_an_error_and_the_connection_lives_on() -> None:
    async def talk(client: AsyncTcpClient) -> None:
        for asked in (
            Synthesize(text="hello", voice=SynthesizeVoice(name="nobody")),
            Synthesize(text="hello", voice=SynthesizeVoice(language="tlh")),
            Synthesize(text="x" * 401),
        ):
            await client.write_event(asked.event())
            (*_, event) = await until(client, Error.is_type)
            assert Error.from_event(event).code == "bad_request"
        await client.write_event(Ping(text="still there?").event())
        (*_, event) = await until(client, Pong.is_type)
        assert Pong.from_event(event).text == "still there?"

    run(talk)


def test_leaving_stops_the_work() -> None:
    async def talk(client: AsyncTcpClient) -> None:
        await client.write_event(Synthesize(text=TEXT * 5).event())
        await until(client, AudioChunk.is_type)

    run(talk)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_what_is_sent_to_one_who_has_left_is_no_fault(run: Callable[..., None]) -> None:
    async def left(scheduler: Scheduler) -> None:
        async with serving_wyoming(scheduler, SETTINGS) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            conversation = WyomingConversation(reader, writer, scheduler, SETTINGS)
            writer.transport.abort()
            await asyncio.sleep(0.01)  # the transport is closed in the next pass
            with pytest.raises(ConnectionError):
                await conversation._refuse(InvalidRequest("Too late."))

    with scheduling() as scheduler:
        run(left(scheduler))


def test_client_who_does_not_read_is_cut_off() -> None:
    hasty = load_settings({}, wyoming_port=0, idle_timeout=0.3)

    async def all_of_it(scheduler: Scheduler) -> None:
        async with serving_wyoming(scheduler, hasty) as port:
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(b'{"type": "synthesize", "data": {"text": "%b"}}\n' % (b"Long. " * 900))
            await asyncio.to_thread(eventually, lambda: scheduler.active == 1)
            await asyncio.to_thread(eventually, lambda: not scheduler.active, 20)
            client.close()

    with scheduling() as scheduler:
        asyncio.run(all_of_it(scheduler))


def test_who_only_listens_is_not_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onset.serving.wyoming.IDLE", 0.3)

    async def talk(client: AsyncTcpClient) -> None:
        begin = asyncio.get_running_loop().time()
        await client.write_event(Synthesize(text=TEXT * 5).event())
        events = await until(client, AudioStop.is_type)
        assert asyncio.get_running_loop().time() - begin > 0.5
        assert len(audio(events)) == 2 * len(fake_engine().render(TEXT * 5))
        async with asyncio.timeout(5):
            assert await client.read_event() is None  # and now they are

    run(talk, delay=0.02)


@pytest.mark.parametrize(
    "sent",
    [
        b"no json\n",
        b"[]\n",
        b"{}\n",
        json.dumps({"type": "x", "data_length": 10**12}).encode() + b"\n",
        b"x" * 100_000,
    ],
)
def test_what_is_no_event_ends_the_connection(sent: bytes) -> None:
    async def all_of_it(scheduler: Scheduler) -> None:
        async with serving_wyoming(scheduler, SETTINGS) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            async with asyncio.timeout(20):
                assert await reader.read() == b""
            writer.close()

    with scheduling() as scheduler:
        asyncio.run(all_of_it(scheduler))


def test_no_port_no_server() -> None:
    async def nothing(scheduler: Scheduler) -> None:
        async with serving_wyoming(scheduler, load_settings({})) as port:
            assert port is None

    with scheduling() as scheduler:
        asyncio.run(nothing(scheduler))


@pytest.mark.parametrize(
    ("voice", "expected"),
    [
        (None, "af_heart"),
        (SynthesizeVoice(), "af_heart"),
        (SynthesizeVoice(name="bf_emma", language="ja"), "bf_emma"),
        (SynthesizeVoice(language="en-US"), "af_heart"),
        (SynthesizeVoice(language="en_GB"), "bf_alice"),
        (SynthesizeVoice(language="ja"), "jf_alpha"),
        (SynthesizeVoice(language="pt_PT"), "pf_dora"),
        (SynthesizeVoice(language="cmn"), "zf_xiaobei"),
        (SynthesizeVoice(language="jpn"), "jf_alpha"),
        (SynthesizeVoice(language="None"), "af_heart"),
        (SynthesizeVoice(language=""), "af_heart"),
    ],
)
def test_a_voice_is_chosen_by_name_or_language(
    voice: SynthesizeVoice | None, expected: str
) -> None:
    assert chosen(voice, "af_heart") == expected


def test_a_language_nobody_speaks_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="Choices"):
        chosen(SynthesizeVoice(language="tlh"), "af_heart")


@pytest.mark.parametrize(
    "event",
    [
        b'{"type":"synthesize"}\n',
        b'{"type":"synthesize","data":{"text":null}}\n',
        b'{"type":"synthesize","data":{"text":"Hi","voice":7}}\n',
        b'{"type":"synthesize","data":{"text":5}}\n',
    ],
)
def test_an_event_without_its_fields_is_refused_and_the_link_stays(event: bytes) -> None:
    async def call() -> bytes:
        with scheduling() as scheduler:
            async with serving_wyoming(scheduler, SETTINGS) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(event + b'{"type":"ping","data":{"text":"x"}}\n')
                received = b""
                while b"pong" not in received:
                    received += await asyncio.wait_for(reader.read(4096), 10)
                    assert not reader.at_eof()
                writer.close()
                return received

    assert b'"error"' in asyncio.run(call())


def test_json_that_is_nested_for_ever_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def call() -> bytes:
        with scheduling() as scheduler:
            async with serving_wyoming(scheduler, SETTINGS) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                nested = b"[" * 20_000 + b"]" * 20_000
                writer.write(b'{"type":"ping","data":' + nested + b"}\n")
                received = await asyncio.wait_for(reader.read(), 5)
                writer.close()
                return received

    assert asyncio.run(call()) == b""
    assert not [record for record in caplog.records if record.exc_info]


def test_a_voice_without_a_name_is_the_default() -> None:
    assert chosen(SynthesizeVoice(name=""), "af_heart") == "af_heart"
