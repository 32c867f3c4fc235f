"""Paths and bodies that clients of other speech servers ask for: Open WebUI, Kokoro-FastAPI."""

from typing import Literal, TypeAlias

from pydantic import BaseModel

from onset.protocol.http_api import VOICES_PATH, SpeechRequest

AUDIO_MODELS_PATH = "/v1/audio/models"
SHORT_VOICES_PATH = "/v1/voices"
CAPTIONS_PATH = "/dev/captioned_speech"
PHONEMIZE_PATH = "/dev/phonemize"
PREVIEW_PATH = VOICES_PATH + "/{voice}/preview"

CAPTIONS_TYPE = "application/json"
"""The Content-Type of captions, also where they come as a JSON object a line."""

PreviewFormat: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav"]
"""What browsers play."""


class AudioModel(BaseModel, frozen=True):
    """A model that speaks."""

    id: str
    name: str


class AudioModelList(BaseModel):
    """Body of GET AUDIO_MODELS_PATH, as Open WebUI reads it."""

    models: list[AudioModel]


class CaptionedSpeechRequest(SpeechRequest, frozen=True):
    """Body of POST CAPTIONS_PATH: as of SPEECH_PATH, and whether words are told."""

    return_timestamps: bool | None = True

    @property
    def whole(self) -> bool:
        """Whether one object has it all; `stream_format` means nothing here."""
        return self.stream is False


class CaptionedWord(BaseModel):
    """A word and when it is heard, in seconds of the whole answer's audio."""

    word: str
    start_time: float
    end_time: float


class CaptionedSpeech(BaseModel):
    """Audio as base64, its Content-Type, and the words whose audio follows or is in it."""

    audio: str
    audio_format: str
    timestamps: list[CaptionedWord]


class PhonemeRequest(BaseModel, frozen=True):
    """Body of POST PHONEMIZE_PATH. language: a letter of Kokoro's, or a code of ours."""

    text: str
    language: str = "a"


class PhonemeAnswer(BaseModel):
    """Phonemes in Kokoro's alphabet, and their tokens."""

    phonemes: str
    tokens: list[int]
