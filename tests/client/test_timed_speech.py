"""Speech with the times of its words: what comes, in order, and what an answer may not do."""

import base64

import pytest

from fakes import fake_engine, serving
from onset.client.timed_speech import timed_speech
from onset.errors import ServerError
from onset.protocol.http_api import SpeechRequest
from scripted_server import Finish, Head, Reset, Script, Sound, scripted

REQUEST = SpeechRequest(
    input="One two. Three.", response_format="pcm", stream_format="sse", timestamps=True
)
DELTA = b'data: {"type":"speech.audio.delta","audio":"%s"}\n\n' % base64.b64encode(b"\1\0")
DONE = (
    b'data: {"type":"speech.audio.done",'
    b'"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}\n\n'
)


def test_samples_and_words_are_those_of_the_engine() -> None:
    engine = fake_engine()
    with serving(fake_engine) as server:
        parts = list(timed_speech(server.url, REQUEST))
    pcm = b"".join(part for part in parts if isinstance(part, bytes))
    words = [word.word for part in parts if not isinstance(part, bytes) for word in part]
    assert len(pcm) == 2 * len(engine.render("One two. Three."))
    assert words == ["One", "two.", "Three."]


def test_what_the_server_refuses_is_told() -> None:
    with serving(fake_engine) as server, pytest.raises(ServerError, match="400"):
        list(timed_speech(server.url, REQUEST.model_copy(update={"voice": "nobody"})))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ((Head(), Sound(DELTA), Finish()), "broke off"),
        ((Head(), Sound(DELTA), Reset()), "http"),
        ((Head(), Sound(b"data: {}\n\n"), Finish()), "not known"),
        (
            (
                Head(),
                Sound(b'data: {"type":"error","error":{"message":"Full.","type":"x"}}\n\n'),
                Finish(),
            ),
            "Full",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_an_error(script: Script, told: str) -> None:
    with scripted(script) as server, pytest.raises(ServerError, match=told):
        list(timed_speech(server.url, REQUEST))


def test_comments_and_empty_lines_are_passed_over() -> None:
    script = (Head(), Sound(b": hello\n\n" + DELTA + DONE), Finish())
    with scripted(script) as server:
        assert list(timed_speech(server.url, REQUEST)) == [b"\1\0"]
