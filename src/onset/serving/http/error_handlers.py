"""Errors as HTTP responses in the shape of OpenAI's API, and as entries of the OpenAPI document."""

import logging
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset.errors import OnsetError, Unavailable
from onset.protocol.http_api import ErrorBody
from onset.serving.error_codes import describe, explain, refusal, status_of, whereabouts
from onset.serving.http.middleware.request_id import id_headers

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


def add_error_handlers(app: FastAPI) -> None:
    """Make every error that leaves `app` a response in OpenAI's shape."""

    @app.exception_handler(OnsetError)
    async def failed(http: HttpRequest, error: OnsetError) -> Response:
        status = status_of(error)
        if status == 500:
            _log.error("Request %s failed: %s", http.state.request_id, whereabouts(error))
        return refusal(status, str(error), describe(error).param, _retry_headers(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: HttpRequest, error: RequestValidationError) -> Response:
        return refusal(400, *explain(error.errors()))

    @app.exception_handler(HTTPException)
    async def refused(http: HttpRequest, error: HTTPException) -> Response:
        message = f"{error.detail}: {http.method} {http.url.path}."
        return refusal(error.status_code, message, headers=error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(http: HttpRequest, _: Exception) -> Response:
        # This response is made outside of RequestIds, which would have added the headers.
        headers = id_headers(http.scope["state"])
        return refusal(500, "An unexpected error in the server.", headers=headers)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These errors for a route's OpenAPI entry."""
    retry = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return {
        status: {"model": ErrorBody, "description": REFUSALS[status]}
        | ({"headers": retry} if status in (429, 503) else {})
        for status in statuses
    }


def _retry_headers(error: OnsetError) -> dict[str, str]:
    """Headers that tell a client whether and when to ask again; OpenAI's own obey both."""
    if isinstance(error, Unavailable):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    # What the engine could not do once, it cannot do twice.
    return {"x-should-retry": "false"} if status_of(error) == 500 else {}
