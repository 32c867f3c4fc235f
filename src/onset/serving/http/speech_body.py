"""The body of a spoken answer: audio bytes alone, or audio in server-sent events."""

import base64
import math
from collections.abc import Sequence

from pydantic import BaseModel

from onset.audio.compressed import DEFAULT_FORMAT, encoder
from onset.audio.encoders import Encoder
from onset.protocol.http_api import (
    EVENT_STREAM,
    MEDIA_TYPES,
    AudioDelta,
    AudioDone,
    ErrorDetail,
    ErrorEvent,
    SpeechRequest,
    Usage,
    WordsEvent,
    WordTime,
)
from onset.types import FRAME_SAMPLES, SAMPLE_RATE, Chunk, SpokenWord


class AudioBody:
    """Turns chunks into bytes. computes: whether that takes too long for an event loop."""

    def __init__(self, encoding: Encoder) -> None:
        self._encoder = encoding
        self.computes = encoding.computes

    def feed(self, chunk: Chunk) -> bytes:
        """The bytes that one more chunk allows to send; may be empty."""
        return self._encoder.feed(chunk.samples)

    def finish(self) -> bytes:
        """The last bytes of an answer that is whole."""
        return self._encoder.finish()

    def fail(self, error: ErrorDetail) -> bytes:
        """The last bytes of one that is not; empty if only closing the connection can tell."""
        return b""


class EventStreamBody(AudioBody):
    """The same bytes in events of OpenAI's shape; the last event says how it ended.

    characters: of the text. timestamps: whether words are sent, before their audio.
    """

    def __init__(self, encoding: Encoder, characters: int, timestamps: bool = False) -> None:
        super().__init__(encoding)
        self._characters, self._timestamps, self._samples = characters, timestamps, 0

    def feed(self, chunk: Chunk) -> bytes:
        self._samples += len(chunk.samples)
        with_words = self._timestamps and chunk.words
        words = _event(WordsEvent(words=word_times(chunk.words))) if with_words else b""
        return words + _delta(super().feed(chunk))

    def finish(self) -> bytes:
        frames = math.ceil(self._samples / FRAME_SAMPLES)
        total = self._characters + frames
        usage = Usage(input_tokens=self._characters, output_tokens=frames, total_tokens=total)
        return _delta(super().finish()) + _event(AudioDone(usage=usage))

    def fail(self, error: ErrorDetail) -> bytes:
        return _event(ErrorEvent(error=error))


def answer_body(request: SpeechRequest) -> AudioBody:
    """The body that a request asks for. Opens its codec: a millisecond, for FLAC five."""
    encoding = encoder(request.response_format)
    if not is_sse(request):
        return AudioBody(encoding)
    return EventStreamBody(encoding, len(request.input), request.timestamps)


def media_type(request: SpeechRequest) -> str:
    """The Content-Type of that body."""
    return (
        EVENT_STREAM if is_sse(request) else MEDIA_TYPES[request.response_format or DEFAULT_FORMAT]
    )


def is_sse(request: SpeechRequest) -> bool:
    """Whether a request asks for events. The model's name and `Accept` do not decide that."""
    return request.stream_format == "sse"


def word_times(words: Sequence[SpokenWord]) -> list[WordTime]:
    """Words as clients see them: their times in seconds."""
    return [
        WordTime(word=w.text, start=w.start / SAMPLE_RATE, end=w.end / SAMPLE_RATE) for w in words
    ]


def _delta(audio: bytes) -> bytes:
    return _event(AudioDelta(audio=base64.b64encode(audio).decode())) if audio else b""


def _event(event: BaseModel) -> bytes:
    return b"data: " + event.model_dump_json().encode() + b"\n\n"
