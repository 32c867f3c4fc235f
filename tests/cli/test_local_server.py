"""What is at the port of the settings: nothing, our server or another program."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import sleep

import httpx
import pytest

from fakes import fake_engine, serving
from onset.cli import local_server
from onset.cli.local_server import PortOccupant, port_occupant, server_key, server_url
from onset.client import http_client
from onset.config import Settings, load_settings
from onset.engine.engine import Engine
from onset.errors import AssetError
from scripted_server import Finish, Head, Script, Sound, Wait, scripted


@contextmanager
def answering(*body: bytes) -> Iterator[Settings]:
    """Settings of a port where another program answers every request so."""
    with scripted([Head(), *map(Sound, body), Finish()]) as server:
        yield load_settings({}, port=int(server.url.rpartition(":")[2]))


def test_our_server_is_ready_until_it_is_gone() -> None:
    with serving(fake_engine) as server:
        settings = load_settings({}, port=server.port)
        assert port_occupant(settings) is PortOccupant.READY
        everywhere = load_settings({}, port=server.port, host="0.0.0.0")
        assert port_occupant(everywhere) is PortOccupant.READY
    assert port_occupant(settings) is PortOccupant.NONE


def _cannot_load() -> Engine:
    raise AssetError("Damaged.")


def test_a_server_that_cannot_speak_is_not_ready() -> None:
    with serving(_cannot_load, wait=False) as server:
        assert port_occupant(load_settings({}, port=server.port)) is not PortOccupant.READY


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"nonsense",
        b'{"data": [{"id": "kokoro"}]}',
        b'{"data": [{"id": "x", "owned_by": "y"}]}',
    ],
)
def test_another_speech_server_is_not_ours(body: bytes) -> None:
    with answering(body) as settings:
        assert port_occupant(settings) is PortOccupant.OTHER


def test_who_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_server, "ANSWER_TIMEOUT", httpx.Timeout(0.2))
    with scripted([Wait(0.6)]) as server:
        settings = load_settings({}, port=int(server.url.rpartition(":")[2]))
        assert port_occupant(settings) is PortOccupant.OTHER


@pytest.mark.parametrize(
    ("host", "expected"), [("::", "http://[::1]:8880"), ("localhost", "http://localhost:8880")]
)
def test_the_address_is_one_that_can_be_reached(host: str, expected: str) -> None:
    assert server_url(load_settings({}, host=host)) == expected


@pytest.mark.parametrize(("keys", "first"), [("one", "one"), (" , one ,two", "one"), (None, None)])
def test_the_first_key_is_shown(keys: str | None, first: str | None) -> None:
    assert server_key(load_settings({}, api_key=keys)) == first


def test_a_server_with_a_key_is_found() -> None:
    with serving(fake_engine, load_settings({}, port=0, api_key="ключ")) as server:
        assert port_occupant(load_settings({}, port=server.port)) is PortOccupant.READY
        keyed = load_settings({}, port=server.port, api_key="ключ")
        assert port_occupant(keyed) is PortOccupant.READY
    with serving(_cannot_load, load_settings({}, port=0, api_key="k"), wait=False) as server:
        assert port_occupant(load_settings({}, port=server.port)) is not PortOccupant.READY


@pytest.mark.parametrize(
    "body", [b"{}", b'{"status": "ready", "model": "kokoro"}', b"x" * 3_000_000]
)
def test_another_server_with_a_key_is_not_ours_and_is_not_shown_it(body: bytes) -> None:
    refusing: Script = (Head("401 Unauthorized"), Sound(b"No."), Finish())
    with scripted(refusing, (Head(), Sound(body), Finish())) as server:
        settings = load_settings({}, port=int(server.url.rpartition(":")[2]), api_key="secret")
        assert port_occupant(settings) is PortOccupant.OTHER
        assert len(server.heard) == 2
        assert not any(b"secret" in heard.request for heard in server.heard)


@pytest.mark.parametrize("piece", [b"X", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
def test_a_head_that_drips_is_not_waited_for(piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_client, "ERROR_SECONDS", 0.5)
    most, sent = 1000, list[bytes]()

    def drip(one: socket.socket) -> None:
        with one, suppress(OSError):
            if len(piece) == 1:
                one.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while len(sent) < most:
                one.sendall(piece)
                sent.append(piece)
                sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = load_settings({}, port=listening.getsockname()[1])
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(port_occupant, settings)
            listening.accept()[0].close()  # it looks whether anybody is there
            drip(listening.accept()[0])
            assert found.result() is PortOccupant.OTHER
    assert 0 < len(sent) < most


def test_a_page_without_an_end_is_not_read_to_it() -> None:
    with answering(*[b"x" * 1_000_000] * 300) as settings:
        assert port_occupant(settings) is PortOccupant.OTHER
