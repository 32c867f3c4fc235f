"""Errors as HTTP responses in the shape of OpenAI's API."""

import logging
import math

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Match, Route

from onset.errors import OnsetError, OutOfMemory, Unavailable, lacks_memory
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

    @app.exception_handler(MemoryError)
    @app.exception_handler(ImportError)  # as of a codec that is loaded when it is first asked for
    async def too_large(http: HttpRequest, error: Exception) -> Response:
        if not lacks_memory(error):
            raise error
        return await failed(http, OutOfMemory())

    @app.exception_handler(HTTPException)
    async def refused(http: HttpRequest, error: HTTPException) -> Response:
        message = f"{error.detail}: {http.method} {http.url.path}."
        headers = error.headers
        if error.status_code == 405:  # a path may have several routes, each with its methods
            headers = {"Allow": ", ".join(sorted(_methods(app, http)))}
        return refusal(error.status_code, message, headers=headers)

    @app.exception_handler(Exception)
    async def unforeseen(http: HttpRequest, _: Exception) -> Response:
        # This response is made outside of RequestIds, which would have added the headers.
        headers = id_headers(http.scope["state"])
        return refusal(500, "An unexpected error in the server.", headers=headers)


def _methods(app: FastAPI, http: HttpRequest) -> set[str]:
    """The methods of all routes of the request's path."""
    routes = [route for route in app.routes if isinstance(route, Route)]
    there = [route for route in routes if route.matches(http.scope)[0] is not Match.NONE]
    return {method for route in there for method in route.methods or ()}


def _retry_headers(error: OnsetError) -> dict[str, str]:
    """Headers that tell a client whether and when to ask again; OpenAI's own obey both."""
    if isinstance(error, Unavailable):
        return {"Retry-After": str(math.ceil(error.retry_after))}
    # What the engine could not do once, it cannot do twice.
    return {"x-should-retry": "false"} if status_of(error) == 500 else {}
