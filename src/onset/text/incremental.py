"""A text that is still being written: one side feeds it, the other takes what can be spoken.

No word is spoken before it is whole, and none is lost, whatever the pieces that it comes in. It has
no clock: whoever feeds it says when to `rest`. Any thread may use it. Knows nothing of phonemes,
streams or sockets.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Lock
from typing import TypeAlias

from onset.errors import InvalidRequest
from onset.text.normalize import CLOSED, SEPARATORS, TextPiece
from onset.text.segmentation import FlushMarker, segment_pieces
from onset.text.sentence_splitter import BLOCK, Break
from onset.text.stable_prefix import Portion, final, flushed, paused
from onset.types import Pause, Segment, Word

Part: TypeAlias = Portion | FlushMarker


class TextStream:
    """lang: its language. limit: characters it may have in all, which bounds what waits too."""

    def __init__(self, limit: int, lang: str = "en-us") -> None:
        self.characters = 0
        self._lang = lang
        self._limit = limit
        self._lock = Lock()
        self._parts: deque[Part] = deque()
        self._tail = ""
        self._given = 0
        self._ended = False
        self._waiting = True
        self._flushed = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will be fed."""
        return self._ended

    def ready(self) -> bool:
        """Whether there is something to do: what was taken and not yet spoken counts too."""
        return not self._waiting or bool(self._parts) or self._ended

    def wait(self) -> None:
        """Note that nothing can be done until there is more text."""
        self._waiting = True

    def feed(self, text: str) -> None:
        """The text goes on. Raises InvalidRequest if it is over, or has become too long."""
        with self._lock:
            if self._ended:
                raise InvalidRequest("The text has ended already.", "delta")
            if self.characters + len(text) > self._limit:
                message = f"The text has more than {self._limit} characters."
                raise InvalidRequest(message, "delta")
            self.characters += len(text)
            within = self._tail[-1:].isalnum() and text.isalnum()
            self._tail += text
            self._flushed = False
            if not within or len(self._tail) > BLOCK:  # letters alone make no word whole
                self._give(final(self._tail, self._given, self._lang))

    def flush(self) -> None:
        """Speak everything that came, now: it ends with a whole word."""
        with self._lock:
            if self._tail:
                self._give(flushed(self._tail))
            self._gap()

    def rest(self) -> None:
        """Nothing came for a while: speak what came, but for what may be half a word."""
        with self._lock:
            self._give(paused(self._tail, self._lang))
            self._gap()

    def end(self) -> None:
        """The text is whole. More than once is no error."""
        with self._lock:
            self._give(Portion(self._tail, Break.END))
            self._ended = True

    def take(self) -> Iterator[Part | Pause]:
        """Remove the parts that came, in order, until the end; NEED_TEXT where there is none."""
        while True:
            part: Part | Pause = Pause.NEED_TEXT
            with self._lock:
                if self._parts:
                    part, self._waiting = self._parts.popleft(), False
                elif self._ended:
                    return
            yield part

    def _gap(self) -> None:
        if self._given and not (self._ended or self._flushed):
            self._parts.append(FlushMarker())
            self._flushed = True

    def _give(self, portion: Portion | None) -> None:
        """Move a portion from the tail to the parts; text nobody has taken yet becomes one."""
        if portion is None:
            return
        self._tail = self._tail[len(portion.text) :]
        self._given += len(portion.text)
        last = self._parts[-1] if self._parts else None
        if isinstance(last, Portion):
            self._parts[-1] = Portion(last.text + portion.text, portion.end)
        elif portion.text:
            self._parts.append(portion)


def segment_stream(
    stream: TextStream,
    read: Callable[[str], Iterator[TextPiece]],
    words: Callable[[str], tuple[Word, ...]],
) -> Iterator[Segment | Pause]:
    """The segments of a text as it is written, NEED_TEXT where there is too little of it.

    read: as `normalize.pieces`. words: as for `segmentation.segments`.
    """
    for segment in segment_pieces(_pieces(stream, read), words):
        yield segment
        if segment is Pause.NEED_TEXT:  # only now: the consumer may have had work to finish first
            stream.wait()


def _pieces(
    stream: TextStream, read: Callable[[str], Iterator[TextPiece]]
) -> Iterator[TextPiece | FlushMarker | Pause]:
    for part in stream.take():
        if isinstance(part, Portion):
            yield from _ended(read(part.text), part.end)
        else:
            yield part


def _ended(pieces: Iterator[TextPiece], end: Break) -> Iterator[TextPiece]:
    """The pieces of a portion, of which the last ends as the portion does."""
    last = next(pieces, None)
    if last is None:
        return
    for piece in pieces:
        yield last
        last = piece
    closing = end in (Break.LINE, Break.PARAGRAPH) and not CLOSED.search(last.text[-8:])
    text = last.text + "." * closing + SEPARATORS.get(end, "")
    yield replace(last, text=text, end=end)
