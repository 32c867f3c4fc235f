"""The server that runs where the settings say: its address, and whether it is one of ours."""

import socket
from enum import Enum

import httpx
from pydantic import ValidationError

from onset.client.http_client import health, page
from onset.config import Settings
from onset.errors import ServerError
from onset.protocol.http_api import MODELS_PATH, Health, ModelInfo, ModelList

CONNECT_SECONDS = 0.1
"""Longest wait for a connection: on this machine it is made, or refused, at once."""

ANSWER_TIMEOUT = httpx.Timeout(1.0)
"""The longest wait for an answer: a server that computes on all cores needs tens of
milliseconds."""

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
    try:
        ours = _is_ours(address)
    except ServerError as error:
        if error.status != 401:  # one with a key says only how it is
            return PortOccupant.OTHER
        return _guarded(address)
    if not ours:
        return PortOccupant.OTHER
    try:
        health(address)
    except ServerError:
        return PortOccupant.LOADING
    return PortOccupant.READY


def _is_ours(address: str) -> bool:
    """Other speech servers use the same port and paths, but not all of our fields.

    Raises ServerError where it refuses, or does not answer.
    """
    try:
        models = ModelList.model_validate_json(page(address, MODELS_PATH, ANSWER_TIMEOUT))
    except ValidationError:
        return False
    return any(m.owned_by == OWNER and "owned_by" in m.model_fields_set for m in models.data)


def _guarded(address: str) -> PortOccupant:
    """What wants a key, which is not shown to a stranger: what a server of ours tells without."""
    try:
        known = health(address).model_fields_set
    except ServerError as error:
        return PortOccupant.LOADING if error.status == 503 else PortOccupant.OTHER
    return PortOccupant.READY if known >= set(Health.model_fields) else PortOccupant.OTHER
