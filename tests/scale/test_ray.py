"""The app behind Ray Serve's proxy does what it does behind uvicorn. `make test-ray` has Ray."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from types import ModuleType
from typing import Any

import httpx
import psutil
import pytest
import websockets

from asking import LONG, TEXT, body_of, error_of
from fakes import fake_engine, serving
from onset.bench.run.processes import free_port
from onset.config import load_settings
from onset.protocol.http_api import HEALTH_PATH, REQUEST_ID, SPEECH_PATH, STREAM_PATH
from onset.scale.replica_limits import ScaleArguments, deployment_options

pytest.importorskip("ray", reason="Ray is not installed: make test-ray")

pytestmark = pytest.mark.filterwarnings("ignore")  # those of Ray's own

SOON = 30.0
"""Seconds in which a cluster on a loaded machine notices."""


@pytest.fixture(scope="module")
def ray() -> Iterator[ModuleType]:
    """Ray on this machine, with Serve's proxy, ended after the tests."""
    import ray as library  # noqa: PLC0415
    from ray import serve  # noqa: PLC0415

    paths = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]
    library.init(
        num_cpus=2,
        include_dashboard=False,
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(paths)}},
    )
    try:
        yield serve
    finally:
        serve.shutdown()
        library.shutdown()


@pytest.fixture(scope="module")
def url(ray: Any) -> str:
    """Two replicas behind the proxy."""
    port = free_port()
    ray.start(http_options={"port": port})
    deploy(ray)
    return f"http://127.0.0.1:{port}"


def deploy(serve: Any) -> None:
    """Deploy the replicas; returns when they are ready."""
    from onset.scale.ray import speech_app  # noqa: PLC0415
    from ray_replica import slow_app  # noqa: PLC0415

    arguments = ScaleArguments(replicas=2, cores=0.1)
    settings = load_settings({}, drain_timeout=20)
    serve.run(speech_app(slow_app, deployment_options(arguments, 4, settings)))


def ask(url: str, **fields: object) -> httpx.Response:
    return httpx.post(url + SPEECH_PATH, json=body_of(**fields), timeout=60)


@contextmanager
def speaking(url: str, text: str = LONG) -> Iterator[Iterator[bytes]]:
    """The pieces of an answer that has begun; who is refused asks again."""
    deadline = monotonic() + SOON
    while True:
        asked = httpx.stream("POST", url + SPEECH_PATH, json=body_of(input=text), timeout=60)
        with asked as answer:
            if answer.status_code == 200:
                yield answer.iter_raw()
                return
        assert monotonic() < deadline, "they speak for others still"
        sleep(0.2)


def replicas() -> set[int]:
    """The processes of the replicas, by the names that Ray gives them."""
    ours = psutil.Process().children(recursive=True)
    named = {process.pid: process.cmdline()[:1] for process in ours if process.is_running()}
    return {pid for pid, name in named.items() if name and "ServeReplica" in name[0]}


def test_the_audio_is_that_of_the_plain_server(url: str) -> None:
    with serving(fake_engine) as plain:
        expected = httpx.post(plain.url + SPEECH_PATH, json=body_of()).content
    answer = ask(url)
    assert answer.status_code == 200
    assert len(expected) > 24_000
    assert answer.content == expected


def test_an_answer_is_streamed(url: str) -> None:
    """The first bytes come long before the last are made."""
    begin = monotonic()
    with speaking(url) as pieces:
        next(pieces)
        first = monotonic() - begin
        for _ in pieces:
            pass
    assert first < (monotonic() - begin) / 2


def test_an_answer_has_one_request_id(url: str) -> None:
    answer = ask(url)
    assert len(answer.headers.get_list(REQUEST_ID)) == 1
    named = httpx.get(url + HEALTH_PATH, headers={REQUEST_ID: "mine"})
    assert named.headers[REQUEST_ID] == "mine"


async def converse(url: str) -> tuple[Counter[str], int]:
    """Speak over the WebSocket: the messages by type, and the bytes of audio."""
    kinds, heard = Counter[str](), 0
    async with websockets.connect(url.replace("http", "ws") + STREAM_PATH) as socket:
        await socket.send(json.dumps({"type": "text.delta", "delta": TEXT}))
        await socket.send(json.dumps({"type": "text.done"}))
        async with asyncio.timeout(60):
            async for message in socket:
                if isinstance(message, bytes):
                    heard += len(message)
                    continue
                kinds[kind := json.loads(message)["type"]] += 1
                if kind == "speech.done":
                    break
    return kinds, heard


def test_a_websocket_speaks(url: str) -> None:
    kinds, heard = asyncio.run(converse(url))
    assert kinds["session.ready"] == kinds["speech.started"] == kinds["speech.done"] == 1
    assert heard > 24_000


def test_who_leaves_frees_the_engine(url: str) -> None:
    """Texts of minutes fill both engines; when all have left there is room for others at once."""
    with ExitStack() as listeners:
        statuses = Counter[int]()
        while not statuses[429]:
            body = body_of(input=10 * LONG)
            asked = httpx.stream("POST", url + SPEECH_PATH, json=body, timeout=60)
            statuses[listeners.enter_context(asked).status_code] += 1
    assert statuses[200] >= 2
    with speaking(url), speaking(url):
        pass


def test_a_refusal_passes_through(url: str) -> None:
    """Twenty long texts are too many for two slow engines; each is served or told when to ask."""

    async def crowd() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=120) as client:
            asked = (client.post(url + SPEECH_PATH, json=body_of(input=LONG)) for _ in range(20))
            return await asyncio.gather(*asked)

    answers = asyncio.run(crowd())
    assert {answer.status_code for answer in answers} == {200, 429}
    for refused in (answer for answer in answers if answer.status_code == 429):
        assert int(refused.headers["retry-after"]) >= 1
        assert error_of(refused)["type"] == "rate_limit_error"


def test_the_client_of_a_killed_replica_is_told_and_the_next_is_served(url: str) -> None:
    assert len(before := replicas()) == 2
    with speaking(url) as pieces:
        next(pieces)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(httpx.RemoteProtocolError):
            for _ in pieces:
                pass
    deadline = monotonic() + 4 * SOON
    status = None
    while status != 200 and monotonic() < deadline:
        with suppress(httpx.HTTPError):
            status = ask(url).status_code
        sleep(0.5)
    assert status == 200
    assert not replicas() & before


def test_a_replica_that_is_ended_finishes_what_it_speaks(ray: Any, url: str) -> None:
    with speaking(url) as pieces:
        heard = len(next(pieces))
        ending = Thread(target=ray.delete, args=("default",))
        ending.start()
        heard += sum(map(len, pieces))
    ending.join(60)
    assert not ending.is_alive()
    with serving(fake_engine) as plain:
        assert heard == len(httpx.post(plain.url + SPEECH_PATH, json=body_of(input=LONG)).content)
    assert httpx.get(url + HEALTH_PATH).status_code == 404
