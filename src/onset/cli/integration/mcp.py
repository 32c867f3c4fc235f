"""`onset mcp`: speech for agents, as tools of the Model Context Protocol."""

from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Literal

import typer

from onset.config import load_settings
from onset.errors import InvalidRequest

Transport = Literal["stdio", "http"]


def mcp(
    transport: Annotated[
        Transport, typer.Option(help="stdio for an agent that starts this; http to be found.")
    ] = "stdio",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of http, on 127.0.0.1.")] = 8881,
    caller: Annotated[
        str | None, typer.Option(help="Whose voice is kept; the agent's own name if not given.")
    ] = None,
) -> None:
    """Give an agent tools to speak.

    speak, stop, pause, resume, status, keep_voice, voices and performance. The server must run
    (onset serve). The playback daemon is started if it does not.
    """
    if find_spec("mcp") is None:
        raise InvalidRequest("Agents' tools need more packages: pip install 'onset-tts[mcp]'.")
    import_module("onset.cli.integration.mcp_tools").serve_tools(
        load_settings(), transport, port, caller
    )
