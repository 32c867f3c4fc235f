"""Settings: one frozen object, read from `ONSET_*` once at the process edge."""

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from onset.errors import InvalidRequest

PREFIX = "ONSET_"


class Settings(BaseSettings):
    """What can be set. Each field is the environment variable `ONSET_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("onset"),
        description="Folder for the assembled model and the graphs cut from it.",
    )
    model: str | None = Field(
        default=None,
        description="Path of another Kokoro ONNX export, or a Hugging Face repository id.",
    )
    voice: str = Field(default="af_heart", description="Voice when a request names none.")
    threads: int = Field(
        default_factory=lambda: min(os.cpu_count() or 1, 4),
        ge=1,
        le=64,
        description="Threads of one model computation.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server binds.")
    port: int = Field(default=8880, ge=0, le=65535, description="Port the server binds.")
    max_streams: int = Field(default=8, ge=1, description="Streams spoken at once.")
    max_characters: int = Field(default=100_000, ge=1, description="Longest text of a request.")


def load_settings(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """Settings from the environment, with `overrides` (None means not given) on top.

    Raises InvalidRequest for an unknown `ONSET_` variable or a bad value, listing the choices.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(k for k in environ if k.upper().startswith(PREFIX) and k.upper() not in known)
    if unknown:
        raise InvalidRequest(f"Unknown setting {unknown[0]}. Choices: {', '.join(sorted(known))}.")
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidRequest(f"Setting {PREFIX}{name.upper()}: {first['msg']}.", name) from error
