"""A burst of requests is begun in turns: what comes behind it is not held up."""

import asyncio

from starlette.types import Message, Receive, Scope, Send

from onset.serving.http.middleware.request_turns import PASSES, RequestTurns


async def nothing() -> Message:
    raise AssertionError("nothing is to be received")


async def nowhere(message: Message) -> None:
    raise AssertionError("nothing is to be sent")


def begun(*paths: str) -> list[str]:
    """In which order the app saw requests that came at once."""
    seen = list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])

    async def all_at_once() -> None:
        turns = RequestTurns(app)
        scopes = ({"type": "http", "path": path} for path in paths)
        await asyncio.gather(*(turns(scope, nothing, nowhere) for scope in scopes))

    asyncio.run(all_at_once())
    return seen


def test_requests_begin_in_the_order_they_came() -> None:
    assert begun("/a", "/b", "/c", "/d") == ["/a", "/b", "/c", "/d"]


def test_health_waits_for_nobody() -> None:
    assert begun("/a", "/b", "/c", "/health")[:2] == ["/a", "/health"]


def test_who_gives_up_takes_no_turn() -> None:
    seen = list[str]()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])

    async def one_leaves() -> None:
        turns = RequestTurns(app)
        tasks = [
            asyncio.create_task(turns({"type": "http", "path": path}, nothing, nowhere))
            for path in "abc"
        ]
        await asyncio.sleep(0)
        tasks[1].cancel()
        for _ in range(PASSES + 3):
            await asyncio.sleep(0)

    asyncio.run(one_leaves())
    assert seen == ["a", "c"]
