"""The HTTP API: paths, header names and bodies, in the shapes of OpenAI's speech API."""

import contextlib
import ipaddress
import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field, model_validator

from onset.types import SAMPLE_RATE, CodeBlocks, Mode, PlanName, ReadingMode

SPEECH_PATH = "/v1/audio/speech"
STREAM_PATH = "/v1/audio/speech/stream"
VOICES_PATH = "/v1/audio/voices"
MODELS_PATH = "/v1/models"
HEALTH_PATH = "/health"
HEARD_PATH = "/performance/heard"
PLAYED_PATH = "/performance/played"
METRICS_PATH = "/metrics"
PAGE_PATH = "/dashboard"

PAGE_FILES = (
    "chart.css",
    "page.css",
    "page.js",
    "benchmark.js",
    "player.js",
    "worklet.js",
    "icon.svg",
)
"""What the page consists of, below PAGE_PATH."""

PAGE_PATHS = ("/", PAGE_PATH, *(f"{PAGE_PATH}/{name}" for name in PAGE_FILES))
"""Paths of the page and its files."""

SERVER_TIMING = "Server-Timing"
PROCESSING = "openai-processing-ms"
REQUEST_ID = "X-Request-Id"
DECODE = "X-Onset-Decode"
PLAN = "X-Onset-Plan"
GENERATOR = "X-Onset-Generator"
CACHE_STATUS = "Cache-Status"
SAMPLE_RATE_HEADER = "X-Sample-Rate"
PURPOSE = "X-Onset-Purpose"

Purpose: TypeAlias = Literal["user", "bench", "probe"]
"""Value of PURPOSE in a request: who it is for. What is measured for one is never counted for
another; without it, it is a user's."""

STAGES = (
    "text",
    "queue",
    "phonemes",
    "front",
    "trunk",
    "statistics",
    "refine",
    "step",
    "encode",
    "rest",
    "other",
)
"""Stages of an answer of Onset up to its first audio, in their order; docs/metrics.md has each."""

Decode = Literal["streaming", "exact", "mixed"]
"""Value of DECODE: with predicted statistics, with the utterance's own, or some of each."""

ResponseFormat: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
StreamFormat: TypeAlias = Literal["audio", "sse"]

MEDIA_TYPES: Mapping[ResponseFormat, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""The Content-Type of each format. Opus comes in Ogg, AAC in ADTS."""

EVENT_STREAM = "text/event-stream"
"""The Content-Type of StreamFormat "sse"."""

Priority = Literal["interactive", "background"]
"""Whether somebody listens while speech is made; they are served before all in the background."""


Reporter: TypeAlias = Literal["daemon", "browser"]
"""Who plays an answer and tells of it: the playback daemon, or the page at PAGE_PATH."""

REPORTERS: tuple[Reporter, ...] = ("daemon", "browser")

PlayingOutcome: TypeAlias = Literal["complete", "stopped", "failed"]
"""How playing ended. failed: the answer broke off, and what had come was played."""

LONGEST_PLAYING = 86_400.0
"""Seconds that a player may tell of: a day. More is refused."""

_Milliseconds = Annotated[float, Field(ge=0, le=1e3 * LONGEST_PLAYING)]
_Seconds = Annotated[float, Field(ge=0, le=LONGEST_PLAYING)]
_Count = Annotated[int, Field(ge=0, le=1_000_000)]


class PlaybackReport(BaseModel, frozen=True, allow_inf_nan=False):
    """Body of POST HEARD_PATH: when an answer was first heard, in milliseconds since its request.

    request: its REQUEST_ID. first, onset: when its first samples and its first audible one had
    arrived. taken, heard: when the device took that, and when it sounded, `latency` later.
    prebuffer: audio that had arrived when playback began. network: between the request and the
    head of the answer, without what the server says it took itself. audible: whether there is a
    device at all. None: not known.
    """

    request: str | None = Field(default=None, max_length=200)
    reporter: Reporter = "daemon"
    device: str | None = Field(default=None, max_length=100)
    audible: bool
    first_ms: _Milliseconds
    onset_ms: _Milliseconds | None = None
    taken_ms: _Milliseconds
    heard_ms: _Milliseconds
    latency_ms: _Milliseconds
    prebuffer_ms: _Milliseconds | None = None
    network_ms: _Milliseconds | None = None


class PlaybackEnd(BaseModel, frozen=True, allow_inf_nan=False):
    """Body of POST PLAYED_PATH: what became of an answer, told when playing it is over.

    request: its REQUEST_ID. played: what was taken by the device. stalls: times it ran dry and went
    on, for `stalled` in all; concealed: silence that the device was given meanwhile. latency: of
    the device at the end. xruns: times that the device itself ran dry. None: not known.
    """

    request: str | None = Field(default=None, max_length=200)
    reporter: Reporter
    outcome: PlayingOutcome
    audible: bool
    played_s: _Seconds
    stalls: _Count
    stalled_ms: _Milliseconds | None = None
    concealed_ms: _Milliseconds
    latency_ms: _Milliseconds | None = None
    xruns: _Count | None = None


class PlayedFigures(BaseModel):
    """Of the newest reports of one reporter: n of them, sums, and the median latency. Reports of
    devices that nobody can hear count too.
    """

    n: int
    played_s: float | None
    stalls: int | None
    stalled_ms: float | None
    concealed_ms: float | None
    latency_ms: float | None
    xruns: int | None


class PlaybackEndList(BaseModel):
    """Body of GET PLAYED_PATH, the newest last; figures apart by who told them."""

    count: int
    reporters: dict[Reporter, PlayedFigures]
    played: list[PlaybackEnd]


class PlaybackReportList(BaseModel):
    """Body of GET HEARD_PATH, the newest last.

    after: from the arrival of the first audible sample, or of the first if none is known, until it
    was heard; silence that the speech begins with counts.
    """

    count: int
    median_heard_ms: float | None
    median_after_ms: float | None
    median_latency_ms: float | None
    heard: list[PlaybackReport]


LANG_CODES: Mapping[str, str] = {
    "a": "en-us",
    "b": "en-gb",
    "e": "es",
    "f": "fr",
    "h": "hi",
    "i": "it",
    "j": "ja",
    "p": "pt-br",
    "z": "zh",
}
"""The languages by the first letters of their voices (hexgrad/kokoro, pipeline.py)."""

LOUDEST = 10.0
"""Largest `volume_multiplier`: 20 dB, of which a limiter leaves no more than full scale."""


InputType: TypeAlias = Literal["text", "ssml"]

MOST_PRONUNCIATIONS = 200
"""Words of one request."""

Pronunciations: TypeAlias = dict[str, str]
"""Words, and for each `/phonemes/` or what else to say."""


class VoiceReference(BaseModel, frozen=True):
    """A voice as an object, `{"id": "af_heart"}`."""

    id: str


class SpeechRequest(BaseModel, frozen=True):
    """Body of POST SPEECH_PATH. Unknown fields are ignored: clients send extras.

    None means the default: the server's own voice, mp3, and audio rather than events. `speed` is a
    factor, 1.0 the voice's own pace. Any `model` means the one there is; `instructions` are
    ignored: the voice cannot be directed. stream: False for an answer that is sent when it is
    whole. lang_code: a letter of LANG_CODES or a code as `lang`, which goes before it. plan: None
    for the server's mode. input_type: None for ssml if the text begins with `<speak>`. reading:
    what the text is, as the server is set if None. pronunciations: words, and how they are said.
    """

    model: str = "kokoro"
    input: str
    voice: str | VoiceReference | None = None
    response_format: ResponseFormat | None = None
    speed: float = Field(default=1.0, allow_inf_nan=False)
    instructions: str | None = None
    stream_format: StreamFormat | None = None
    lang: str | None = None
    exact: bool = False
    timestamps: bool = False
    priority: Priority = "interactive"
    stream: bool | None = True
    lang_code: str | None = None
    volume_multiplier: float | None = Field(default=1.0, ge=0, le=LOUDEST, allow_inf_nan=False)
    plan: Mode | None = None
    input_type: InputType | None = None
    reading: ReadingMode | None = None
    code_blocks: CodeBlocks = "announce"
    pronunciations: Pronunciations = Field(default_factory=dict, max_length=MOST_PRONUNCIATIONS)

    @model_validator(mode="before")
    @classmethod
    def _as_clients_write(cls, fields: object) -> object:
        """null is as if not given; formats in any case, and Ogg for what is in it."""
        if not isinstance(fields, dict):
            return fields
        given = {n: value for n, value in fields.items() if value is not None or n == "input"}
        if isinstance(written := given.get("response_format"), str):
            given["response_format"] = {"ogg": "opus"}.get(written.lower(), written.lower())
        return given

    @property
    def language(self) -> str | None:
        """What the text is to be read in, however it was written; None: the voice's own."""
        code = self.lang or self.lang_code or None
        return code if self.lang or code is None else LANG_CODES.get(code.lower(), code)

    @property
    def whole(self) -> bool:
        """Whether the answer is to be sent when it is whole. Events never are."""
        return self.stream is False and self.stream_format != "sse"

    @property
    def voice_id(self) -> str | None:
        """The voice's name, however it was written."""
        return self.voice.id if isinstance(self.voice, VoiceReference) else self.voice


class ErrorDetail(BaseModel):
    """An error, in OpenAI's four fields."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class ErrorBody(BaseModel):
    """Body of every answer that is not a success."""

    error: ErrorDetail


class VoiceInfo(BaseModel, frozen=True):
    """A voice. lang: a BCP 47 tag, None if not told. decode: unless `exact` is asked for. plans:
    what may be asked for with it; None if not told.
    """

    id: str
    name: str | None = None
    lang: str | None = None
    gender: str | None = None
    decode: Decode | None = None
    plans: list[PlanName] | None = None
    aliases: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _named(cls, voice: object) -> object:
        """Some servers list bare names."""
        return {"id": voice} if isinstance(voice, str) else voice


class VoiceList(BaseModel):
    """Body of GET VOICES_PATH."""

    voices: list[VoiceInfo]


class Usage(BaseModel):
    """The size of an answer, in OpenAI's fields: characters read, and frames of 25 ms spoken."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class AudioDelta(BaseModel):
    """Server-sent event: the next bytes of the answer in its format, as base64."""

    type: Literal["speech.audio.delta"] = "speech.audio.delta"
    audio: str


class AudioDone(BaseModel):
    """Server-sent event: the answer is complete. Nothing follows."""

    type: Literal["speech.audio.done"] = "speech.audio.done"
    usage: Usage


class ErrorEvent(BaseModel):
    """Server-sent event: the answer broke off. Nothing follows."""

    type: Literal["error"] = "error"
    error: ErrorDetail


class WordTime(BaseModel):
    """A word and when it is heard, in seconds of the answer's audio."""

    word: str
    start: float
    end: float


class WordsEvent(BaseModel):
    """Server-sent event, where a request asks for `timestamps`: words whose audio follows."""

    type: Literal["speech.audio.words"] = "speech.audio.words"
    words: list[WordTime]


class MarkTime(BaseModel):
    """A mark of SSML and when it is reached, in seconds of the answer's audio."""

    mark: str
    time: float


class MarksEvent(BaseModel):
    """Server-sent event, where a request asks for `timestamps`: marks whose audio follows."""

    type: Literal["speech.audio.marks"] = "speech.audio.marks"
    marks: list[MarkTime]


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
    """Body of GET HEALTH_PATH. active: streams being made; None: the server does not say.

    listeners: how many the machine keeps up with, as measured so far; None before. pace: seconds
    of work for a second of speech, which decides how much is decoded exactly. generator: what
    decodes: the native library with its kind of kernels, or ONNX Runtime. languages: those that are
    loaded.
    """

    status: str = "ready"
    version: str | None = None
    model: str | None = None
    active: int | None = None
    listeners: int | None = None
    pace: float | None = None
    generator: str | None = None
    languages: list[str] | None = None


_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'\s*;\s*({_TOKEN})(?:\s*=\s*("(?:\\.|[^"\\])*"|[^;,]*))?'
_METRIC = re.compile(rf"\s*({_TOKEN})((?:{_PARAMETER})*)")


def server_timing(stages: Mapping[str, float]) -> str:
    """Value of SERVER_TIMING for stages in seconds. Raises ValueError for no HTTP token."""
    for name in stages:
        if not re.fullmatch(_TOKEN, name):
            raise ValueError(f"{name!r} cannot name a Server-Timing metric")
    return ", ".join(f"{name};dur={1e3 * seconds:.3f}" for name, seconds in stages.items())


def parse_server_timing(value: str) -> dict[str, float]:
    """Seconds of each stage in a SERVER_TIMING header; metrics without a duration are left out."""
    seconds: dict[str, float] = {}
    for metric in _METRIC.finditer(value):
        for name, written in re.findall(_PARAMETER, metric[2]):
            if name.lower() == "dur":
                with contextlib.suppress(ValueError):
                    duration = float(written.strip(' "')) / 1e3
                    if math.isfinite(duration):
                        seconds[metric[1]] = duration
    return seconds


def announced_rate(headers: Mapping[str, str]) -> int:
    """Samples a second by SAMPLE_RATE_HEADER, whose name is in lower case here; else our own."""
    rate = headers.get(SAMPLE_RATE_HEADER.lower(), "")
    return int(rate[:20]) if re.fullmatch("[0-9]+", rate) else SAMPLE_RATE


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what is bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
