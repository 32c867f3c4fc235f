"""The JSON body of a request, read and validated."""

import codecs
import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest

from onset.config import Settings
from onset.errors import InvalidRequest, Unavailable
from onset.protocol.surrogates import without_halves
from onset.serving.error_codes import explain
from onset.serving.http.connection_limits import RETRY_CONNECTING, UNFINISHED

LONGEST_CHARACTER = 12
"""Bytes of one character in JSON at most: a surrogate pair, both halves escaped."""

REST_OF_BODY = 65_536
"""Bytes of a body besides its text; nobody's fields need more."""

CHARSETS = ("iso-8859-1", "us-ascii", "windows-1252")
"""What clients write besides UTF-8."""

_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)

Body = TypeVar("Body", bound=BaseModel)


async def read_json(http: HttpRequest, model: type[Body], settings: Settings) -> Body:
    """The body as a `model`. Raises InvalidRequest, HTTPException 413 for one that is too long, or
    Unavailable if too many come in at once.

    Raises HTTPException 415 for another Content-Type, which also keeps other web pages out: a
    browser asks the server before it lets them send JSON.
    """
    media_type = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Content-Type must be application/json")
    body = _utf8(await _read(http, settings), http.headers["content-type"])
    try:
        return model.model_validate_json(without_halves(body))
    except ValidationError as error:
        raise InvalidRequest(*explain(error.errors())) from None


def _utf8(body: bytes, content_type: str) -> bytes:
    """The body in UTF-8 without a byte order mark. Raises HTTPException 415 or InvalidRequest."""
    charset = _CHARSET.search(content_type)
    if charset is None or charset[1].lower() in ("utf-8", "utf8"):
        return body.removeprefix(codecs.BOM_UTF8)
    if charset[1].lower() not in CHARSETS:
        raise HTTPException(415, f"The charset must be one of utf-8, {', '.join(CHARSETS)}")
    try:
        return body.decode(charset[1]).encode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not {charset[1]}: {error.reason}.") from None


async def _read(http: HttpRequest, settings: Settings) -> bytes:
    limit = LONGEST_CHARACTER * settings.max_characters + REST_OF_BODY
    too_long = HTTPException(413, f"The body is longer than {limit} bytes")
    length = http.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise too_long  # without reading any of it
    body = bytearray()
    try:
        async for part in http.stream():
            body += part
            full = UNFINISHED.change(len(body) - len(part), len(body))
            if len(body) > limit:
                raise too_long
            if full:
                raise Unavailable("Too many long texts come in at once.", RETRY_CONNECTING)
        return bytes(body)
    finally:
        UNFINISHED.change(len(body), 0)
