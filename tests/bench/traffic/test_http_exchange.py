"""One exchange: stamped when it came, whole or refused."""

import asyncio
from collections.abc import Mapping

import pytest

from onset.bench.traffic.http_exchange import Endpoint, exchange, fetch
from onset.errors import ServerError
from scripted_server import Finish, Head, Raw, Script, Sound, Wait, answer, scripted


class Heard:
    """A listener that keeps everything. enough: bytes after which it wants no more."""

    def __init__(self, enough: int = 1 << 30) -> None:
        self.status, self.body, self.times = 0, b"", [0]
        self.headers: Mapping[str, str] = {}
        self._enough = enough

    def connected(self, at_ns: int) -> None:
        self.times.append(at_ns)

    def answered(self, at_ns: int, status: int, headers: Mapping[str, str]) -> None:
        self.times.append(at_ns)
        self.status, self.headers = status, headers

    def received(self, at_ns: int, data: bytes) -> bool:
        self.times.append(at_ns)
        self.body += data
        return len(self.body) < self._enough


def ask(script: Script, heard: Heard, silence: float = 5.0) -> bytes:
    """Play the script to a listener; gives what the server was asked."""

    async def once(url: str) -> None:
        endpoint = await Endpoint.of(url, {"Authorization": "Bearer x"})
        await exchange(endpoint, endpoint.message("/path", {"X-Own": "1"}, b"{}"), heard, silence)

    with scripted(script) as server:
        asyncio.run(once(server.url))
        return server.heard[0].request


def test_a_whole_answer() -> None:
    heard = Heard()
    asked = ask((Head(), Sound(b"one"), Wait(0.01), Sound(b"two"), Finish()), heard)
    assert (heard.status, heard.body) == (200, b"onetwo")
    assert heard.headers["transfer-encoding"] == "chunked"
    assert heard.times == sorted(heard.times)
    assert asked.startswith(b"POST /path HTTP/1.1\r\n")
    assert b"X-Own: 1" in asked and b"Bearer x" in asked and asked.endswith(b"\r\n\r\n{}")


def test_a_body_without_length_ends_with_the_connection() -> None:
    heard = Heard()
    ask((Raw(b"HTTP/1.1 200 OK\r\n\r\nall of it"),), heard)
    assert heard.body == b"all of it"


def test_an_interim_answer_is_passed_over() -> None:
    heard = Heard()
    interim = Raw(b"HTTP/1.1 100 Continue\r\n\r\n")
    ask((interim, *answer(b"done")), heard)
    assert (heard.status, heard.body) == (200, b"done")


def test_enough_ends_it_and_the_server_sees_that() -> None:
    endless = [step for _ in range(500) for step in (Sound(b"x" * 100), Wait(0.002))]
    heard = Heard(enough=1_000)
    ask((Head(), *endless), heard)
    assert 1_000 <= len(heard.body) < 20_000


@pytest.mark.parametrize(
    "script",
    [(Head(), Sound(b"x")), (Head(length=10), Raw(b"short")), (Raw(b"nonsense\r\n\r\n"),), ()],
    ids=["chunked", "length", "nonsense", "nothing"],
)
def test_what_breaks_off_is_an_error(script: Script) -> None:
    with pytest.raises(ServerError):
        ask(script, Heard())


def test_silence_is_not_waited_out() -> None:
    with pytest.raises(ServerError, match=r"Nothing came for 0\.05 s"):
        ask((Head(), Wait(0.5), Finish()), Heard(), silence=0.05)


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://", "http://127.0.0.1:1"])
def test_where_nobody_is(url: str) -> None:
    async def once() -> None:
        await fetch(await Endpoint.of(url), "/health")

    with pytest.raises(ServerError):
        asyncio.run(once())


def test_a_path_in_the_address_is_kept() -> None:
    async def once(url: str) -> bytes:
        return await fetch(await Endpoint.of(f"{url}/prefix/"), "/health")

    with scripted(answer(b"well")) as server:
        assert asyncio.run(once(server.url)) == b"well"
        assert server.heard[0].request.startswith(b"GET /prefix/health HTTP/1.1\r\n")
