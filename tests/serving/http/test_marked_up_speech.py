"""Over HTTP: SSML, reading modes and pronunciations, and marks among the events."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from asking import ask, error_of
from fakes import Running, fake_engine, serving
from onset.config import load_settings

SMALL = load_settings({}, port=0)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(fake_engine, SMALL) as running:
        yield running


def spoken(server: Running, **fields: Any) -> list[dict[str, Any]]:
    """The events of an answer, without audio."""
    response = ask(server, stream_format="sse", timestamps=True, **fields)
    assert response.status_code == 200, response.text
    events = [json.loads(line[6:]) for line in response.text.splitlines() if line]
    return [event for event in events if event["type"] != "speech.audio.delta"]


def words_of(events: list[dict[str, Any]]) -> list[str]:
    return [word["word"] for event in events for word in event.get("words", ())]


def test_ssml_is_spoken_and_its_marks_are_told(server: Running) -> None:
    document = '<speak>One <break time="1s"/><mark name="m1"/>two <mark name="m2"/>three.</speak>'
    events = spoken(server, input=document, input_type="ssml")
    assert words_of(events) == ["One,", "two", "three."]
    marks = [mark for event in events for mark in event.get("marks", ())]
    words = [word for event in events for word in event.get("words", ())]
    assert [(mark["mark"], mark["time"]) for mark in marks] == [
        ("m1", words[1]["start"]),
        ("m2", words[2]["start"]),
    ]
    assert words[1]["start"] >= words[0]["end"] + 0.9


def test_a_document_is_known_by_its_speak_and_ends_with_its_last_mark(server: Running) -> None:
    events = spoken(server, input='<speak>One.<mark name="end"/></speak>')
    assert words_of(events) == ["One."]
    (mark,) = [mark for event in events for mark in event.get("marks", ())]
    (word,) = [word for event in events for word in event.get("words", ())]
    assert mark["mark"] == "end" and mark["time"] >= word["end"]


def test_a_dialogue_is_spoken_in_its_voices(server: Running) -> None:
    dialogue = "[voice:af_heart] One. [voice:am_michael] Two."
    assert words_of(spoken(server, input=dialogue)) == ["One.", "Two."]


def test_the_same_as_text_is_read_with_its_marks(server: Running) -> None:
    assert "break" in " ".join(words_of(spoken(server, input="<speakx>a break</speakx>")))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"input": "# A *b*\n\n```\nx\n```", "reading": "markdown"},
         ["A", "b.", "Code", "block,", "one", "line."]),
        ({"input": "```\nx\n```", "reading": "markdown", "code_blocks": "read"}, ["x."]),
        ({"input": "a_b", "reading": "code"}, ["a", "b."]),
        ({"input": "nginx is up", "pronunciations": {"nginx": "engine x"}},
         ["engine", "x", "is", "up"]),
    ],
)  # fmt: skip
def test_what_a_text_is_decides_what_is_said(
    server: Running, fields: dict[str, Any], words: list[str]
) -> None:
    assert words_of(spoken(server, **fields)) == words


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": "<speak>a & b</speak>", "input_type": "ssml"}, "input"),
        ({"input": "<speak><audio/></speak>", "input_type": "ssml"}, "input"),
        ({"input": "<speak><audio/></speak>"}, "input"),
        ({"input": "<speak>a"}, "input"),
        ({"input": "[voice:bob] a"}, "voice"),
        ({"input": "a", "input_type": "html"}, "input_type"),
        ({"input": "a", "reading": "html"}, "reading"),
        ({"input": "a", "pronunciations": {"a": "/ǃ/"}}, "pronunciations"),
        ({"input": "[pause:10s]" * 40 + "a"}, "input"),
    ],
)
def test_what_cannot_be_done_is_refused(
    server: Running, fields: dict[str, Any], param: str
) -> None:
    response = ask(server, **fields)
    assert response.status_code == 400
    assert error_of(response)["param"] == param
