"""The tools as the Model Context Protocol has them, by its official Python SDK."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from onset import __version__
from onset.cli.integration.speech_tools import SpeechTools
from onset.config import Settings
from onset.errors import OnsetError
from onset.protocol.playback_frames import Action, Policy

Told = TypeVar("Told")

INSTRUCTIONS = (
    "Tools to speak aloud to the person at this machine. Call speak with the words to be heard: a "
    "sentence or two; Markdown is read as a person would, code is announced and not spelled out. "
    "It returns at once and other speech is waited for; when='interrupt' is for what cannot wait."
)


class McpSpeech:
    """The server of the tools. caller: whose voice is kept; None: the client's own name."""

    def __init__(self, settings: Settings, caller: str | None = None) -> None:
        self._settings, self._caller = settings, caller
        self.server = MCPServer(
            "onset", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING"
        )
        tools = (
            self.speak,
            self.stop,
            self.pause,
            self.resume,
            self.status,
            self.keep_voice,
            self.voices,
            self.performance,
        )
        for tool in tools:
            self.server.add_tool(tool)

    async def speak(
        self,
        context: Context,
        text: str,
        when: Policy = "queue",
        voice: str | None = None,
        speed: float = 1.0,
        lang: str | None = None,
    ) -> dict[str, Any]:
        """Say a text aloud, Markdown as a person reads it; returns when it is in the queue.

        when: "queue" waits for other speech, "interrupt" stops it, "refuse" gives up instead.
        voice: a name of `voices`, or a mix as af_heart(2)+am_michael(1). speed: 0.5 to 2.
        """
        return await self._call(context, lambda t: t.speak(text, when, voice, speed, lang))

    async def stop(self, context: Context) -> dict[str, Any]:
        """Fall silent, and forget what waits."""
        return await self._control(context, "stop")

    async def pause(self, context: Context) -> dict[str, Any]:
        """Fall silent, and keep the place."""
        return await self._control(context, "pause")

    async def resume(self, context: Context) -> dict[str, Any]:
        """Go on where it was paused."""
        return await self._control(context, "resume")

    async def status(self, context: Context) -> dict[str, Any]:
        """What is playing, how much waits, the voice kept for you, and whether a server runs."""
        return await self._call(context, SpeechTools.status)

    async def keep_voice(self, context: Context, voice: str | None = None) -> dict[str, Any]:
        """Keep a voice for you, so that people can tell who speaks; without one, forget it."""
        return await self._call(context, lambda tools: tools.keep_voice(voice))

    async def voices(self, context: Context, lang: str | None = None) -> list[dict[str, Any]]:
        """The voices there are, or those of a language such as en-us, fr, ja."""
        return await self._call(context, lambda tools: tools.voices(lang))

    async def performance(self, context: Context) -> dict[str, Any]:
        """How soon speech is heard on this machine, alerts, and what would make it better."""
        return await self._call(context, SpeechTools.performance)

    async def _control(self, context: Context, action: Action) -> dict[str, Any]:
        return await self._call(context, lambda tools: tools.control(action))

    async def _call(self, context: Context, use: Callable[[SpeechTools], Told]) -> Told:
        """Use the tools in a thread: they wait for the daemon. Raises ToolError, which is told."""
        tools = SpeechTools(self._settings, self._caller or client_name(context))
        try:
            return await asyncio.to_thread(partial(use, tools))
        except OnsetError as error:
            raise ToolError(str(error)) from error


def client_name(context: Context) -> str:
    """The name of the agent that calls, as it tells it itself; "agent" if it does not."""
    told = context.session.client_params
    return "agent" if told is None else told.client_info.name[:100]


def serve_tools(settings: Settings, transport: str, port: int, caller: str | None) -> None:
    """Serve until the agent leaves (stdio), or until interrupted (http, at /mcp)."""
    server = McpSpeech(settings, caller).server
    if transport == "stdio":
        server.run("stdio")
    else:
        server.run("streamable-http", host="127.0.0.1", port=port)
