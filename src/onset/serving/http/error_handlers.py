"""Errors as HTTP responses in the shape of OpenAI's API."""

import logging
import math

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset.errors import OnsetError, Unavailable
from onset.serving.error_codes import describe, refusal, status_of, whereabouts
from onset.serving.http.middleware.request_id import id_headers

_log = logging.getLogger("onset.server")


def add_error_handlers(app: FastAPI) -> None:
    """Make every error that leaves `app` a response in OpenAI's shape."""

    @app.exception_handler(OnsetError)
    async def failed(http: HttpRequest, error: OnsetError) -> Response:
        status = status_of(error)
        if status == 500:
            _log.error("Request %s failed: %s", http.state.request_id, whereabouts(error))
        return refusal(status, str(error), describe(error).param, _retry_headers(error))

    @app.exception_handler(HTTPException)
    async def refused(http: HttpRequest, error: HTTPException) -> Response:
        message = f"{error.detail}: {http.method} {http.url.path}."
        return refusal(error.status_code, message, headers=error.headers)

    @app.exception_handler(Exception)
    async def unforeseen(http: HttpRequest, _: Exception) -> Response:
        # This response is made outside of RequestIds, which would have added the headers.
        headers = id_headers(http.scope["state"])
        return refusal(500, "An unexpected error in the server.", headers=headers)


def _retry_headers(error: OnsetError) -> dict[str, str]:
    """Headers that tell a client whether and when to ask again; OpenAI's own obey both."""
    if isinstance(error, Unavailable):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    # What the engine could not do once, it cannot do twice.
    return {"x-should-retry": "false"} if status_of(error) == 500 else {}
