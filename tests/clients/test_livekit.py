"""LiveKit's OpenAI speech plugin, as it is, against our server."""

import asyncio

import numpy as np
import pytest
from livekit.agents import APIConnectOptions, APIStatusError
from livekit.plugins import openai

from asking import TEXT
from fakes import FailingBackend, fake_engine, serving
from onset.errors import ModelError
from onset.protocol.http_api import ResponseFormat
from onset.types import Floats

LOST: dict[ResponseFormat, int] = {"mp3": 576, "opus": 480, "aac": 1024, "flac": 600}
"""Samples of one frame: LiveKit looks at the first to learn the codec and drops it, of any server.

It sets FFmpeg's `nobuffer` (livekit-agents 1.8.9, utils/codecs/decoder.py). In MP3 and AAC nothing
but the codec's own delay is in it.
"""

ONCE = APIConnectOptions(max_retry=0)
"""No second try may hide that the first failed."""


async def heard(url: str, text: str = TEXT, **options: str) -> Floats:
    """All samples of one answer. Raises what the plugin raises."""
    tts = openai.TTS(base_url=f"{url}/v1", api_key="none", **options)
    try:
        async with tts.synthesize(text, conn_options=ONCE) as stream:
            frames = [event.frame async for event in stream]
    finally:
        await tts.aclose()
    assert {(frame.sample_rate, frame.num_channels) for frame in frames} == {(24_000, 1)}
    data = b"".join(bytes(frame.data) for frame in frames)
    return np.frombuffer(data, np.int16).astype(np.float32) / np.float32(32768)


@pytest.mark.parametrize("model", ["gpt-4o-mini-tts", "tts-1"])  # as events, as audio
@pytest.mark.parametrize("name", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
def test_livekit_hears_what_was_spoken(model: str, name: ResponseFormat) -> None:
    spoken = fake_engine().render(TEXT, voice="am_michael")
    with serving(fake_engine) as server:
        samples = asyncio.run(heard(server.url, model=model, response_format=name))
    assert len(spoken) - LOST.get(name, 0) - 50 <= len(samples) <= len(spoken) + 3200
    loudness = np.sqrt(np.mean(samples**2) * len(samples) / len(spoken))
    assert loudness == pytest.approx(np.sqrt(np.mean(spoken**2)), rel=0.05)


def test_livekit_as_it_comes() -> None:
    with serving(fake_engine) as server:
        assert len(asyncio.run(heard(server.url))) > 24_000


def test_livekit_is_told_of_a_failure() -> None:
    backend = FailingBackend(ModelError("The file is odd."), 3)
    with (
        serving(lambda: fake_engine(backend=backend)) as server,
        pytest.raises(APIStatusError, match="odd") as caught,
    ):
        asyncio.run(heard(server.url))
    assert caught.value.status_code == 500
