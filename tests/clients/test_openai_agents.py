"""OpenAI's agents SDK, as it is: a voice pipeline that speaks by our server."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
from agents.voice import (
    AudioInput,
    OpenAIVoiceModelProvider,
    StreamedAudioInput,
    StreamedTranscriptionSession,
    STTModel,
    STTModelSettings,
    TTSModelSettings,
    VoicePipeline,
    VoicePipelineConfig,
    VoiceWorkflowBase,
)
from openai import AsyncOpenAI

from asking import TEXT
from fakes import fake_engine, serving
from sound_server import Samples


class Listener(STTModel):  # type: ignore[misc]
    """Hears what it is told to."""

    @property
    def model_name(self) -> str:
        return "none"

    async def transcribe(self, input: AudioInput, *_: object) -> str:
        return "Say it."

    async def create_session(
        self, input: StreamedAudioInput, settings: STTModelSettings, *_: bool
    ) -> StreamedTranscriptionSession:
        raise NotImplementedError


class Workflow(VoiceWorkflowBase):  # type: ignore[misc]
    """Answers with TEXT, in two pieces."""

    async def run(self, transcription: str) -> AsyncIterator[str]:
        assert transcription == "Say it."
        yield TEXT[:10]
        yield TEXT[10:]


async def heard(url: str) -> Samples:
    """All samples that the pipeline gives."""
    client = AsyncOpenAI(base_url=f"{url}/v1", api_key="none")
    pipeline = VoicePipeline(
        workflow=Workflow(),
        stt_model=Listener(),
        tts_model=OpenAIVoiceModelProvider(openai_client=client).get_tts_model("gpt-4o-mini-tts"),
        config=VoicePipelineConfig(
            tracing_disabled=True, tts_settings=TTSModelSettings(voice="ash", speed=1.0)
        ),
    )
    result = await pipeline.run(AudioInput(np.zeros(2400, np.int16)))
    pieces = [
        event.data
        async for event in result.stream()
        if event.type == "voice_stream_event_audio" and event.data is not None
    ]
    await client.close()
    return np.concatenate(pieces)


def test_a_voice_pipeline_speaks() -> None:
    with serving(fake_engine) as server:
        samples = asyncio.run(heard(server.url))
    spoken = fake_engine().render(TEXT, voice="am_michael")
    assert len(samples) >= len(spoken) - 24_000 * 0.1
    assert np.abs(samples).max() > 1000
