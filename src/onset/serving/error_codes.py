"""Errors in OpenAI's shape: status, `type`, `code` and message, whatever carries them."""

import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

from starlette.responses import JSONResponse

from onset.errors import Busy, InvalidRequest, OnsetError, Unavailable
from onset.protocol.http_api import ErrorBody, ErrorDetail

CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
"""`code` where OpenAI has one of its own; elsewhere it is the status in words, as "not_found"."""

TYPES = {401: "authentication_error", 429: "rate_limit_error"}
"""`type` where it is neither the request's fault nor the server's."""


def detail(
    status: int, message: str, param: str | None = None, code: str | None = None
) -> ErrorDetail:
    """What went wrong, in OpenAI's four fields."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    phrase = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return ErrorDetail(
        message=message,
        type=TYPES.get(status, kind),
        param=param,
        code=code or CODES.get(status, phrase),
    )


def status_of(error: OnsetError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, InvalidRequest):
        return 400
    if isinstance(error, Unavailable):
        return 429 if isinstance(error, Busy) else 503
    return 500


def describe(error: OnsetError) -> ErrorDetail:
    """An error in OpenAI's four fields."""
    param = error.param if isinstance(error, InvalidRequest) else None
    return detail(status_of(error), str(error), param)


def refusal(
    status: int,
    message: str,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
) -> JSONResponse:
    """An error response in OpenAI's shape."""
    body = ErrorBody(error=detail(status, message, param, code))
    return JSONResponse(body.model_dump(), status, headers)


def explain(errors: Sequence[Any]) -> tuple[str, str | None]:
    """Message and field of a validation that failed, from pydantic's errors."""
    first = [str(part) for part in errors[0]["loc"]]
    if not first:
        return f"{errors[0]['msg']}.", None
    about = [error for error in errors if str(error["loc"][0]) == first[0]]
    reasons = dict.fromkeys(str(error["msg"]) for error in about)
    return f"{first[0]}: {'; or '.join(reasons)}.", first[0]


def whereabouts(error: Exception) -> str:
    """What happened where, without the error's own words: they may quote the text."""
    cause = error.__cause__ or error
    frames = traceback.extract_tb(cause.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__} ({type(cause).__name__}{place})"
