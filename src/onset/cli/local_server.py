"""The server that runs where the settings say: its address, and whether it is one of ours."""

import socket
from enum import Enum

import httpx
from pydantic import ValidationError

from onset.client.http_client import health
from onset.config import Settings
from onset.errors import ServerError
from onset.protocol.http_api import MODELS_PATH, ModelInfo, ModelList

CONNECT_SECONDS = 0.1
"""Longest wait for a connection: on this machine it is made, or refused, at once."""

ANSWER_SECONDS = 1.0
"""Longest wait for an answer: a server that computes on all cores needs tens of milliseconds."""

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Addresses that servers bind to be reached from everywhere, and where each is from here."""

OWNER = ModelInfo.model_fields["owned_by"].default


class PortOccupant(Enum):
    """What there is at an address, in words for people."""

    NONE = "free"
    LOADING = "our server, not ready yet"
    READY = "our server"
    OTHER = "another program"


def server_url(settings: Settings) -> str:
    """Where a client on this machine finds the server of these settings."""
    host = WILDCARDS.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def server_key(settings: Settings) -> str | None:
    """The first of the keys that the server asks for, None if it asks for none."""
    keys = "" if settings.api_key is None else settings.api_key.get_secret_value()
    return next((key.strip() for key in keys.split(",") if key.strip()), None)


def port_occupant(settings: Settings) -> PortOccupant:
    """What is at `server_url(settings)`. If nothing is, it takes at most CONNECT_SECONDS."""
    host = WILDCARDS.get(settings.host, settings.host)
    try:
        socket.create_connection((host, settings.port), CONNECT_SECONDS).close()
    except OSError:
        return PortOccupant.NONE
    address = server_url(settings)
    if not _is_ours(address):
        return PortOccupant.OTHER
    try:
        health(address)
    except ServerError:
        return PortOccupant.LOADING
    return PortOccupant.READY


def _is_ours(address: str) -> bool:
    """Other speech servers use the same port and paths, but not all of our fields."""
    try:
        # Without the environment's proxies, which cannot reach this machine, and without
        # certificates, which take 30 ms to load.
        url = address + MODELS_PATH
        answer = httpx.get(url, timeout=ANSWER_SECONDS, trust_env=False, verify=False)
        models = ModelList.model_validate_json(answer.content)
    except (httpx.HTTPError, ValidationError):
        return False
    return any(m.owned_by == OWNER and "owned_by" in m.model_fields_set for m in models.data)
