"""Incremental text: one side feeds a text while it is written, the other takes what can be spoken.

No word is spoken before it is whole, and none is lost, whatever the pieces that the text comes in.
There is no clock here: the side that feeds says when to `rest`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from threading import Lock

from onset.errors import InvalidRequest
from onset.text.normalize import MOST_SILENCE, spoken_pieces
from onset.text.readings import FlushMarker, Pieces, ReadingQueue, Words
from onset.text.sentence_splitter import BLOCK, Break, TextPiece
from onset.text.stable_prefix import prefix_at_pause, stable_prefix, whole_prefix
from onset.types import Pause, Reading, Silence


class TextStream:
    """A text that is still being written. Any thread may use it.

    limit: most characters of the whole text, which also bounds the queue. lang: its language.
    """

    def __init__(self, limit: int, lang: str = "en-us") -> None:
        self.characters = 0
        self._rewritten: Callable[[str], str] = str
        self._lang, self._limit = lang, limit
        self._lock = Lock()
        self._parts: deque[TextPiece | FlushMarker] = deque()
        self._tail = ""
        self._committed = 0
        self._silence = MOST_SILENCE
        self.ended = False
        self._waiting = True
        self._flushed = False

    def ready(self) -> bool:
        """Whether there is work to do; text that was taken and is not yet spoken counts too."""
        return not self._waiting or bool(self._parts) or self.ended

    def feed(self, text: str) -> None:
        """Append to the text. Raises InvalidRequest if it has ended, or becomes too long."""
        with self._lock:
            if self.ended:
                raise InvalidRequest("The text has ended already.", "delta")
            if self.characters + len(text) > self._limit:
                message = f"The text has more than {self._limit} characters."
                raise InvalidRequest(message, "delta")
            self.characters += len(text)
            inside_word = self._tail[-1:].isalnum() and text.isalnum()
            self._tail += text
            self._flushed = False
            if not inside_word or len(self._tail) > BLOCK:  # letters alone complete no word
                self._commit(stable_prefix(self._tail, self._committed, self._lang))

    def flush(self) -> None:
        """Let everything that came be spoken now: it ends with a whole word."""
        with self._lock:
            self._commit(whole_prefix(self._tail))
            self._mark_flush()

    def rest(self) -> None:
        """Nothing came for a while: let it be spoken, except what may be half a word."""
        with self._lock:
            self._commit(prefix_at_pause(self._tail, self._lang))
            self._mark_flush()

    def end(self) -> None:
        """Complete the text. Calling it again is no error."""
        with self._lock:
            self._commit(TextPiece(self._tail, Break.END))
            self.ended = True

    def readings(self, words: Words, rewritten: Callable[[str], str] = str) -> "StreamedReadings":
        """The readings of the text as it is written. rewritten: as `spoken_pieces`."""
        self._rewritten = rewritten
        return StreamedReadings(self, ReadingQueue(self._pieces(), words))

    def wait(self) -> None:
        """The side that takes has nothing to do until more text comes."""
        self._waiting = True

    def _pieces(self) -> Pieces:
        """Remove the parts that came, in order, and clean them; NEED_TEXT where there is none."""
        while True:
            part: TextPiece | FlushMarker | Pause = Pause.NEED_TEXT
            with self._lock:
                if self._parts:
                    part, self._waiting = self._parts.popleft(), False
                elif self.ended:
                    return
            if isinstance(part, TextPiece):
                yield from self._spoken(part)
            else:
                yield part

    def _spoken(self, part: TextPiece) -> Iterator[TextPiece | Silence]:
        """A part clean; the silences of all parts are MOST_SILENCE together."""
        for piece in spoken_pieces(part.text, self._lang, part.end, self._rewritten):
            if isinstance(piece, Silence):
                piece = Silence(min(piece.seconds, self._silence))
                self._silence -= piece.seconds
            yield piece

    def _mark_flush(self) -> None:
        if self._committed and not (self.ended or self._flushed):
            self._parts.append(FlushMarker())
            self._flushed = True

    def _commit(self, portion: TextPiece | None) -> None:
        """Move a portion from the tail to the parts, joined to the last if nobody has taken it."""
        if portion is None:
            return
        self._tail = self._tail[len(portion.text) :]
        self._committed += len(portion.text)
        last = self._parts[-1] if self._parts else None
        if isinstance(last, TextPiece):
            self._parts[-1] = TextPiece(last.text + portion.text, portion.end)
        elif portion.text:
            self._parts.append(portion)


class StreamedReadings:
    """A ReadingSource on a text that is still being written."""

    def __init__(self, text_stream: TextStream, queue: ReadingQueue) -> None:
        self._text_stream, self._queue = text_stream, queue
        self._starved = False

    def next(self, most: int) -> Reading | Silence | Pause | None:
        if self._starved:  # only now: the consumer may have had work to finish
            self._text_stream.wait()
        reading = self._queue.next(most)
        self._starved = reading is Pause.NEED_TEXT
        return reading
