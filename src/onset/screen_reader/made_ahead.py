"""Speech that is made in a thread of its own while what came before is being written.

Else an engine would wait for the server, which reads no faster than it plays.
"""

from collections.abc import Iterator
from queue import Empty, Full, Queue
from threading import Thread
from typing import TypeAlias

from onset.errors import Halted, OnsetError
from onset.screen_reader.speech_source import SpeechPiece, SpeechSource
from onset.types import Halt, Request

AHEAD = 600
"""Pieces of 50 ms that are made before they are wanted: thirty seconds, as a server's streams."""

WAIT = 0.02
"""Seconds between two looks whether speech is wanted still, where nothing else wakes a thread."""

_Item: TypeAlias = SpeechPiece | OnsetError | None


def made_ahead(source: SpeechSource, request: Request, halt: Halt) -> Iterator[SpeechPiece]:
    """The speech of a request. Raises what the source raises, Halted. Leaving stops the work."""
    queue: Queue[_Item] = Queue(AHEAD)
    own = Halt()
    halt.attach(own.set)
    maker = Thread(target=_make, args=(source, request, own, queue), name="onset-make")
    maker.start()
    try:
        while (item := _taken(queue, own)) is not None:
            if isinstance(item, OnsetError):
                raise item
            yield item
    finally:
        halt.detach(own.set)
        own.set()
        maker.join()


def _make(source: SpeechSource, request: Request, halt: Halt, queue: Queue[_Item]) -> None:
    last: OnsetError | None = None
    try:
        for piece in source.speak(request, halt):
            _put(queue, piece, halt)
    except OnsetError as error:
        last = error
    while not halt.is_set:
        try:
            queue.put(last, timeout=WAIT)
        except Full:
            continue
        return


def _put(queue: Queue[_Item], item: SpeechPiece, halt: Halt) -> None:
    while not halt.is_set:
        try:
            return queue.put(item, timeout=WAIT)
        except Full:
            pass
    raise Halted("It was stopped.")


def _taken(queue: Queue[_Item], halt: Halt) -> _Item:
    while not halt.is_set:
        try:
            return queue.get(timeout=WAIT)
        except Empty:
            pass
    raise Halted("It was stopped.")
