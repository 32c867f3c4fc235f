"""Bodies: the bytes of the format, or the same bytes in events."""

import base64
import json

import numpy as np
import pytest

from onset.audio.compressed import ENCODERS, encoder
from onset.audio.encoders import PcmEncoder
from onset.protocol.http_api import ErrorDetail, ResponseFormat, SpeechRequest
from onset.serving.http.speech_body import (
    AudioBody,
    EventStreamBody,
    answer_body,
    is_sse,
    media_type,
)
from onset.types import Chunk

CHUNKS = [
    Chunk(np.linspace(-0.5, 0.5, size, dtype=np.float32), 0, 0, False)
    for size in (1200, 5, 1200, 700)
]
ERROR = ErrorDetail(message="It broke.", type="server_error")


def test_bare_body_is_what_the_encoder_gives() -> None:
    pcm, bare = PcmEncoder(), AudioBody(PcmEncoder())
    assert [bare.feed(chunk) for chunk in CHUNKS] == [pcm.feed(chunk.samples) for chunk in CHUNKS]
    assert bare.finish() == b""


def test_bare_body_has_no_word_for_a_failure() -> None:
    assert AudioBody(PcmEncoder()).fail(ERROR) == b""


def events(data: bytes) -> list[dict[str, object]]:
    *lines, rest = data.split(b"\n\n")
    assert rest == b""
    return [json.loads(line.removeprefix(b"data: ")) for line in lines]


@pytest.mark.parametrize("name", ENCODERS)
def test_deltas_of_events_are_the_bytes_of_the_format(name: ResponseFormat) -> None:
    bare, sse = AudioBody(encoder(name)), EventStreamBody(encoder(name), 7)
    *deltas, done = events(b"".join(map(sse.feed, CHUNKS)) + sse.finish())
    audio = b"".join(base64.b64decode(str(delta["audio"])) for delta in deltas)
    assert audio == b"".join(map(bare.feed, CHUNKS)) + bare.finish()
    usage = {"input_tokens": 7, "output_tokens": 6, "total_tokens": 13}  # 3105 samples
    assert done == {"type": "speech.audio.done", "usage": usage}


def test_no_event_is_empty() -> None:
    waiting = EventStreamBody(encoder("aac"), 1)
    assert waiting.feed(CHUNKS[1]) == b""


def test_failure_is_an_event() -> None:
    (event,) = events(EventStreamBody(PcmEncoder(), 1).fail(ERROR))
    assert event["type"] == "error"
    assert event["error"] == ERROR.model_dump()


@pytest.mark.parametrize(("asked", "expected"), [(None, False), ("audio", False), ("sse", True)])
def test_only_stream_format_decides(asked: str | None, expected: bool) -> None:
    fields = {"input": "Hi", "stream_format": asked, "response_format": "pcm"}
    request = SpeechRequest.model_validate(fields)
    assert is_sse(request) is isinstance(answer_body(request), EventStreamBody) is expected
    assert media_type(request) == ("text/event-stream" if expected else "audio/pcm")
