"""Settings: one frozen object, read from `ONSET_*` once at the process edge."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_cache_path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from onset.errors import InvalidRequest
from onset.socket_path import at_home, usual_socket_path
from onset.types import Mode, ReadingMode

PREFIX = "ONSET_"


def _names(value: object) -> object:
    """The parts of a comma-separated text, without empty ones."""
    if not isinstance(value, str):
        return value
    return tuple(name for part in value.split(",") if (name := part.strip()))


def _some(keys: SecretStr) -> SecretStr:
    if not keys.get_secret_value().replace(",", "").strip():
        raise ValueError("there is no key in it; leave it out to ask for none")
    return keys


def _http(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("http://", "https://")):
        raise ValueError("it is no http:// or https:// address")
    return url


def _sendable(keys: SecretStr) -> SecretStr:
    if not keys.get_secret_value().isprintable():
        raise ValueError("it has a character that no header can have")
    return keys


FilePath = Annotated[Path, AfterValidator(at_home)]
"""A path in which ~ is the user's home, as no shell has replaced it in a file of variables."""

Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]

HttpUrl = Annotated[SecretStr, AfterValidator(_http)]
"""An address that may have a token in it."""

Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
"""Several names in one setting, with commas between them."""

Keys = Annotated[SecretStr, AfterValidator(_some), AfterValidator(_sendable)]
"""One key or several, with commas between them."""


class Settings(BaseModel):
    """What can be set. Each field is the environment variable `ONSET_<FIELD>`."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    cache_dir: FilePath = Field(
        default_factory=lambda: user_cache_path("onset"),
        description="Folder for the assembled model and the graphs cut from it.",
    )
    model: str | None = Field(
        default=None,
        description="Path of another Kokoro ONNX export, or a Hugging Face repository id.",
    )
    lexicon: Path | None = Field(
        default=None, description="File of words and how they are said; read anew when it changes."
    )
    reading: ReadingMode = Field(
        default="prose", description="What a text is, when a request does not say."
    )
    voice: str = Field(default="af_heart", description="Voice when a request names none.")
    threads: Annotated[int, Field(ge=1, le=64)] = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 4),
        description="Threads of one model computation.",
    )
    generator: Literal["auto", "native", "onnx"] = Field(
        default="auto",
        description="What decodes: the native library, ONNX Runtime, or what is there.",
    )
    provider: Literal["cpu", "openvino", "cuda", "coreml"] = Field(
        default="cpu", description="What runs the decoder's graphs, where ONNX Runtime decodes."
    )
    batch: Annotated[int, Field(ge=1, le=256)] = Field(
        default=1, description="Streams whose steps ONNX Runtime computes together, at most."
    )
    pace: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="Seconds of work for a second of speech; measured at the start if unset.",
    )
    mode: Mode = Field(
        default="balanced",
        description="Plan of an answer that names none: fast, balanced, quality, exact or auto.",
    )
    fallback: bool = Field(
        default=True,
        description="Whether who would be refused is served by the fast voice, where it has one.",
    )
    cache_mb: Annotated[int, Field(ge=0, le=1024)] = Field(
        default=0,
        description="Megabytes of first sentences kept in memory to be spoken again; 0: none.",
    )
    languages: Names = Field(
        default=(),
        description="Languages loaded after the start, or all; those of the last days always are.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server binds.")
    port: Port = Field(default=8880, description="Port the server binds.")
    wyoming_port: Port | None = Field(
        default=None, description="Port for Wyoming (Home Assistant); none if unset."
    )
    workers: Annotated[int, Field(ge=1, le=16)] = Field(
        default=1, description="Engines that compute side by side, with `threads` each."
    )
    max_streams: Count = Field(
        default=8,
        description="Streams spoken at once to listeners; as many more in the background.",
    )
    max_characters: Count = Field(default=100_000, description="Longest text of a request.")
    max_connections: Count = Field(default=1000, description="Connections open at once.")
    # The longest text lasts 3.7 hours at speed 0.5, and is sent as it is played.
    request_timeout: Seconds = Field(default=14_400, description="Seconds one answer may take.")
    header_timeout: Seconds = Field(
        default=10, description="Seconds in which the head of a request must be here."
    )
    idle_timeout: Seconds = Field(
        default=60, description="Seconds a client may neither finish their request nor read."
    )
    drain_timeout: Annotated[float, Field(ge=0)] = Field(
        default=30, description="Seconds that speech in progress has at the end."
    )
    socket: FilePath = Field(
        default_factory=usual_socket_path, description="Unix socket of the playback daemon."
    )
    device: str = Field(
        default="default", description="What the playback daemon plays on: default, sound or null."
    )
    play_token: SecretStr | None = Field(
        default=None, description="What WebSocket callers of the playback daemon must show."
    )
    daemon: bool = Field(
        default=False, description="Whether `onset say` starts the playback daemon."
    )
    api_key: Keys | None = Field(
        default=None, description="Keys that clients must bring, with commas between them."
    )
    allowed_hosts: Names = Field(
        default=(), description="Names by which the server may be addressed, besides localhost."
    )
    cors_origins: Names = Field(
        default=(),
        description="Origins whose pages may use the server; extensions: the browser's; * for all.",
    )
    history: bool = Field(
        default=True, description="Whether figures of answers are kept in the cache folder."
    )
    probe_interval: Annotated[float, Field(ge=0)] = Field(
        default=3600, description="Seconds between two measurements of an idle server; 0: none."
    )
    otel: bool = Field(
        default=False, description="Whether answers are sent as OpenTelemetry spans (extra otel)."
    )
    alert_url: HttpUrl | None = Field(
        default=None, description="Where alerts are posted, in the shape of Alertmanager's webhook."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least serious lines that are logged."
    )
    log_text: bool = Field(default=False, description="Whether the log may quote texts.")


def load_settings(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Settings from `environ` and nothing else, with `overrides` (None means not given) on top.

    Raises InvalidRequest for an unknown `ONSET_` variable or a bad value, listing the choices.
    """
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    ours = {name: value for name, value in environ.items() if name.upper().startswith(PREFIX)}
    unknown = sorted(name for name in ours if name.upper() not in known)
    if unknown:
        raise InvalidRequest(f"Unknown setting {unknown[0]}. Choices: {', '.join(sorted(known))}.")
    found: dict[str, object] = {known[name.upper()]: value for name, value in ours.items()}
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(found | given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"Setting {PREFIX}{name.upper()}: {first['msg']}.", name) from error
