"""The body of a spoken answer: audio bytes alone, or audio in server-sent events."""

import base64
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pydantic import BaseModel

from onset.audio.compressed import DEFAULT_FORMAT, encoder
from onset.audio.encoders import Encoder
from onset.engine.dsp import limit
from onset.errors import InvalidRequest
from onset.protocol.compatible_api import (
    CAPTIONS_TYPE,
    CaptionedSpeech,
    CaptionedSpeechRequest,
    CaptionedWord,
)
from onset.protocol.http_api import (
    EVENT_STREAM,
    MEDIA_TYPES,
    AudioDelta,
    AudioDone,
    ErrorDetail,
    ErrorEvent,
    MarksEvent,
    MarkTime,
    SpeechRequest,
    Usage,
    WordsEvent,
    WordTime,
)
from onset.protocol.wav import wav_header
from onset.types import FRAME_SAMPLES, SAMPLE_RATE, Chunk, SpokenWord

LARGEST_WHOLE = 128 << 20
"""Bytes of an answer that is sent when it is whole: 46 minutes of PCM, three hours of MP3."""


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
        told = b""
        if self._timestamps and (words := word_times(chunk.words)):
            told += _event(WordsEvent(words=words))
        if self._timestamps and (marks := mark_times(chunk.words)):
            told += _event(MarksEvent(marks=marks))
        return told + _delta(super().feed(chunk))

    def finish(self) -> bytes:
        frames = math.ceil(self._samples / FRAME_SAMPLES)
        total = self._characters + frames
        usage = Usage(input_tokens=self._characters, output_tokens=frames, total_tokens=total)
        return _delta(super().finish()) + _event(AudioDone(usage=usage))

    def fail(self, error: ErrorDetail) -> bytes:
        return _event(ErrorEvent(error=error))


class CaptionBody(AudioBody):
    """The same bytes with the words they speak, a JSON object a line, as Kokoro-FastAPI sends them.

    media: the Content-Type of the audio. timestamps: whether words are told.
    """

    def __init__(self, encoding: Encoder, media: str, timestamps: bool) -> None:
        super().__init__(encoding)
        self._media, self._timestamps = media, timestamps
        self._words: list[SpokenWord] = []

    def feed(self, chunk: Chunk) -> bytes:
        self._words += chunk.words if self._timestamps else ()
        return self._line(super().feed(chunk))

    def finish(self) -> bytes:
        return self._line(super().finish(), last=True)

    def _line(self, audio: bytes, last: bool = False) -> bytes:
        """What came, unless there is no audio yet: then its words wait for it."""
        if not audio and not (last and self._words):
            return b""
        words, self._words = self._words, []
        return captions(audio, self._media, words) + b"\n"


class WholeBody(AudioBody):
    """Bytes that are kept until the answer is whole, so that their number is known.

    wav: put a header before them that tells it. words: those of the answer so far.
    """

    def __init__(self, encoding: Encoder, wav: bool = False) -> None:
        super().__init__(encoding)
        self._wav, self._audio = wav, bytearray()
        self.words: list[SpokenWord] = []

    def feed(self, chunk: Chunk) -> bytes:
        """Nothing yet. Raises InvalidRequest for an answer that is too long to be kept."""
        self.words += chunk.words
        self._audio += super().feed(chunk)
        if len(self._audio) > LARGEST_WHOLE:
            limit_mib = LARGEST_WHOLE >> 20
            message = (
                f"The answer is larger than {limit_mib} MiB: leave out stream, or ask for mp3."
            )
            raise InvalidRequest(message, "stream")
        return b""

    def finish(self) -> bytes:
        self._audio += super().finish()
        header = wav_header(size=len(self._audio)) if self._wav else b""
        return header + bytes(self._audio)


class WholeCaptionBody(WholeBody):
    """The whole answer and its words as one JSON object."""

    def __init__(self, encoding: Encoder, wav: bool, media: str, timestamps: bool) -> None:
        super().__init__(encoding, wav)
        self._media, self._timestamps = media, timestamps

    def finish(self) -> bytes:
        return captions(super().finish(), self._media, self.words if self._timestamps else ())


def captions(audio: bytes, media: str, words: Sequence[SpokenWord]) -> bytes:
    """Audio and words in Kokoro-FastAPI's shape."""
    told = [
        CaptionedWord(word=word.word, start_time=word.start, end_time=word.end)
        for word in word_times(words)
    ]
    encoded = base64.b64encode(audio).decode()
    answer = CaptionedSpeech(audio=encoded, audio_format=media, timestamps=told)
    return answer.model_dump_json().encode()


def amplified(chunk: Chunk, factor: float) -> Chunk:
    """A chunk `factor` times as loud; what would be cut flat is bent by the limiter."""
    if factor == 1.0:
        return chunk
    return replace(chunk, samples=limit(chunk.samples * np.float32(factor)))


def answer_body(request: SpeechRequest) -> AudioBody:
    """The body that a request asks for. Opens its codec: a millisecond, for FLAC five."""
    if request.whole:
        return _whole_body(request)
    encoding = encoder(request.response_format)
    if isinstance(request, CaptionedSpeechRequest):
        return CaptionBody(encoding, _audio_type(request), request.return_timestamps is not False)
    if is_sse(request):
        return EventStreamBody(encoding, len(request.input), request.timestamps)
    return AudioBody(encoding)


def _whole_body(request: SpeechRequest) -> WholeBody:
    wav = request.response_format == "wav"
    encoding = encoder("pcm" if wav else request.response_format)
    if isinstance(request, CaptionedSpeechRequest):
        timestamps = request.return_timestamps is not False
        return WholeCaptionBody(encoding, wav, _audio_type(request), timestamps)
    return WholeBody(encoding, wav)


def media_type(request: SpeechRequest) -> str:
    """The Content-Type of that body."""
    if isinstance(request, CaptionedSpeechRequest):
        return CAPTIONS_TYPE
    return EVENT_STREAM if is_sse(request) else _audio_type(request)


def _audio_type(request: SpeechRequest) -> str:
    return MEDIA_TYPES[request.response_format or DEFAULT_FORMAT]


def is_sse(request: SpeechRequest) -> bool:
    """Whether a request asks for events. The model's name and `Accept` do not decide that."""
    return request.stream_format == "sse" and not isinstance(request, CaptionedSpeechRequest)


def mark_times(words: Sequence[SpokenWord]) -> list[MarkTime]:
    """The marks that are reached with words, in seconds."""
    return [
        MarkTime(mark=mark, time=word.start / SAMPLE_RATE) for word in words for mark in word.marks
    ]


def word_times(words: Sequence[SpokenWord]) -> list[WordTime]:
    """Words as clients see them: their times in seconds."""
    return [
        WordTime(word=w.text, start=w.start / SAMPLE_RATE, end=w.end / SAMPLE_RATE)
        for w in words
        if w.text
    ]


def _delta(audio: bytes) -> bytes:
    return _event(AudioDelta(audio=base64.b64encode(audio).decode())) if audio else b""


def _event(event: BaseModel) -> bytes:
    return b"data: " + event.model_dump_json().encode() + b"\n\n"
