"""The WebSocket as a client sees it: text in pieces, PCM and events out, and all ways to stop."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from fakes import FailingBackend, HaltableBackend, Running, eventually, fake_engine, serving
from onset.audio.encoders import PcmEncoder
from onset.config import load_settings
from onset.errors import ModelError
from onset.protocol.http_api import STREAM_PATH
from onset.serving.conversation import QUEUED
from onset.types import SAMPLE_RATE

TEXT = "When it had rained for days, everybody went in. Nobody came out again! Dr. Smith paid 3.5."
SETTINGS = load_settings({}, port=0, max_characters=400, max_streams=3, header_timeout=0.3)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server whose every step takes a millisecond and stops at once when told to."""
    engine = fake_engine(backend=HaltableBackend(0.001), settings=SETTINGS)
    with serving(lambda: engine, SETTINGS) as running:
        yield running


class Talk:
    """A client that keeps what it hears by utterance."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.pcm: dict[str, bytes] = {}
        self.session = self.until("session.ready")

    def say(self, kind: str, **fields: object) -> None:
        self.socket.send(json.dumps({"type": kind} | fields))

    def write(self, text: str, size: int = 5) -> None:
        for start in range(0, len(text), size):
            self.say("text.delta", delta=text[start : start + size])

    def hear(self) -> dict[str, Any]:
        """The next event; PCM goes to its utterance."""
        message = self.socket.recv(timeout=20)
        event: dict[str, Any] = json.loads(message)
        if event["type"] == "speech.audio":
            pcm = self.socket.recv(timeout=20)
            assert isinstance(pcm, bytes) and len(pcm) == 2 * event["samples"]
            self.pcm[event["id"]] = self.pcm.get(event["id"], b"") + pcm
        self.events.append(event)
        return event

    def until(self, *kinds: str) -> dict[str, Any]:
        while (event := self.hear())["type"] not in kinds:
            pass
        return event

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


@contextmanager
def talking(server: Running, **options: Any) -> Iterator[Talk]:
    url = server.url.replace("http", "ws") + STREAM_PATH
    with connect(url, proxy=None, **options) as socket:
        yield Talk(socket)


def free(server: Running) -> bool:
    return server.scheduler.active == 0


def test_text_in_pieces_is_spoken_whole(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="one", voice="am_michael", speed=2.0)
        talk.write(TEXT)
        talk.say("text.done")
        done = talk.until("speech.done")
    assert done["id"] == "one" and done["characters"] == len(TEXT)
    samples = len(talk.pcm["one"]) // 2
    assert done["duration"] == pytest.approx(samples / SAMPLE_RATE)
    assert [event["type"] for event in talk.events[:3]] == [
        "session.ready",
        "speech.started",
        "speech.audio",
    ]
    assert talk.all("speech.started")[0]["voice"] == "am_michael"
    whole = fake_engine().render(TEXT, voice="am_michael", speed=2.0)
    assert samples == pytest.approx(len(whole), rel=0.2)


def test_a_character_cut_in_half_between_pieces_loses_no_word(server: Running) -> None:
    """Programs that count in UTF-16 may cut an emoji, and send each half as an escape of JSON."""
    with talking(server) as talk:
        talk.socket.send('{"type":"text.delta","delta":"Good \\ud83e"}')
        talk.socket.send('{"type":"text.delta","delta":"\\udd8a fox."}')
        talk.say("text.done")
        done = talk.until("speech.done", "error")
    assert done["type"] == "speech.done"
    assert done["characters"] == len("Good  fox.")


def test_text_in_one_piece_is_the_same_as_over_http(server: Running) -> None:
    with talking(server) as talk:
        talk.say("text.delta", delta="Good evening to everybody.")
        talk.say("text.done")
        done = talk.until("speech.done")
    assert talk.pcm[done["id"]] == PcmEncoder().feed(
        fake_engine().render("Good evening to everybody.")
    )


def test_every_chunk_tells_where_it_belongs(server: Running) -> None:
    with talking(server) as talk:
        talk.write(TEXT)
        talk.say("text.done")
        talk.until("speech.done")
    position = 0
    for sequence, chunk in enumerate(talk.all("speech.audio")):
        assert (chunk["sequence"], chunk["position"]) == (sequence, position)
        assert chunk["start"] == pytest.approx(position / SAMPLE_RATE)
        assert chunk["duration"] == pytest.approx(chunk["samples"] / SAMPLE_RATE)
        position += chunk["samples"]


def test_speech_begins_while_the_text_is_being_written(server: Running) -> None:
    with talking(server) as talk:
        talk.write("When it had rained for days, everybody who was there we")
        assert talk.until("speech.started", "error")["type"] == "speech.started"
        talk.write("nt in.")
        talk.say("text.done")
        talk.until("speech.done")


def test_a_writer_who_pauses_is_spoken_up_to_their_last_word(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", timestamps=True)
        talk.say("text.delta", delta="Let me see wha")
        heard = talk.until("speech.words")
        assert [word["word"] for word in heard["words"]] == ["Let", "me", "see"]
        talk.say("text.delta", delta="t I can do.")
        talk.say("text.done")
        talk.until("speech.done")
    words = [word["word"] for event in talk.all("speech.words") for word in event["words"]]
    assert words == "Let me see what I can do.".split()


def test_a_client_that_says_nothing_is_told_why_it_is_closed(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onset.serving.http.websocket.IDLE", 0.2)
    with talking(server) as talk:
        with pytest.raises(ConnectionClosed) as caught:
            talk.hear()
        assert caught.value.rcvd is not None
        assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1001, "idle")


def test_a_client_that_waits_for_speech_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onset.serving.http.websocket.IDLE", 0.1)
    with serving(lambda: fake_engine(0.3)) as slow, talking(slow) as talk:
        talk.say("text.delta", delta="Yes.")
        talk.say("text.done")
        assert talk.until("speech.done")["duration"] > 0


def test_flush_does_not_wait(server: Running) -> None:
    with talking(server) as talk:
        talk.say("text.delta", delta="Yes")
        talk.say("text.flush")
        talk.until("speech.audio")
        talk.say("text.done")
        talk.until("speech.done")


def test_words_come_before_their_audio_and_within_it(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", timestamps=True)
        talk.write(TEXT, 40)
        talk.say("text.done")
        done = talk.until("speech.done")
    words, sent = [], 0.0
    for event in talk.events:
        if event["type"] == "speech.words":
            assert event["words"][0]["start"] >= sent - 1e-6
            words += event["words"]
        sent += event["duration"] if event["type"] == "speech.audio" else 0.0
    edges = [edge for word in words for edge in (word["start"], word["end"])]
    assert edges == sorted(edges) and edges[-1] <= done["duration"] + 1e-6
    assert re.findall(r"\w+", words[-1]["word"]) == ["five"]


def test_utterances_follow_each_other_on_one_connection(server: Running) -> None:
    with talking(server) as talk:
        for name in ("a", "b"):
            talk.say("speech.start", id=name)
            talk.write(f"This is utterance {name} of two.")
            talk.say("text.done")
        talk.say("text.delta", delta="And one without a start.")
        talk.say("text.done")
        done = [talk.until("speech.done")["id"] for _ in range(3)]
    order = [event["id"] for event in talk.all("speech.audio")]
    assert done[:2] == ["a", "b"] and len(set(done)) == 3
    assert list(dict.fromkeys(order)) == done


def test_cancel_stops_at_once_and_the_connection_lives_on(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="long")
        talk.write(TEXT * 4, 400)
        talk.say("text.done")
        talk.say("speech.start", id="next")
        talk.say("text.delta", delta="After that.")
        talk.until("speech.audio")
        talk.say("speech.cancel", id="long")
        talk.until("speech.cancelled")
        seen = len(talk.all("speech.audio"))
        talk.say("text.done")
        assert talk.until("speech.done")["id"] == "next"
        assert {event["id"] for event in talk.all("speech.audio")[seen:]} == {"next"}
    eventually(lambda: free(server))


def test_cancel_of_all_also_takes_what_waits(server: Running) -> None:
    with talking(server) as talk:
        for name in "abc":
            talk.say("speech.start", id=name)
            talk.write(TEXT, 400)
            talk.say("text.done")
        talk.say("speech.cancel")
        assert [talk.until("speech.cancelled")["id"] for _ in "abc"] == ["a", "b", "c"]
        talk.say("ping", id="7")
        assert talk.until("pong")["id"] == "7"


def test_what_will_be_asked_for_can_be_told_and_needs_no_answer(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.prepare", voice="ff_siwis")
        talk.say("ping", id="7")
        assert talk.until("pong")["id"] == "7"
        eventually(lambda: "fr" in server.scheduler.languages)
        talk.say("speech.prepare", voice="nobody")
        assert talk.until("error")["error"]["param"] == "voice"


def test_leaving_frees_the_engine(server: Running) -> None:
    with talking(server, close_timeout=0.2) as talk:  # with much unread
        talk.write(TEXT * 4, 400)
        talk.until("speech.audio")
    eventually(lambda: free(server))


def test_an_utterance_with_nothing_to_speak_is_done(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="empty")
        talk.say("text.done")
        assert talk.until("speech.done")["duration"] == 0
        talk.say("text.delta", delta="... !?")
        talk.say("text.done")
        assert talk.until("speech.done")["duration"] == 0


@pytest.mark.parametrize(
    ("message", "param", "words"),
    [
        ("no json", None, "JSON"),
        ("{}", None, "type"),
        ('{"type": "text.dance"}', None, "text.delta"),
        ('{"type": "text.delta"}', "delta", "required"),
        ('{"type": "speech.start", "voice": "nobody"}', "voice", "Choices"),
        ('{"type": "speech.start", "speed": 9}', "speed", "between"),
        ('{"type": "speech.start", "lang": "tlh"}', "lang", "Choices"),
        ('{"type": "speech.start", "response_format": "mp3"}', "response_format", "pcm"),
        (b"bytes", None, "JSON"),
    ],
)
def test_a_bad_message_is_refused_and_the_connection_lives_on(
    server: Running, message: str | bytes, param: str | None, words: str
) -> None:
    with talking(server) as talk:
        talk.socket.send(message)
        refused = talk.until("error")
        assert list(refused["error"]) == ["message", "type", "param", "code"]
        assert refused["error"]["type"] == "invalid_request_error"
        assert refused["error"]["param"] == param
        assert words in refused["error"]["message"]
        talk.say("ping")
        talk.until("pong")


def test_too_much_text_ends_it_where_it_was_rather_than_leaving_a_gap(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="long")
        talk.say("text.delta", delta="This is heard. ")
        talk.say("text.delta", delta="x" * 401)
        talk.say("text.delta", delta="This is not.")
        talk.say("text.done")
        errors = [talk.until("error")["error"]["message"] for _ in range(2)]
        assert "400 characters" in errors[0] and "text.done" in errors[1]
        assert talk.until("speech.done")["characters"] == len("This is heard. ")
        talk.say("text.delta", delta="And this is another.")
        talk.say("text.done")
        assert talk.until("speech.done")["id"] != "long"


def test_what_belongs_to_a_refused_start_is_not_spoken_in_another_voice(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="a", voice="nobody")
        talk.write("Nobody can say this. It comes in many pieces.")
        talk.say("text.done")
        talk.say("speech.start", id="b")
        talk.write("But this.")
        talk.say("text.done")
        assert talk.until("speech.done")["id"] == "b"
    first, second = talk.all("error")
    assert (first["id"], first["error"]["param"]) == ("a", "voice")
    assert second["id"] is None and "ignored" in second["error"]["message"]
    assert set(talk.pcm) == {"b"}


@pytest.mark.parametrize("again", ["text.done", "speech.cancel", "speech.start"])
def test_rest_of_a_text_that_broke_off_is_no_utterance_of_its_own(again: str) -> None:
    backend = FailingBackend(ModelError("It broke."), 3)
    with serving(lambda: fake_engine(backend=backend)) as running, talking(running) as talk:
        talk.say("speech.start", id="a")
        talk.say("text.delta", delta="This breaks. And ")
        assert talk.until("error")["id"] == "a"
        talk.say("text.delta", delta="this is only ")
        talk.say("text.delta", delta="its rest. ")
        talk.say(again)
        talk.say("text.delta", delta="This is new.")
        talk.say("text.done")
        assert talk.until("speech.done")["characters"] == len("This is new.")
        assert len(talk.all("error")) == 2


def test_flush_and_cancel_where_there_is_nothing_are_no_errors(server: Running) -> None:
    with talking(server) as talk:
        for _ in range(3):
            talk.say("text.flush")
            talk.say("speech.cancel", id="nobody")
            talk.say("text.done")
            talk.say("speech.cancel")
        talk.say("text.delta", delta="Yes")
        talk.say("text.flush")
        talk.say("text.flush")
        talk.say("text.done")
        talk.until("speech.done")
    assert not talk.all("error")


def test_text_behind_a_cancel_is_another_utterance(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="a")
        talk.say("text.delta", delta=TEXT)
        talk.say("text.flush")
        talk.say("speech.cancel", id="a")
        talk.say("text.flush")
        talk.say("text.delta", delta="Something else.")
        talk.say("text.done")
        assert talk.until("speech.cancelled")["id"] == "a"
        assert talk.until("speech.done")["characters"] == len("Something else.")
    eventually(lambda: free(server))


def test_two_hundred_who_leave_abruptly_leave_nothing_behind(server: Running) -> None:
    threads = threading.active_count()
    for number in range(200):
        with talking(server) as talk:
            talk.say("text.delta", delta=TEXT)
            if number % 2:
                talk.until("speech.audio")
            talk.socket.socket.shutdown(socket.SHUT_RDWR)
    eventually(lambda: free(server))
    assert threading.active_count() <= threads + 1  # the pool of to_thread may keep one


def test_too_many_utterances_are_refused(server: Running) -> None:
    with talking(server) as talk:
        for _ in range(QUEUED + 1):
            talk.say("text.delta", delta="One of many that wait for each other.")
            talk.say("text.done")
        refused = talk.until("error")
        assert refused["error"]["code"] == "rate_limit_exceeded" and refused["retry_after"] > 0


def test_who_comes_when_all_streams_are_taken_is_told_when_to_come_again() -> None:
    engine = fake_engine(backend=HaltableBackend(0.01))
    one = load_settings({}, port=0, max_streams=1)
    with serving(lambda: engine, one) as running, talking(running) as talk:
        talk.write(TEXT, 400)  # and goes on
        talk.until("speech.audio")
        with talking(running) as other:
            other.say("speech.start", id="late")
            other.write(TEXT, 400)
            refused = other.until("error")
        assert (refused["id"], refused["error"]["code"]) == ("late", "rate_limit_exceeded")
        talk.say("text.done")
        talk.until("speech.done")


def test_two_utterances_cannot_be_written_at_once(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="a")
        talk.say("speech.start", id="b")
        assert "text.done" in talk.until("error")["error"]["message"]


def test_a_connection_outlives_the_time_a_request_has(server: Running) -> None:
    with talking(server) as talk:
        with pytest.raises(TimeoutError):
            talk.socket.recv(timeout=0.6)
        talk.say("ping")
        talk.until("pong")


def test_a_fault_ends_the_utterance_and_not_the_connection() -> None:
    backend = FailingBackend(ModelError("It broke."), 6)
    with serving(lambda: fake_engine(backend=backend)) as running, talking(running) as talk:
        talk.say("speech.start", id="a")
        talk.write(TEXT, 400)
        talk.say("text.done")
        assert talk.until("error")["id"] == "a"
        talk.say("text.delta", delta="It works again.")
        talk.say("text.done")
        talk.until("speech.done")


def test_the_end_of_the_server_lets_what_is_being_spoken_finish() -> None:
    settings = load_settings({}, port=0, drain_timeout=8)
    engine = fake_engine(backend=HaltableBackend(0.02))
    with ExitStack() as client:
        with serving(lambda: engine, settings) as running:
            talk = client.enter_context(talking(running))
            talk.say("text.delta", delta="One two three four five.")
            talk.say("text.done")
            talk.until("speech.audio")
        talk.until("speech.done")  # after the server has gone
        with pytest.raises(ConnectionClosed) as caught:
            talk.hear()
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1012
    (pcm,) = talk.pcm.values()
    assert pcm == PcmEncoder().feed(fake_engine().render("One two three four five."))


def test_before_the_engine_is_there_it_says_so() -> None:
    def never() -> Any:
        raise ModelError("no")

    with serving(never, wait=False) as running:
        try:
            url = running.url.replace("http", "ws") + STREAM_PATH
            with connect(url, proxy=None) as socket:
                event = json.loads(socket.recv(timeout=5))
                assert event["error"]["code"] == "service_unavailable"
                with pytest.raises(ConnectionClosed):
                    socket.recv(timeout=5)
        except (OSError, InvalidStatus, ConnectionClosed):
            pass  # a server that cannot load goes away


def test_other_pages_and_strangers_without_a_key_are_kept_out() -> None:
    settings = load_settings({}, port=0, api_key="secret")
    with serving(lambda: fake_engine(), settings) as running:
        with pytest.raises(InvalidStatus, match="401"), talking(running):
            pass
        key = {"Authorization": "Bearer secret"}
        with pytest.raises(InvalidStatus, match="403"):
            with talking(running, additional_headers=key, origin="http://evil.example"):
                pass
        with talking(running, additional_headers=key) as talk:
            talk.say("ping")
            talk.until("pong")


def test_turns_of_voices_are_spoken_in_them_as_they_are_written(server: Running) -> None:
    dialogue = "[voice:af_heart] Are you ready? [voice:am_michael] Yes, I am."
    with talking(server) as talk:
        talk.say("speech.start", timestamps=True)
        talk.write(dialogue, 4)
        talk.say("text.done")
        name = talk.until("speech.done", "error")["id"]
        talk.say("text.delta", delta=dialogue)
        talk.say("text.done")
        whole = talk.until("speech.done", "error")["id"]
    words = [word["word"] for event in talk.all("speech.words") for word in event["words"]]
    assert words == 2 * "Are you ready? Yes, I am.".split()
    assert talk.pcm[whole] == PcmEncoder().feed(fake_engine().render(dialogue))
    assert len(talk.pcm[name]) == pytest.approx(len(talk.pcm[whole]), rel=0.2)


def test_an_unknown_voice_ends_the_text_where_it_was(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="a")
        for delta in ("This is heard. [voi", "ce:nobody] This is not.", " Nor this."):
            talk.say("text.delta", delta=delta)
        talk.say("text.done")
        errors = [talk.until("error")["error"] for _ in range(2)]
        assert errors[0]["param"] == "voice" and "Choices" in errors[0]["message"]
        assert "text.done" in errors[1]["message"]
        assert talk.until("speech.done")["characters"] == len("This is heard. [voi")
    assert talk.pcm["a"] == PcmEncoder().feed(fake_engine().render("This is heard."))


SSML = '<speak>One <break time="1s"/><mark name="m"/>two<mark name="end"/></speak>'


@pytest.mark.parametrize("input_type", [None, "ssml"])
def test_a_document_is_spoken_when_it_is_whole(server: Running, input_type: str | None) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="a", input_type=input_type, timestamps=True)
        talk.write(SSML)
        talk.say("text.flush")
        refused = talk.until("error", "speech.started")
        assert refused["type"] == "error" and "text.done" in refused["error"]["message"]
        talk.say("text.done")
        assert talk.until("speech.done", "error")["type"] == "speech.done"
    assert talk.pcm["a"] == PcmEncoder().feed(fake_engine().render(SSML))
    words = [word for event in talk.all("speech.words") for word in event["words"]]
    marks = [mark for event in talk.all("speech.marks") for mark in event["marks"]]
    assert [word["word"] for word in words] == ["One,", "two"]
    assert [mark["mark"] for mark in marks] == ["m", "end"]
    assert marks[0]["time"] == words[1]["start"] and marks[1]["time"] >= words[1]["end"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("<speak>One <emphasis>two</emphasis></speak>", "Choices"),
        ("<speak>One <b", "line 1"),
        ('<speak><voice name="nobody">One</voice></speak>', "Unknown voice"),
        ("no document at all", "line 1"),
        ("<speak>" + "<p>" * 40 + "</p>" * 40 + "</speak>", "within each other"),
    ],
)
def test_a_document_that_cannot_be_spoken_is_refused(
    server: Running, document: str, words: str
) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="a", input_type="ssml")
        talk.say("text.delta", delta=document)
        talk.say("text.done")
        refused = talk.until("error", "speech.done")
        assert refused["id"] == "a" and words in refused["error"]["message"]
        talk.say("speech.start", id="b", input_type="text")
        talk.say("text.delta", delta="<speak>Now as text.</speak>")
        talk.say("text.done")
        assert talk.until("speech.done", "error")["id"] == "b"
    eventually(lambda: free(server))


def test_half_of_a_document_that_is_too_long_is_not_spoken(server: Running) -> None:
    with talking(server) as talk:
        talk.say("speech.start", id="a")
        talk.say("text.delta", delta="<speak>One. ")
        talk.say("text.delta", delta="x" * 400)
        talk.say("text.done")
        assert "400 characters" in talk.until("error")["error"]["message"]
        assert talk.until("speech.cancelled", "speech.done")["type"] == "speech.cancelled"
    assert not talk.pcm
