"""The body of an answer: the bytes of its format alone, or as server-sent events.

Knows nothing of requests, of headers, or of who listens.
"""

import base64
import math
from abc import ABC, abstractmethod
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


class AnswerBody(ABC):
    """What is sent for the chunks of one answer.

    computes: whether `feed` and `finish` take so long that an event loop should not do them.
    """

    computes: bool

    @abstractmethod
    def feed(self, chunk: Chunk) -> bytes:
        """What can be sent now that there is one more chunk; may be empty."""

    @abstractmethod
    def finish(self) -> bytes:
        """The last bytes of an answer that is whole."""

    @abstractmethod
    def fail(self, error: ErrorDetail) -> bytes:
        """The last bytes of one that is not; empty if only breaking off can tell."""


class AudioBody(AnswerBody):
    """The bytes of the format."""

    def __init__(self, encoding: Encoder) -> None:
        self._encoder = encoding
        self.computes = encoding.computes

    def feed(self, chunk: Chunk) -> bytes:
        """As the encoder."""
        return self._encoder.feed(chunk.samples)

    def finish(self) -> bytes:
        """As the encoder."""
        return self._encoder.finish()

    def fail(self, error: ErrorDetail) -> bytes:
        """Nothing: no format has a word for it."""
        return b""


class EventStreamBody(AnswerBody):
    """The same bytes in events, as OpenAI writes them; a last one says how it ended.

    characters: of the text, to be told in the end. timestamps: whether words and their times are
    sent, before their audio.
    """

    def __init__(self, encoding: Encoder, characters: int, timestamps: bool = False) -> None:
        self._encoder, self._characters = encoding, characters
        self._timestamps = timestamps
        self._samples = 0
        self.computes = encoding.computes

    def feed(self, chunk: Chunk) -> bytes:
        """An event with what the encoder gives, if it does."""
        self._samples += len(chunk.samples)
        told = self._timestamps and chunk.words
        words = _event(WordsEvent(words=word_times(chunk.words))) if told else b""
        return words + _delta(self._encoder.feed(chunk.samples))

    def finish(self) -> bytes:
        """The rest, and that it is whole."""
        spoken = math.ceil(self._samples / FRAME_SAMPLES)
        usage = Usage(
            input_tokens=self._characters,
            output_tokens=spoken,
            total_tokens=self._characters + spoken,
        )
        return _delta(self._encoder.finish()) + _event(AudioDone(usage=usage))

    def fail(self, error: ErrorDetail) -> bytes:
        """An event that tells."""
        return _event(ErrorEvent(error=error))


def body(asked: SpeechRequest) -> AnswerBody:
    """The body that a request asks for. Opens its codec: a millisecond, for FLAC five."""
    encoding = encoder(asked.response_format)
    return (
        EventStreamBody(encoding, len(asked.input), asked.timestamps)
        if is_sse(asked)
        else AudioBody(encoding)
    )


def media_type(asked: SpeechRequest) -> str:
    """The Content-Type of that body."""
    return EVENT_STREAM if is_sse(asked) else MEDIA_TYPES[asked.response_format or DEFAULT_FORMAT]


def is_sse(asked: SpeechRequest) -> bool:
    """Whether a request asks for events. The model's name and `Accept` do not decide that."""
    return asked.stream_format == "sse"


def word_times(words: Sequence[SpokenWord]) -> list[WordTime]:
    """Words as clients see them: their times in seconds."""
    return [
        WordTime(word=w.text, start=w.start / SAMPLE_RATE, end=w.end / SAMPLE_RATE) for w in words
    ]


def _delta(audio: bytes) -> bytes:
    return _event(AudioDelta(audio=base64.b64encode(audio).decode())) if audio else b""


def _event(event: BaseModel) -> bytes:
    return b"data: " + event.model_dump_json().encode() + b"\n\n"
