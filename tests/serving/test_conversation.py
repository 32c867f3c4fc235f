"""What every conversation keeps, whatever its messages: order, limits and its end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from fakes import HaltableBackend, eventually, fake_engine, scheduling
from onset.config import load_settings
from onset.errors import Halted, InvalidRequest, OnsetError
from onset.monitoring.answer_record import AnswerListener, AnswerRecord
from onset.serving.conversation import QUEUED, Conversation, LiveUtterance
from onset.serving.scheduling.scheduler import Scheduler
from onset.types import Chunk, Request
from speaking import TEXT, soon

SETTINGS = load_settings({}, max_characters=400)


class Lines(Conversation[str]):
    """The simplest encoding: a message is a text to speak, "cancel" or "bad".

    returning: seconds until who sent a line has the processor again; the client has it by then.
    """

    returning = 0.0

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler, SETTINGS)
        self.arriving: asyncio.Queue[str | None] = asyncio.Queue()
        self.sent: list[str] = []
        self._count = 0

    async def until(self, line: str) -> None:
        while line not in self.sent:
            await asyncio.sleep(0.001)

    async def _receive(self) -> str | None:
        return await self.arriving.get()

    async def _obey(self, message: str) -> None:
        if message == "bad":
            raise InvalidRequest("Not like that.")
        if message == "cancel":
            for utterance in self._alive:
                utterance.cancel()
            return
        self._count += 1
        self._queue(str(self._count), Request(""), detailed=False).say(message)

    async def _utter(self, utterance: LiveUtterance, chunks: AsyncIterator[Chunk]) -> None:
        try:
            async for chunk in chunks:
                await self._send(f"{utterance.name} {chunk.position}")
        except Halted:
            await self._send(f"{utterance.name} cancelled")
        else:
            await self._send(f"{utterance.name} done")

    async def _refuse(self, error: OnsetError, name: str | None = None) -> None:
        await self._send(str(error))

    async def _send(self, line: str) -> None:
        async with self._sending:
            self.sent.append(line)
            await asyncio.sleep(self.returning)


def conversing(
    client: Callable[[Lines], Coroutine[Any, Any, None]],
    delay: float = 0.001,
    returning: float = 0.0,
    hear: AnswerListener = lambda _: None,
) -> Lines:
    """A conversation after its client has left, and the engine has put its streams away."""

    async def run(scheduler: Scheduler) -> Lines:
        lines = Lines(scheduler)
        lines.returning = returning
        scheduler.answers.listeners.append(hear)
        running = asyncio.create_task(lines.run())
        await client(lines)
        lines.arriving.put_nowait(None)
        await running
        return lines

    with scheduling(fake_engine(backend=HaltableBackend(delay), settings=SETTINGS)) as scheduler:
        lines: Lines = soon(run(scheduler))
        eventually(lambda: scheduler.active == 0)
    return lines


def test_utterances_are_spoken_one_after_another_in_their_order() -> None:
    async def client(lines: Lines) -> None:
        for _ in range(3):
            lines.arriving.put_nowait(TEXT)
        await lines.until("3 done")

    names = [line.split()[0] for line in conversing(client).sent]
    assert names == sorted(names) and set(names) == {"1", "2", "3"}


def test_audio_counts_from_when_handing_it_over_begins() -> None:
    records, returning = list[AnswerRecord](), 0.3

    async def client(lines: Lines) -> None:
        lines.arriving.put_nowait("Yes.")
        await lines.until("1 done")

    conversing(client, returning=returning, hear=records.append)
    (record,) = records
    assert record.first_audio is not None and record.ttfa is not None
    assert record.lasted > returning > record.ttfa >= record.first_audio


def test_a_message_is_obeyed_while_an_utterance_is_spoken() -> None:
    async def client(lines: Lines) -> None:
        lines.arriving.put_nowait(TEXT)
        await asyncio.sleep(0.05)
        lines.arriving.put_nowait("cancel")
        await lines.until("1 cancelled")

    assert conversing(client, delay=30).sent == ["1 cancelled"]


def test_what_is_refused_ends_neither_speech_nor_connection() -> None:
    async def client(lines: Lines) -> None:
        for message in (TEXT, "bad", TEXT):
            lines.arriving.put_nowait(message)
        await lines.until("2 done")

    sent = conversing(client).sent
    assert {"Not like that.", "1 done", "2 done"} <= set(sent)


def test_only_so_many_may_wait() -> None:
    async def client(lines: Lines) -> None:
        for _ in range(QUEUED + 1):
            lines.arriving.put_nowait(TEXT)
        await lines.until(f"{QUEUED} utterances wait already.")

    assert len(conversing(client, delay=30).sent) == 1


def test_leaving_stops_what_is_spoken_and_what_waits() -> None:
    async def client(lines: Lines) -> None:
        lines.arriving.put_nowait(TEXT)
        lines.arriving.put_nowait(TEXT)
        await asyncio.sleep(0.05)

    assert "1 done" not in conversing(client, delay=30).sent
