"""Programs that ask a speech server, each as it is, timed until their listener hears something.

A client that reads an answer to its end before it plays is heard when all has come. What is not
installed is left out.
"""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias

import httpx
import numpy as np
from openai import AsyncOpenAI
from wyoming.audio import AudioChunk
from wyoming.client import AsyncTcpClient
from wyoming.tts import Synthesize, SynthesizeVoice

from onset.types import SAMPLE_RATE
from sound_server import Samples

LOUD = 60
"""Of 32768: what is above is heard."""

VOICE = "af_heart"

Ask: TypeAlias = Callable[[str], Awaitable[float]]
"""Milliseconds from asking for a text until it is heard."""


class Server(NamedTuple):
    """Where it is. wyoming: the port of that protocol."""

    url: str
    wyoming: int


class Arrivals:
    """Samples as they came. Asking begins when this is made."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._rate, self._begun = rate, perf_counter()
        self._pieces = list[tuple[float, Samples]]()
        self._odd = b""

    def add(self, pcm: bytes) -> None:
        """More 16-bit samples."""
        whole = self._odd + pcm
        self._odd = whole[len(whole) // 2 * 2 :]
        samples = np.frombuffer(whole[: len(whole) // 2 * 2], "<i2")
        self._pieces.append((self.milliseconds(), samples))

    def milliseconds(self) -> float:
        """Since asking began."""
        return 1e3 * (perf_counter() - self._begun)

    def heard(self) -> float:
        """When the first loud sample came, or was due if its silence had to be played first."""
        before = 0
        for at, samples in self._pieces:
            loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > LOUD)
            if len(loud):
                due = self._pieces[0][0] + 1e3 * (before + int(loud[0])) / self._rate
                return max(at, due)
            before += len(samples)
        raise AssertionError("nothing was heard")


@asynccontextmanager
async def the_server(server: Server) -> AsyncIterator[Ask]:
    """No client: the bare answer, which others are compared with."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:

        async def ask(text: str) -> float:
            came = Arrivals()
            body = {"input": text, "voice": VOICE, "response_format": "pcm"}
            async with http.stream("POST", f"{server.url}/v1/audio/speech", json=body) as answer:
                answer.raise_for_status()
                async for part in answer.aiter_raw():
                    came.add(part)
            return came.heard()

        yield ask


@asynccontextmanager
async def openai_python(server: Server) -> AsyncIterator[Ask]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:

        async def ask(text: str) -> float:
            came = Arrivals()
            async with client.audio.speech.with_streaming_response.create(
                model="tts-1", voice=VOICE, input=text, response_format="pcm"
            ) as answer:
                async for part in answer.iter_bytes():
                    came.add(part)
            return came.heard()

        yield ask


@asynccontextmanager
async def livekit_python(server: Server) -> AsyncIterator[Ask]:
    tts = import_module("livekit.plugins.openai").TTS(
        base_url=f"{server.url}/v1", api_key="none", voice=VOICE
    )

    async def ask(text: str) -> float:
        came = Arrivals()
        async with tts.synthesize(text) as stream:
            async for event in stream:
                came.add(bytes(event.frame.data))
        return came.heard()

    yield ask
    await tts.aclose()


@asynccontextmanager
async def openai_agents(server: Server) -> AsyncIterator[Ask]:
    """The speech model of its voice pipeline."""
    voice = import_module("agents.voice")
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as client:
        model = voice.OpenAIVoiceModelProvider(openai_client=client).get_tts_model("tts-1")

        async def ask(text: str) -> float:
            came = Arrivals()
            async for part in model.run(text, voice.TTSModelSettings(voice=VOICE, speed=1.0)):
                came.add(part)
            return came.heard()

        yield ask


@asynccontextmanager
async def realtimetts(server: Server) -> AsyncIterator[Ask]:
    """Its engine, as its player takes samples from it."""
    os.environ["OPENAI_BASE_URL"] = f"{server.url}/v1"  # it takes no address otherwise
    module: Any = import_module("RealtimeTTS")
    engine = module.OpenAIEngine(api_key="none", voice=VOICE, response_format="pcm")

    class Watched(Queue[bytes]):
        came = Arrivals()

        def put(self, item: bytes, *_: Any, **__: Any) -> None:
            self.came.add(item)

    async def ask(text: str) -> float:
        engine.queue = Watched()
        engine.queue.came = came = Arrivals()
        assert await asyncio.to_thread(engine.synthesize, text)
        return came.heard()

    yield ask


@asynccontextmanager
async def voicemode(server: Server) -> AsyncIterator[Ask]:
    """Its synthesis, which it plays when it is whole; it keeps files in a home of its own."""
    with TemporaryDirectory(prefix="onset-voicemode-") as home:
        os.environ |= {"HOME": home, "VOICEMODE_TTS_BASE_URLS": f"{server.url}/v1"}
        synthesize = import_module("voice_mode.simple_failover").simple_tts_synthesize

        async def ask(text: str) -> float:
            came = Arrivals()
            done, *_ = await synthesize(text, VOICE)
            assert done
            return came.milliseconds()

        yield ask


@asynccontextmanager
async def pipecat(server: Server) -> AsyncIterator[Ask]:
    """Its service in a pipeline that is running when it is asked."""
    frames, tests = import_module("pipecat.frames.frames"), import_module("pipecat.tests.utils")
    services: Any = import_module("pipecat.services.openai.tts")

    class Watched(services.OpenAITTSService):  # type: ignore[misc]
        came = Arrivals()

        async def process_frame(self, frame: object, direction: object) -> None:
            if isinstance(frame, frames.TTSSpeakFrame):
                self.came = Arrivals()
            await super().process_frame(frame, direction)

        async def push_frame(self, frame: Any, *direction: object) -> None:
            if isinstance(frame, frames.TTSAudioRawFrame):
                self.came.add(frame.audio)
            await super().push_frame(frame, *direction)

    async def ask(text: str) -> float:
        own = {"base_url": f"{server.url}/v1", "api_key": "none", "sample_rate": SAMPLE_RATE}
        service = Watched(**own, settings=Watched.Settings(voice="nova"))
        await tests.run_test(service, frames_to_send=[frames.TTSSpeakFrame(text)], start_timeout=30)
        return service.came.heard()

    yield ask


@asynccontextmanager
async def home_assistant(server: Server) -> AsyncIterator[Ask]:
    """Its protocol's own client."""

    async def ask(text: str) -> float:
        came = Arrivals()
        async with AsyncTcpClient("127.0.0.1", server.wyoming) as client:
            await client.write_event(Synthesize(text, voice=SynthesizeVoice(VOICE)).event())
            while (event := await client.read_event()) is not None:
                if AudioChunk.is_type(event.type):
                    came.add(AudioChunk.from_event(event).audio)
                elif event.type == "audio-stop":
                    break
        return came.heard()

    yield ask


def replayed(**body: object) -> Callable[[Server], AbstractAsyncContextManager[Ask]]:
    """A client too large to install: its request, and its answer read to the end."""

    @asynccontextmanager
    async def client(server: Server) -> AsyncIterator[Ask]:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:

            async def ask(text: str) -> float:
                came, asked = Arrivals(), {"input": text, "voice": VOICE} | body
                answer = await http.post(f"{server.url}/v1/audio/speech", json=asked)
                answer.raise_for_status()
                return came.milliseconds()

            yield ask

    return client


PYTHON_CLIENTS: dict[str, tuple[str, Callable[[Server], AbstractAsyncContextManager[Ask]]]] = {
    "the server itself": ("httpx", the_server),
    "OpenAI, Python": ("openai", openai_python),
    "OpenAI agents": ("agents.voice", openai_agents),
    "LiveKit, Python": ("livekit.plugins.openai", livekit_python),
    "pipecat": ("pipecat", pipecat),
    "RealtimeTTS": ("RealtimeTTS", realtimetts),
    "VoiceMode, whole answer": ("voice_mode", voicemode),
    "Home Assistant (Wyoming)": ("wyoming", home_assistant),
    "Open WebUI, replayed, whole answer": ("httpx", replayed(model="kokoro", user="x")),
    "SillyTavern, replayed, whole answer": (
        "httpx",
        replayed(model="tts-1", response_format="mp3", speed=1),
    ),
}
"""By name: (the module it needs, the client)."""

NODE_CLIENTS = {
    "openai": "OpenAI, JavaScript",
    "vercel": "Vercel's AI SDK, whole answer",
    "livekit": "LiveKit, Node",
}


def installed(module: str) -> bool:
    """Whether a module can be imported."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def node_clients(server: Server) -> Iterator[dict[str, Callable[[str], float]]]:
    """The clients in JavaScript that are installed, by their name in the table."""
    program = ["node", str(Path(__file__).parent / "clients" / "first_sound.mjs"), server.url]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None

        def ask(client: str, text: str) -> float:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps({"client": client, "text": text}) + "\n")
            process.stdin.flush()
            return float(process.stdout.readline())

        names: Sequence[str] = json.loads(process.stdout.readline())
        yield {NODE_CLIENTS[name]: partial(ask, name) for name in names}
        process.stdin.close()
