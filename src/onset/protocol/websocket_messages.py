"""Messages on the WebSocket: JSON events in both directions, and PCM behind `speech.audio`.

docs/protocol.md has them as tables, which a test compares with this file.
Knows nothing of how speech is made, sent or played.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from onset.protocol.http_api import Decode, ErrorDetail, VoiceReference, WordTime


class Command(BaseModel):
    """What a client says. Fields that we do not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Start(Command):
    """Begin an utterance. What is given also holds for those that begin without a start."""

    type: Literal["speech.start"]
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$")  # it is logged
    voice: str | VoiceReference | None = None
    speed: float = Field(default=1.0, allow_inf_nan=False)
    lang: str | None = None
    exact: bool = False
    timestamps: bool = False
    response_format: Literal["pcm"] = "pcm"

    @property
    def voice_id(self) -> str | None:
        """The voice's name, however it was written."""
        return self.voice.id if isinstance(self.voice, VoiceReference) else self.voice


class Delta(Command):
    """The text goes on. Without a start, the first one begins an utterance."""

    type: Literal["text.delta"]
    delta: str


class Flush(Command):
    """What came ends with a whole word: speak it now."""

    type: Literal["text.flush"]


class Done(Command):
    """The utterance's text is whole. What follows is another utterance, spoken after it."""

    type: Literal["text.done"]


class Cancel(Command):
    """Stop an utterance, or all of them."""

    type: Literal["speech.cancel"]
    id: str | None = None


class Ping(Command):
    """Are you there?"""

    type: Literal["ping"]
    id: str | None = None


COMMANDS: TypeAdapter[Start | Delta | Flush | Done | Cancel | Ping] = TypeAdapter(
    Annotated[Start | Delta | Flush | Done | Cancel | Ping, Field(discriminator="type")]
)


class Event(BaseModel):
    """What the server says."""

    model_config = ConfigDict(frozen=True)


class Ready(Event):
    """The connection is open. PCM is signed 16-bit little-endian, mono."""

    type: Literal["session.ready"] = "session.ready"
    id: str
    sample_rate: int
    format: Literal["pcm_s16le"] = "pcm_s16le"


class UtteranceStarted(Event):
    """The first audio of an utterance exists and follows."""

    type: Literal["speech.started"] = "speech.started"
    id: str
    voice: str
    decode: Decode


class Audio(Event):
    """The next binary message is this much PCM. sequence counts from 0, position in samples;
    start and duration are the same in seconds."""

    type: Literal["speech.audio"] = "speech.audio"
    id: str
    sequence: int
    position: int
    samples: int
    start: float
    duration: float


class Words(Event):
    """Words whose audio follows, in seconds of the utterance's audio."""

    type: Literal["speech.words"] = "speech.words"
    id: str
    words: list[WordTime]


class UtteranceDone(Event):
    """An utterance is over: all its audio was sent."""

    type: Literal["speech.done"] = "speech.done"
    id: str
    characters: int
    duration: float


class Cancelled(Event):
    """An utterance was stopped; no audio of it follows. duration: what was sent."""

    type: Literal["speech.cancelled"] = "speech.cancelled"
    id: str
    duration: float


class Failed(Event):
    """Something was refused or broke. id: the utterance that ended by it, null if none did.

    retry_after: seconds after which the same may be possible.
    """

    type: Literal["error"] = "error"
    id: str | None = None
    error: ErrorDetail
    retry_after: float | None = None


class Pong(Event):
    """Yes."""

    type: Literal["pong"] = "pong"
    id: str | None = None
