"""The tools of agents by the official MCP client, over both transports."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import Implementation

from command_line import daemon, process
from fakes import HaltableBackend, eventually, fake_engine, serving
from processes import killed_at_the_end

TOOLS = "speak stop pause resume status keep_voice voices performance".split()
ME = Implementation(name="test agent", version="1")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with (
        serving(lambda: fake_engine(backend=HaltableBackend(0.005))) as server,
        daemon(tmp_path_factory.mktemp("mcp") / "run") as found,
    ):
        yield found | {"ONSET_PORT": str(server.port)}


async def used(client: AbstractAsyncContextManager[Any]) -> dict[str, Any]:
    """Everything a client may do, and what came of it."""
    told = dict[str, Any]()
    async with client as agent:
        told["tools"] = [tool.name for tool in (await agent.list_tools()).tools]

        async def call(name: str, **arguments: object) -> Any:
            answer = await agent.call_tool(name, arguments)
            return answer.content[0].text if answer.is_error else answer.structured_content

        told["voice"] = await call("keep_voice", voice="bf_emma")
        told["queued"] = await call("speak", text="Many words to be heard. " * 20)
        told["next"] = await call("speak", text="And then, `code`.")
        told["paused"] = await call("pause")
        told["status"] = await call("status")
        told["resumed"] = await call("resume")
        told["stopped"] = await call("stop")
        told["voices"] = await call("voices", lang="fr")
        told["performance"] = await call("performance")
        told["refused"] = await call("speak", text="a", voice="nobody")
    return told


def check(told: dict[str, Any]) -> None:
    assert told["tools"] == TOOLS
    assert told["voice"] == {"caller": "test agent", "voice": "bf_emma"}
    assert told["queued"]["queued"] and told["next"]["ahead"] == 1
    assert told["paused"]["state"] == "paused" and told["status"]["waiting"] == 1
    assert told["status"]["voice"] == "bf_emma"
    assert told["resumed"]["state"] == "playing" and told["stopped"]["waiting"] == 0
    assert [voice["id"] for voice in told["voices"]["result"]] == ["ff_siwis"]
    assert told["performance"]["ready"] is True
    assert "Choices" in told["refused"]


def test_over_standard_input_and_output(environment: dict[str, str]) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "onset", "mcp"], env={**os.environ, **environment}
    )
    check(asyncio.run(used(Client(stdio_client(server), client_info=ME))))


def test_over_http(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    arguments = ("mcp", "--transport", "http", "--port", str(port))
    with killed_at_the_end(process(*arguments, **environment)) as running:

        def listens() -> bool:
            assert running.poll() is None
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        eventually(listens, 30)
        check(asyncio.run(used(Client(f"http://127.0.0.1:{port}/mcp", client_info=ME))))
