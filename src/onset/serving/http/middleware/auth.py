"""Who may use the server: by which host name, from which web page, with which key.

The host name tells of a page whose own name points to our address (DNS rebinding).
"""

import hmac
import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from onset.config import Settings
from onset.protocol.http_api import HEALTH_PATH, PAGE_PATHS, is_loopback
from onset.serving.error_codes import refusal

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST = re.compile(
    rf"(?:\[(?P<six>[0-9a-f:.]+(?:%[a-z0-9_.-]+)?)\]|(?P<name>{_LABEL}(?:\.{_LABEL})*)\.?)"
    r"(?::\d{0,5})?",
    re.ASCII,
)
"""A Host header in lower case: an IPv6 address in brackets, or a name or IPv4 address; a port."""

OPEN_PATHS = frozenset({HEALTH_PATH, *PAGE_PATHS})
"""Paths that need no key: whoever starts a server must be able to ask whether it is there, and
a browser that opens the page cannot send one. The page has no data."""

EVERY = "*"
"""Stands for every host name, or every origin."""

EXTENSIONS = "extensions"
"""Stands, among the origins, for the pages of every extension that the browser has installed."""

EXTENSION = re.compile(r"(?:chrome|moz|safari-web)-extension://[A-Za-z0-9-]+")
"""The origin of such a page. Firefox and Safari give an extension another one on each machine, so
that it cannot be listed by itself. No page of the web can have such an origin."""


def add_auth(app: FastAPI, settings: Settings) -> None:
    """Refuse unknown host names and origins first, then requests without a key."""
    if settings.api_key is not None:
        app.add_middleware(ApiKeyAuth, keys=settings.api_key.get_secret_value().split(","))
    origins = tuple(origin.lower().rstrip("/") for origin in settings.cors_origins)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_origin_regex=EXTENSION.pattern if EXTENSIONS in origins else None,
            allow_methods=("GET", "POST"),
            allow_headers=(EVERY,),
            expose_headers=(EVERY,),
            allow_private_network=True,  # a listed page may well come from elsewhere
        )
    names = (settings.host, *settings.allowed_hosts)
    app.add_middleware(HostGuard, names=names, origins=origins)


def exposed(settings: Settings) -> str | None:
    """What to warn of when everybody in the network may use the server; None if all is well."""
    if is_loopback(settings.host):
        return None
    port = settings.port if settings.api_key is None else settings.wyoming_port
    if port is None:
        return None
    if settings.api_key is None:
        reason = ", as no key is asked for. Set ONSET_API_KEY, or bind 127.0.0.1."
    else:
        reason = ": Wyoming asks for no key. Keep that port from strangers, or bind 127.0.0.1."
    return f"WARNING: whoever reaches {settings.host}:{port} can use this server{reason}"


class HostGuard:
    """Refuses requests to a host name that is not ours, and from web pages that are not ours.

    names: besides loopback and bare addresses. EVERY in names or origins lets all pass.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], origins: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = None if scope["type"] == "lifespan" else self._reason(Headers(scope=scope))
        if reason is None:
            await self._app(scope, receive, send)
        else:
            await refusal(403, reason)(scope, receive, send)

    def _reason(self, headers: Headers) -> str | None:
        host, origin = headers.get("host"), headers.get("origin")
        # Without a Host header it is no browser that asks, so no page can have tricked it.
        if host is not None and not self._is_ours(host):
            return f"The server is not known as {host!r}: list its names in ONSET_ALLOWED_HOSTS."
        if origin is None or self._may_ask(origin, host):
            return None
        return f"Pages of {origin!r} may not ask: list origins in ONSET_CORS_ORIGINS."

    def _is_ours(self, host: str) -> bool:
        if EVERY in self._names:
            return True
        written = _HOST.fullmatch(host.strip(" \t").lower())
        if written is None:  # what comes before us may read it in another way
            return False
        if written["six"] is not None:
            return _is_address(written["six"], ipaddress.IPv6Address)
        # A bare address is no name that could point elsewhere.
        local = written["name"] == "localhost" or written["name"].endswith(".localhost")
        address = _is_address(written["name"], ipaddress.IPv4Address)
        return local or address or written["name"] in self._names

    def _may_ask(self, origin: str, host: str | None) -> bool:
        if not self._origins.isdisjoint((EVERY, origin.lower())):
            return True
        if EXTENSIONS in self._origins and EXTENSION.fullmatch(origin):
            return True
        try:
            return host is not None and urlsplit(origin).netloc.lower() == host.lower()
        except ValueError:  # it is not a URL
            return False


class ApiKeyAuth:
    """Refuses requests without one of the bearer keys, except for OPEN_PATHS and preflights."""

    def __init__(self, app: ASGIApp, keys: Iterable[str]) -> None:
        self._app = app
        self._keys = [key.strip().encode() for key in keys if key.strip()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in OPEN_PATHS or self._has_key(scope):
            await self._app(scope, receive, send)
            return
        message = "A valid API key is needed: Authorization: Bearer KEY."
        answer = refusal(401, message, headers={"WWW-Authenticate": "Bearer"})
        await answer(scope, receive, send)

    def _has_key(self, scope: Scope) -> bool:
        kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        # Not all white space: of a key in UTF-8 a byte may look like it here.
        given = token.strip(" \t").encode("latin-1")
        # All are compared, each in a time that does not tell how much of it is right.
        matches = [hmac.compare_digest(given, key) for key in self._keys]
        return kind.lower() == "bearer" and any(matches)


def _is_address(text: str, kind: type[ipaddress.IPv4Address] | type[ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
