"""pipecat's OpenAI speech service, as it is, in a pipeline against our server."""

import asyncio

import pytest
from pipecat.frames.frames import Frame, TTSAudioRawFrame, TTSSpeakFrame, TTSStoppedFrame
from pipecat.services.openai.tts import VALID_VOICES, OpenAITTSService
from pipecat.tests.utils import run_test

from asking import TEXT
from fakes import fake_engine, serving
from onset.audio.encoders import PcmEncoder
from onset.model.voice_styles import ALIASES


async def frames(url: str, voice: str) -> list[Frame]:
    """What comes out of a pipeline of the service alone."""
    service = OpenAITTSService(
        base_url=f"{url}/v1",
        api_key="none",
        sample_rate=24_000,
        settings=OpenAITTSService.Settings(voice=voice),
    )
    down, _ = await run_test(service, frames_to_send=[TTSSpeakFrame(TEXT)], start_timeout=30)
    return list(down)


@pytest.mark.parametrize("voice", ["alloy", "ash"])
def test_pipecat_hears_what_was_spoken(voice: str) -> None:
    with serving(fake_engine) as server:
        came = asyncio.run(frames(server.url, voice))
    audio = [frame for frame in came if isinstance(frame, TTSAudioRawFrame)]
    assert {(frame.sample_rate, frame.num_channels) for frame in audio} == {(24_000, 1)}
    heard = b"".join(frame.audio for frame in audio)
    assert heard.rstrip(b"\0") == PcmEncoder().feed(fake_engine().render(TEXT, voice=voice)).rstrip(
        b"\0"
    )
    assert any(isinstance(frame, TTSStoppedFrame) for frame in came)


def test_every_voice_pipecat_knows_is_there() -> None:
    assert set(VALID_VOICES) == set(ALIASES)
