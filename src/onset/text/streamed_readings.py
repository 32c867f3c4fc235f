"""The readings of a text that is still being written, each turn in its own voice."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from onset.text.incremental import TextStream
from onset.text.markup.voice_turns import VoiceTurn
from onset.text.normalize import MOST_SILENCE, spoken_pieces
from onset.text.readings import FlushMarker, Pieces, ReadingQueue, WordsOf
from onset.text.sentence_splitter import TextPiece
from onset.types import Pause, Reading, ReadingManner, Request, Silence

Rewriting = Callable[[str], Callable[[str], str]]
"""For a language, what puts the words of lexicons into a raw text."""


def _as_written(lang: str) -> Callable[[str], str]:
    return str


class StreamedReadings:
    """A ReadingSource on a text stream. request: all but its text; lang: the request's.

    A turn ends the utterance before it. The silences of all parts are MOST_SILENCE together.
    """

    def __init__(
        self,
        text_stream: TextStream,
        request: Request,
        lang: str,
        words: WordsOf,
        rewriting: Rewriting = _as_written,
    ) -> None:
        self._text_stream, self._request = text_stream, request
        self._words, self._rewriting = words, rewriting
        self._silence, self._starved = MOST_SILENCE, False
        self._turn: VoiceTurn | None = None  # ends what is being read
        self._manner: ReadingManner | None = None
        self._lang = lang
        self._queue = self._run()

    def next(self, most: int) -> Reading | Silence | Pause | None:
        """As ReadingSource."""
        if self._starved:  # only now: the consumer may have had work to finish
            self._text_stream.wait()
        while (reading := self._queue.next(most)) is None and self._turn is not None:
            self._begin(self._turn)
        self._starved = reading is Pause.NEED_TEXT
        if isinstance(reading, Reading):
            return replace(reading, manner=self._manner)
        return reading

    def _begin(self, turn: VoiceTurn) -> None:
        """Begin what another voice says."""
        self._turn = None
        self._lang = turn.manner.lang or self._lang
        voice = turn.manner.voice or self._request.voice
        self._manner = ReadingManner(voice, self._request.speed)
        self._queue = self._run()

    def _run(self) -> ReadingQueue:
        """The readings up to the next turn."""
        lang = self._lang
        return ReadingQueue(self._pieces(lang), lambda piece: self._words(piece, lang))

    def _pieces(self, lang: str) -> Pieces:
        """The parts that came, in order and clean; NEED_TEXT where there is none."""
        while (part := self._text_stream.take()) is not None:
            if isinstance(part, TextPiece):
                yield from self._spoken(part, lang)
            elif isinstance(part, VoiceTurn):
                self._turn = part
                yield FlushMarker(part.before)
                return
            else:
                yield part

    def _spoken(self, part: TextPiece, lang: str) -> Iterator[TextPiece | Silence]:
        for piece in spoken_pieces(part.text, lang, part.end, self._rewriting(lang)):
            if isinstance(piece, Silence):
                piece = Silence(min(piece.seconds, self._silence))
                self._silence -= piece.seconds
            yield piece
