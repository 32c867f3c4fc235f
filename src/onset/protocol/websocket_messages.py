"""Messages on the WebSocket. docs/protocol.md has them as tables, which a test compares."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from onset.errors import ServerError
from onset.protocol.http_api import (
    MOST_PRONUNCIATIONS,
    Decode,
    ErrorDetail,
    InputType,
    MarkTime,
    Pronunciations,
    VoiceReference,
    WordTime,
)
from onset.types import Mode, PlanName


class Command(BaseModel):
    """A message from a client. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True)

    def json_text(self) -> str:
        """The message as it is sent."""
        return self.model_dump_json(exclude_none=True)


class Start(Command):
    """Begin an utterance. Its fields also hold for later ones that begin without a start."""

    type: Literal["speech.start"] = "speech.start"
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,64}$")  # it is logged
    voice: str | VoiceReference | None = None
    speed: float = Field(default=1.0, allow_inf_nan=False)
    lang: str | None = None
    exact: bool = False
    timestamps: bool = False
    plan: Mode | None = None
    response_format: Literal["pcm"] = "pcm"
    input_type: InputType | None = None
    pronunciations: Pronunciations = Field(default_factory=dict, max_length=MOST_PRONUNCIATIONS)

    @property
    def voice_id(self) -> str | None:
        """The voice's name, however it was written."""
        return self.voice.id if isinstance(self.voice, VoiceReference) else self.voice


class Delta(Command):
    """More text. Without a start, the first one begins an utterance."""

    type: Literal["text.delta"] = "text.delta"
    delta: str


class Flush(Command):
    """Speak what came until now: it ends with a whole word."""

    type: Literal["text.flush"] = "text.flush"


class Done(Command):
    """The utterance's text is whole. Later text is another utterance, spoken after it."""

    type: Literal["text.done"] = "text.done"


class Cancel(Command):
    """Stop an utterance, or all of them."""

    type: Literal["speech.cancel"] = "speech.cancel"
    id: str | None = None


class Prepare(Command):
    """Speech in a voice and a language will be asked for. There is no answer."""

    type: Literal["speech.prepare"] = "speech.prepare"
    voice: str | None = Field(default=None, max_length=1000)
    lang: str | None = Field(default=None, max_length=20)


class Ping(Command):
    """Ask whether the server is there."""

    type: Literal["ping"] = "ping"
    id: str | None = None


AnyCommand: TypeAlias = Start | Delta | Flush | Done | Cancel | Prepare | Ping
COMMANDS: TypeAdapter[AnyCommand] = TypeAdapter(Annotated[AnyCommand, Field(discriminator="type")])


class Event(BaseModel):
    """A message from the server."""

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
    plan: PlanName | None = None


class Audio(Event):
    """The PCM in the next binary message. sequence: number of the message, from 0.

    position and samples: where it begins and how long it is; start and duration, in seconds.
    """

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


class Marks(Event):
    """Marks of SSML whose audio follows, in seconds of the utterance's audio."""

    type: Literal["speech.marks"] = "speech.marks"
    id: str
    marks: list[MarkTime]


class UtteranceDone(Event):
    """An utterance is over, and all its audio was sent. duration: seconds of it."""

    type: Literal["speech.done"] = "speech.done"
    id: str
    characters: int
    duration: float


class Cancelled(Event):
    """An utterance was stopped; no more of its audio follows. duration: seconds that were sent."""

    type: Literal["speech.cancelled"] = "speech.cancelled"
    id: str
    duration: float


class Failed(Event):
    """A message was refused, or the utterance `id` failed. retry_after: seconds."""

    type: Literal["error"] = "error"
    id: str | None = None
    error: ErrorDetail
    retry_after: float | None = None


class Pong(Event):
    """Answer to a ping."""

    type: Literal["pong"] = "pong"
    id: str | None = None


AnyEvent: TypeAlias = Annotated[
    Ready | UtteranceStarted | Audio | Words | Marks | UtteranceDone | Cancelled | Failed | Pong,
    Field(discriminator="type"),
]
_EVENTS: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def read_event(message: str) -> AnyEvent | None:
    """The event in a text message; None for a type unknown here, as later servers may send.

    Raises ServerError for what is no event.
    """
    try:
        return _EVENTS.validate_json(message)
    except ValidationError as error:
        if error.errors()[0]["type"] == "union_tag_invalid":
            return None
        raise ServerError(f"The server sent no event: {message[:200]}") from error
