"""Entries of routes in the OpenAPI document. Their texts are in data/openapi.toml."""

import json
import tomllib
from importlib import resources
from typing import Any, TypeAlias

from pydantic import BaseModel

from onset.protocol.http_api import EVENT_STREAM, MEDIA_TYPES, ErrorBody

Responses: TypeAlias = dict[int | str, dict[str, Any]]

_TEXTS = tomllib.loads((resources.files("onset") / "data" / "openapi.toml").read_text("utf-8"))
_STRING = {"type": "string"}

ANSWER_HEADERS: dict[str, str] = _TEXTS["headers"]
REFUSALS: dict[int, str] = {int(status): text for status, text in _TEXTS["refusals"].items()}


def documented(*statuses: int) -> Responses:
    """These errors of a route."""
    retry = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return {
        status: {"model": ErrorBody, "description": REFUSALS[status]}
        | ({"headers": retry} if status in (429, 503) else {})
        for status in statuses
    }


def documented_json(model: type[BaseModel]) -> dict[str, Any]:
    """A required JSON body, in one piece: references into its schema would not resolve."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    written = json.dumps(schema)
    for name, definition in definitions.items():
        reference = json.dumps({"$ref": f"#/$defs/{name}"})
        written = written.replace(reference, json.dumps(definition))
    content = {"application/json": {"schema": json.loads(written)}}
    return {"requestBody": {"content": content, "required": True}}


def documented_parameter(name: str) -> dict[str, Any]:
    """A required part of a path."""
    return {"parameters": [{"name": name, "in": "path", "required": True, "schema": _STRING}]}


def documented_audio() -> Responses:
    """The answer that is speech."""
    binary = {"schema": _STRING | {"format": "binary"}}
    content: dict[str, Any] = {kind: binary for kind in MEDIA_TYPES.values()}
    content[EVENT_STREAM] = {"itemSchema": _TEXTS["speech"]["event"]}
    headers = {
        name: {"description": meaning, "schema": _STRING}
        for name, meaning in ANSWER_HEADERS.items()
    }
    description = _TEXTS["speech"]["description"]
    return {200: {"description": description, "content": content, "headers": headers}}
