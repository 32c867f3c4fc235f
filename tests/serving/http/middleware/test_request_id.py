"""Every request has a name, and every answer says which and how long it took."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from asking import http
from fakes import fake_engine, serving
from onset.protocol.http_api import HEALTH_PATH, PROCESSING, REQUEST_ID
from onset.serving.http.middleware.request_id import RequestIds


def test_request_id_is_the_clients_own_if_decent() -> None:
    with serving(fake_engine) as server:

        def answered(name: str) -> str:
            headers = {REQUEST_ID: name}
            return http.get(server.url + HEALTH_PATH, headers=headers).headers[REQUEST_ID]

        assert answered("abc-1.2_3") == "abc-1.2_3"
        assert len(answered("not decent")) == 32
        assert len(answered("a" * 65)) == 32
        assert answered("") != answered("")


def test_time_is_that_until_the_answer_began() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.05)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        raise AssertionError("nobody reads the body")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": []}
    asyncio.run(RequestIds(slow)(scope, receive, send))
    headers = {name.decode().lower(): value for name, value in sent[0]["headers"]}
    assert 50 <= int(headers[PROCESSING]) < 5000
    assert headers[REQUEST_ID.lower()]


def test_what_is_not_http_passes() -> None:
    passed: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope)

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    asyncio.run(RequestIds(app)({"type": "lifespan"}, receive, send))
    assert passed == [{"type": "lifespan"}]
