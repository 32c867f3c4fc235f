"""Errors as HTTP answers, in the shape of OpenAI's API, and as log lines without a word of text.

Knows nothing of what was asked for, or how speech is made.
"""

import logging
import math
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from onset.errors import InvalidRequest, OnsetError, Unavailable
from onset.wire import REQUEST_ID, ErrorBody, ErrorDetail

_log = logging.getLogger("onset.server")


def add_refusals(app: FastAPI) -> None:
    """Make every error that leaves `app` an answer in OpenAI's shape."""

    @app.exception_handler(InvalidRequest)
    async def invalid(_: HttpRequest, error: InvalidRequest) -> Response:
        return refusal(400, error.message, error.param)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: HttpRequest, error: RequestValidationError) -> Response:
        message, param = explain(error.errors())
        return refusal(400, message, param)

    @app.exception_handler(Unavailable)
    async def unavailable(_: HttpRequest, error: Unavailable) -> Response:
        later = str(math.ceil(error.retry_after))
        return refusal(503, str(error), headers={"Retry-After": later})

    @app.exception_handler(HTTPException)
    async def refused(http: HttpRequest, error: HTTPException) -> Response:
        message = f"{error.detail}: {http.method} {http.url.path}."
        return refusal(error.status_code, message, headers=error.headers)

    @app.exception_handler(OnsetError)
    async def failed(http: HttpRequest, error: OnsetError) -> Response:
        _log.error("Request %s failed: %s", http.state.request_id, whereabouts(error))
        return refusal(500, str(error))

    @app.exception_handler(Exception)
    async def unforeseen(http: HttpRequest, _: Exception) -> Response:
        name = {REQUEST_ID: http.state.request_id}  # this answer passes RequestIds by
        return refusal(500, "An unexpected error in the server.", headers=name)


def refusal(
    status: int,
    message: str,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error answer in OpenAI's shape. `code` is the status in words, as "not_found"."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    detail = ErrorDetail(message=message, type=kind, param=param, code=code)
    return JSONResponse(ErrorBody(error=detail).model_dump(), status, headers)


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
