"""A connection that brings text as it is written and gets speech back, utterance by utterance.

The machine behind the WebSocket (`http/websocket.py`) and Wyoming (`wyoming.py`), which only add
their messages. Reading never waits for speaking, so that a cancel is obeyed at once; every queue
has a size.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Generic, TypeVar

from onset.config import Settings
from onset.errors import Busy, OnsetError
from onset.serving.live_utterance import LiveUtterance
from onset.serving.scheduling.scheduler import Scheduler
from onset.types import Chunk, Request

QUEUED = 8
"""Utterances of one connection that may wait for each other, the one being spoken included."""

IDLE = 600.0
"""Seconds of silence after which a connection is closed; docs/protocol.md says what silence is."""

RETRY_QUEUED = 1.0
"""Seconds after which it is worth asking again where QUEUED wait already."""

Message = TypeVar("Message")


class Conversation(ABC, Generic[Message]):
    """One connection. `run` ends with it, and stops whatever is being spoken."""

    def __init__(self, scheduler: Scheduler, settings: Settings) -> None:
        self._scheduler, self._settings = scheduler, settings
        self._writing: LiveUtterance | None = None  # takes the text that comes
        self._alive: list[LiveUtterance] = []  # being spoken, or waiting for that
        self._waiting: asyncio.Queue[tuple[LiveUtterance, bool]] = asyncio.Queue(QUEUED)
        self._sending = asyncio.Lock()

    @abstractmethod
    async def _receive(self) -> Message | None:
        """The next message; None when the client has left."""

    @abstractmethod
    async def _obey(self, message: Message) -> None:
        """Do what a message asks for. Raises OnsetError for what cannot be done."""

    @abstractmethod
    async def _refuse(self, error: OnsetError, name: str | None = None) -> None:
        """Tell the client of an error. name: of the utterance that ended by it, if one did."""

    @abstractmethod
    async def _utter(
        self, utterance: LiveUtterance, detailed: bool, chunks: AsyncIterator[Chunk]
    ) -> None:
        """Send an utterance, and how it ended. detailed: as given to `_queue`."""

    async def run(self) -> None:
        """Converse until the client leaves. Raises what `_receive` raises."""
        speaking = asyncio.create_task(self._speak())
        try:
            await self._listen()
        finally:
            for utterance in self._alive:
                utterance.cancel()
            speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await speaking

    async def _listen(self) -> None:
        while (message := await self._receive()) is not None:
            try:
                await self._obey(message)
            except OnsetError as error:
                await self._refuse(error)

    def _queue(self, name: str, request: Request, detailed: bool) -> LiveUtterance:
        """A new utterance, spoken after those that wait. Raises OnsetError if it cannot be.

        request: all but its text. detailed: whether the client asked for more than audio.
        """
        lang = self._scheduler.check_manner(request)
        if len(self._alive) >= QUEUED:
            raise Busy(f"{QUEUED} utterances wait already.", RETRY_QUEUED)
        utterance = LiveUtterance(name, request, lang, self._settings)
        self._alive.append(utterance)
        self._waiting.put_nowait((utterance, detailed))
        return utterance

    async def _speak(self) -> None:
        """All utterances, one after the other."""
        while True:
            utterance, detailed = await self._waiting.get()
            try:
                async with aclosing(utterance.chunks(self._scheduler)) as chunks:
                    await self._utter(utterance, detailed, chunks)
            finally:
                self._alive.remove(utterance)
