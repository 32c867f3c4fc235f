"""The JSON body of a request, read and validated."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest

from onset.config import Settings
from onset.errors import InvalidRequest
from onset.serving.error_codes import explain

LONGEST_CHARACTER = 12
"""Bytes of one character in JSON at most: a surrogate pair, both halves escaped."""

REST_OF_BODY = 65_536
"""Bytes of a body besides its text; nobody's fields need more."""

Body = TypeVar("Body", bound=BaseModel)


async def read_json(http: HttpRequest, model: type[Body], settings: Settings) -> Body:
    """The body as a `model`. Raises InvalidRequest, or HTTPException 413 for one that is too long.

    Raises HTTPException 415 for another Content-Type, which also keeps other web pages out: a
    browser asks the server before it lets them send JSON.
    """
    media_type = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Content-Type must be application/json")
    try:
        return model.model_validate_json(await _read(http, settings))
    except ValidationError as error:
        raise InvalidRequest(*explain(error.errors())) from None


async def _read(http: HttpRequest, settings: Settings) -> bytes:
    limit = LONGEST_CHARACTER * settings.max_characters + REST_OF_BODY
    too_long = HTTPException(413, f"The body is longer than {limit} bytes")
    length = http.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise too_long  # without reading any of it
    body = bytearray()
    async for part in http.stream():
        body += part
        if len(body) > limit:
            raise too_long
    return bytes(body)
