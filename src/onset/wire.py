"""Words on the wire: paths, header names and bodies that the server and its clients share.

The shapes are those of OpenAI's speech API, with `lang` and `exact` as our own additions.
Knows nothing of how speech is made, sent or played.
"""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SPEECH_PATH = "/v1/audio/speech"
VOICES_PATH = "/v1/audio/voices"
MODELS_PATH = "/v1/models"
HEALTH_PATH = "/health"

SERVER_TIMING = "Server-Timing"
REQUEST_ID = "X-Request-Id"
DECODE = "X-Onset-Decode"
SAMPLE_RATE_HEADER = "X-Sample-Rate"

Decode = Literal["streaming", "exact", "mixed"]
"""Value of DECODE: with predicted statistics, with the utterance's own, or some of each."""


class VoiceReference(BaseModel):
    """The long way to name a voice, `{"id": "af_heart"}`."""

    model_config = ConfigDict(frozen=True)

    id: str


class SpeechRequest(BaseModel):
    """Body of POST SPEECH_PATH. Fields that we do not know are ignored: clients send extras.

    None means that the server's own default holds; for `response_format` that is "wav" (OpenAI's
    is mp3, which Onset cannot make yet). `speed` is a factor, 1.0 the voice's own pace. Any `model`
    is taken for the one there is; `instructions` are ignored: the voice cannot be directed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str = "kokoro"
    input: str
    voice: str | VoiceReference | None = None
    response_format: str | None = None
    speed: float = Field(default=1.0, allow_inf_nan=False)
    instructions: str | None = None
    stream_format: str | None = None
    lang: str | None = None
    exact: bool = False

    @property
    def voice_id(self) -> str | None:
        """The voice's name, however it was written."""
        return self.voice.id if isinstance(self.voice, VoiceReference) else self.voice


class ErrorDetail(BaseModel):
    """What went wrong, in OpenAI's four fields."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """Body of every answer that is not a success."""

    error: ErrorDetail


class VoiceInfo(BaseModel):
    """A voice that can be asked for. `lang` is a BCP 47 tag, None when the server does not say.

    decode: how it is decoded unless a request asks for `exact`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str | None = None
    lang: str | None = None
    gender: str | None = None
    decode: Decode | None = None


class VoiceList(BaseModel):
    """Body of GET VOICES_PATH."""

    voices: list[VoiceInfo]


class ModelInfo(BaseModel):
    """A model, as OpenAI lists them. `created` is in seconds of Unix time."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "onset"


class ModelList(BaseModel):
    """Body of GET MODELS_PATH."""

    object: Literal["list"] = "list"
    data: list[ModelInfo]


class Health(BaseModel):
    """Body of GET HEALTH_PATH. `active`: streams being worked on; None: the server hides it."""

    model_config = ConfigDict(extra="ignore")

    status: str = "ready"
    version: str | None = None
    model: str | None = None
    active: int | None = None


_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'\s*;\s*({_TOKEN})(?:\s*=\s*("(?:\\.|[^"\\])*"|[^;,]*))?'
_METRIC = re.compile(rf"\s*({_TOKEN})((?:{_PARAMETER})*)")


def server_timing(stages: Mapping[str, float]) -> str:
    """Value of SERVER_TIMING for stages in seconds, written in milliseconds as the W3C asks.

    Raises ValueError for a name that is not an HTTP token.
    """
    for name in stages:
        if not re.fullmatch(_TOKEN, name):
            raise ValueError(f"{name!r} cannot name a Server-Timing metric")
    return ", ".join(f"{name};dur={1e3 * seconds:.3f}" for name, seconds in stages.items())


def parse_server_timing(value: str) -> dict[str, float]:
    """Seconds of each stage in a SERVER_TIMING header; a metric without a duration is left out."""
    seconds: dict[str, float] = {}
    for metric in _METRIC.finditer(value):
        for name, written in re.findall(_PARAMETER, metric[2]):
            number = _number(written.strip(' "')) if name.lower() == "dur" else None
            if number is not None:
                seconds[metric[1]] = number / 1e3
    return seconds


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
