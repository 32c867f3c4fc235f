"""The JSON bodies of the daemon's frames, and what is refused in them."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from onset.errors import InvalidRequest
from onset.protocol.playback_frames import Action, Frame, FrameKind, Policy, json_frame
from onset.types import FASTEST, SLOWEST, Mode

RATES = (8_000, 192_000)
"""Lowest and highest samples a second that a stream may have."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hello(_Body):
    """HELLO: who calls. caller: the name under which a voice is kept. token: for WebSockets."""

    protocol: int
    caller: str = Field(default="", max_length=100)
    token: str | None = None


class Welcome(_Body):
    """WELCOME: who answers. device: where it plays, None while none is open."""

    protocol: int
    version: str
    device: str | None = None


class Open(_Body):
    """OPEN: samples will follow under this frame's stream number."""

    rate: int = Field(ge=RATES[0], le=RATES[1])
    policy: Policy = "queue"
    label: str = Field(default="", max_length=200)


class Say(_Body):
    """SAY: the daemon is to fetch the speech from OpenAI's API at `url`. key: its bearer token."""

    text: str = Field(min_length=1)
    url: str
    key: str | None = None
    voice: str | None = None
    speed: float = Field(default=1.0, ge=SLOWEST, le=FASTEST)
    lang: str | None = None
    exact: bool = False
    plan: Mode | None = None
    policy: Policy = "queue"


class Control(_Body):
    """CONTROL: a command of the listener. value: of speed, volume. voice: None forgets it.

    stream: stop and skip may name one of the caller's own; None means what is playing.
    """

    action: Action
    value: float | None = None
    voice: str | None = Field(default=None, max_length=200)
    stream: int | None = None


class Refusal(_Body):
    """ERROR: a request that was refused, or a frame that was wrong. code is for machines."""

    code: str
    message: str
    param: str | None = None


_B = TypeVar("_B", bound=BaseModel)


def body_frame(kind: FrameKind, body: BaseModel, *, stream: int = 0) -> Frame:
    """A frame with one of these bodies."""
    return json_frame(kind, body.model_dump(exclude_none=True), stream=stream)


def parse_body(model: type[_B], frame: Frame) -> _B:
    """A frame's JSON body. Raises InvalidRequest that names the field."""
    try:
        return model.model_validate_json(frame.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        param = ".".join(str(part) for part in first["loc"]) or None
        field = "" if param is None else f" {param}"
        message = f"{frame.kind.name}{field}: {first['msg']}."
        raise InvalidRequest(message, param) from None
