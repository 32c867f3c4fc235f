"""Errors as HTTP answers, in the shape of OpenAI's API, and as log lines without a word of text.

Knows nothing of what was asked for, or how speech is made.
"""

import logging
import math
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from onset.errors import Busy, InvalidRequest, OnsetError, Unavailable
from onset.protocol.http_api import ErrorBody, ErrorDetail
from onset.serving.http.middleware.request_id import name_of

CODES: Mapping[int, str] = MappingProxyType({401: "invalid_api_key", 429: "rate_limit_exceeded"})
"""`code` where OpenAI has one of its own; elsewhere it is the status in words, as "not_found"."""

TYPES: Mapping[int, str] = MappingProxyType({401: "authentication_error", 429: "rate_limit_error"})
"""`type` where it is neither the request's fault nor the server's."""

REFUSALS: Mapping[int, str] = MappingProxyType(
    {
        400: "The request cannot be fulfilled as it is; the message lists the choices.",
        401: "The API key is missing or wrong.",
        403: "The server is not known by that name, or a page of that origin may not ask.",
        404: "There is no such thing.",
        408: "The request did not arrive in time.",
        409: "A benchmark is running, and there is only one at a time.",
        413: "The body is too large.",
        415: "The body is not JSON.",
        429: "As many listen already as the server can serve; Retry-After says when to ask again.",
        500: "The server failed.",
        503: "The model is loading, or the server is shutting down; Retry-After says when to ask.",
    }
)
"""What each status that is not a success means."""

_log = logging.getLogger("onset.server")


def add_refusals(app: FastAPI) -> None:
    """Make every error that leaves `app` an answer in OpenAI's shape."""

    @app.exception_handler(OnsetError)
    async def failed(http: HttpRequest, error: OnsetError) -> Response:
        if status_of(error) == 500:
            _log.error("Request %s failed: %s", http.state.request_id, whereabouts(error))
        return _answer(describe(error), status_of(error), _advice(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: HttpRequest, error: RequestValidationError) -> Response:
        return refusal(400, *explain(error.errors()))

    @app.exception_handler(HTTPException)
    async def refused(http: HttpRequest, error: HTTPException) -> Response:
        message = f"{error.detail}: {http.method} {http.url.path}."
        return refusal(error.status_code, message, headers=error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(http: HttpRequest, _: Exception) -> Response:
        # This answer passes RequestIds by.
        named = name_of(http.scope["state"])
        return refusal(500, "An unexpected error in the server.", headers=named)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These refusals for a route's OpenAPI entry."""
    retry = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return {
        status: {"model": ErrorBody, "description": REFUSALS[status]}
        | ({"headers": retry} if status in (429, 503) else {})
        for status in statuses
    }


def refusal(
    status: int,
    message: str,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
) -> JSONResponse:
    """An error answer in OpenAI's shape."""
    return _answer(detail(status, message, param, code), status, headers)


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


def _advice(error: OnsetError) -> dict[str, str]:
    """Headers that tell a client whether and when to ask again; OpenAI's own obey both."""
    if isinstance(error, Unavailable):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    # What the engine could not do once, it cannot do twice.
    return {"x-should-retry": "false"} if status_of(error) == 500 else {}


def _answer(what: ErrorDetail, status: int, headers: Mapping[str, str] | None) -> JSONResponse:
    return JSONResponse(ErrorBody(error=what).model_dump(), status, headers)


def explain(errors: Sequence[Any]) -> tuple[str, str | None]:
    """Message and field of a validation that failed, from pydantic's errors."""
    first = [str(part) for part in errors[0]["loc"]]
    if not first:
        return f"{errors[0]['msg']}.", None
    about = [error for error in errors if str(error["loc"][0]) == first[0]]
    reasons = dict.fromkeys(str(error["msg"]) for error in about)
    return f"{first[0]}: {'; or '.join(reasons)}.", first[0]


def whereabouts(error: OnsetError) -> str:
    """What happened where, without the error's own words: they may quote the text."""
    cause = error.__cause__ or error
    frames = traceback.extract_tb(cause.__traceback__)
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__} ({type(cause).__name__}{place})"
