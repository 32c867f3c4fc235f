"""Records of real answers: stages that add up, whatever way they were asked for, and their ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import sleep

import pytest
from websockets.sync.client import connect

from asking import LONG, TEXT, ask, error_of, http, request_speech, reset
from fakes import FailingBackend, HaltableBackend, Running, eventually, fake_engine, serving
from onset.config import load_settings
from onset.errors import ModelError
from onset.model.backend import AdainStatistics, Backend, Decoder, Prosody
from onset.model.fake_backend import FakeBackend, FakeDecoder
from onset.monitoring.answer_record import (
    AnswerRecord,
    RefusalReason,
    StreamOutcome,
    Way,
)
from onset.protocol.http_api import (
    PURPOSE,
    SERVER_TIMING,
    SPEECH_PATH,
    STAGES,
    STREAM_PATH,
    parse_server_timing,
)
from onset.types import Halt

DELAY = 0.02
"""Seconds of every piece of work: so much that what the server adds is little."""

PIECES = 4
"""Pieces of work in a refinement."""

MOST_OTHER = 0.05
"""Largest share of an answer's first audio that may belong to no stage."""


class RefiningDecoder(FakeDecoder):
    """Has a stage to refine, in PIECES."""

    refined = False

    @property
    def unrefined_shares(self) -> tuple[float, ...]:
        return () if self.refined else (0.5,)

    def refine(self) -> Iterator[None]:
        for _ in range(PIECES):
            self._backend._work(self._halt)
            yield
        self.refined = True


class RefiningBackend(FakeBackend):
    """Its exact answers are refined before their first sound."""

    def decoder(
        self, prosody: Prosody, statistics: AdainStatistics | None, start: int, halt: Halt
    ) -> Decoder:
        return RefiningDecoder(self, prosody, start, halt)


@contextmanager
def recording(backend: Backend, **settings: object) -> Iterator[tuple[Running, list[AnswerRecord]]]:
    """A server, and the records of what it answered."""
    with serving(
        lambda: fake_engine(backend=backend), load_settings({}, port=0, drain_timeout=0, **settings)
    ) as server:
        records: list[AnswerRecord] = []
        server.scheduler.answers.listeners.append(records.append)
        yield server, records


def dictate(server: Running, pieces: list[str], pause: float, purpose: str = "user") -> None:
    """Write a text with pauses, and hear all of it."""
    url = server.url.replace("http", "ws") + STREAM_PATH
    with connect(url, proxy=None, additional_headers={PURPOSE: purpose}) as client:
        for piece in pieces:
            client.send(json.dumps({"type": "text.delta", "delta": piece}))
            sleep(pause)
        client.send('{"type": "text.done"}')
        while "speech.done" not in str(client.recv(timeout=20)):
            pass


def other_share(record: AnswerRecord) -> float:
    assert record.stages is not None and record.first_audio is not None
    assert sum(record.stages.values()) == pytest.approx(record.first_audio, rel=MOST_OTHER)
    return record.stages["other"] / record.first_audio


def say_exactly(server: Running) -> None:
    ask(server, exact=True)


def say_mp3(server: Running) -> None:
    ask(server, response_format="mp3")


def say_aac(server: Running) -> None:
    ask(server, input=LONG, response_format="aac")


def say_whole(server: Running) -> None:
    ask(server, stream=False)


def say_incrementally(server: Running) -> None:
    dictate(server, ["One two ", "three four ", "five six. ", "Seven."], 0.05)


WAYS: list[tuple[Callable[[Running], object], set[str]]] = [
    (ask, {"text", "encode"}),
    (say_exactly, {"text", "encode", "refine"}),
    (say_mp3, {"text", "encode"}),
    (say_aac, {"text", "encode", "rest"}),
    (say_whole, {"text", "encode", "rest", "refine"}),
    (say_incrementally, set()),
]


@pytest.mark.parametrize(("say", "own"), WAYS)
def test_the_stages_of_every_answer_add_up_and_little_is_other(
    say: Callable[[Running], object], own: set[str]
) -> None:
    with recording(RefiningBackend(DELAY)) as (server, records):
        for _ in range(5):
            say(server)
        eventually(lambda: len(records) == 5)
    for record in records:
        assert record.stages is not None
        always = {"queue", "phonemes", "front", "trunk", "statistics", "step", "other"}
        assert set(record.stages) == always | own <= set(STAGES)
        assert min(record.stages[name] for name in ("front", "trunk", "step")) >= DELAY
        assert record.stages.get("refine", PIECES * DELAY) >= PIECES * DELAY
    # Single ones may have met another program's turn on this machine.
    assert median(map(other_share, records)) <= MOST_OTHER


def test_a_mark_too_early_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onset.trace.FIRST_SAMPLES", "refine")
    with recording(RefiningBackend(DELAY)) as (server, records):
        ask(server, exact=True)
        eventually(lambda: bool(records))
    assert other_share(records[0]) > 0.3


def test_the_header_and_the_record_have_the_same_stages() -> None:
    with recording(RefiningBackend(DELAY)) as (server, records):
        told = parse_server_timing(ask(server, exact=True).headers[SERVER_TIMING])
        eventually(lambda: bool(records))
    stages, total = records[0].stages or {}, told.pop("total")
    same = {name: seconds for name, seconds in told.items() if name != "other"}
    assert same == pytest.approx({n: s for n, s in stages.items() if n != "other"}, abs=1e-5)
    assert total <= (records[0].first_audio or 0) <= (records[0].ttfa or 0)


def test_a_whole_answer_is_audible_though_it_begins_with_silence() -> None:
    silent = f'<speak><break time="1s"/>{TEXT}</speak>'
    with recording(FakeBackend()) as (server, records):
        ask(server, input=silent, input_type="ssml", stream=False)
        eventually(lambda: bool(records))
    assert records[0].ttfa == records[0].first_audio is not None, "it comes all at once"


def test_writing_slowly_is_not_the_servers_time() -> None:
    pause = 0.2
    with recording(FakeBackend(0.005)) as (server, records):
        dictate(server, ["Wh", "en ", "it ", "ra", "ined for days, everybody went in. "], pause)
        ask(server)
        eventually(lambda: len(records) == 2)
    written, asked = records
    assert (written.way, asked.way) == (Way.INCREMENTAL, Way.HTTP)
    assert written.ttfa is not None and written.ftts is not None and written.first_audio is not None
    assert asked.ftts is None
    assert written.ttfa < written.ftts - 3 * pause, "it counts from when there is enough to begin"


def test_waiting_for_an_utterance_before_it_is_not_its_time() -> None:
    with recording(FakeBackend(0.01)) as (server, records):
        with connect(server.url.replace("http", "ws") + STREAM_PATH, proxy=None) as client:
            for text in (LONG, "And more."):
                client.send(json.dumps({"type": "text.delta", "delta": text}))
                client.send('{"type": "text.done"}')
            eventually(lambda: bool(client.recv(timeout=20)) and len(records) == 2)
    first, second = records
    assert first.lasted > 0.5 and second.ttfa is not None and second.ttfa < 0.2


def test_a_record_has_what_was_asked_for_and_what_came_of_it() -> None:
    with recording(FakeBackend(0.001)) as (server, records):
        ask(server, voice="alloy", speed=1.5, response_format="wav")
        ask(server, voice="af_heart+am_michael", priority="background")
        ask(server, lang="es", exact=True)
        eventually(lambda: len(records) == 3)
    first, mix, exact = records
    assert (first.characters, first.speed, first.format) == (len(TEXT), 1.5, "wav")
    assert (first.language, first.decode, first.cold) == ("en-us", "exact", False)
    assert first.voice is not None and first.voice != "alloy" and "_" in first.voice
    assert (mix.voice, mix.way, mix.stalls, mix.stalled) == ("mix", Way.BACKGROUND, None, None)
    assert (exact.language, exact.decode, exact.cold) == ("es", "exact", True)
    assert {each.outcome for each in records} == {StreamOutcome.SPOKEN}
    assert first.taken == pytest.approx(first.audio) and first.rtf is not None


def test_only_the_first_answer_in_a_language_is_cold() -> None:
    with recording(FakeBackend()) as (server, records):
        for lang in ("en-us", "es", "es", "ES"):
            ask(server, lang=lang)
        eventually(lambda: len(records) == 4)
    assert [record.cold for record in records] == [False, True, False, False]


def test_a_benchmark_is_no_user() -> None:
    with recording(FakeBackend()) as (server, records):
        for purpose in ("user", "bench", "probe"):
            http.post(
                server.url + SPEECH_PATH, json={"input": TEXT}, headers={PURPOSE: purpose}
            ).raise_for_status()
        dictate(server, [TEXT], 0, "bench")
        eventually(lambda: len(records) == 4)
    assert [record.purpose for record in records] == ["user", "bench", "probe", "bench"]


def test_an_unknown_purpose_is_refused_with_the_choices() -> None:
    with recording(FakeBackend()) as (server, records):
        body, headers = {"input": TEXT}, {PURPOSE: "fun"}
        refused = http.post(server.url + SPEECH_PATH, json=body, headers=headers)
        url = server.url.replace("http", "ws") + STREAM_PATH
        with connect(url, proxy=None, additional_headers=headers) as client:
            assert "user, bench, probe" in str(client.recv(timeout=5))
        eventually(lambda: bool(records))
    assert refused.status_code == 400
    assert "user, bench, probe" in str(error_of(refused)["message"])
    assert (records[0].outcome, records[0].purpose) == (StreamOutcome.REFUSED, "user")


def test_refusals_failures_and_those_who_leave_are_recorded_too() -> None:
    backend = FailingBackend(ModelError("odd"), 3)
    with recording(backend, max_characters=400, api_key="secret") as (server, records):
        headers = {"Authorization": "Bearer secret"}
        for body in ({"input": ""}, {"input": TEXT}):
            http.post(server.url + SPEECH_PATH, json=body, headers=headers)
        http.post(server.url + SPEECH_PATH, json={"input": TEXT})
        http.get(server.url + "/health")
        eventually(lambda: len(records) == 3)
    assert [(record.outcome, record.reason) for record in records] == [
        (StreamOutcome.REFUSED, RefusalReason.INVALID),
        (StreamOutcome.FAILED, None),
        (StreamOutcome.REFUSED, RefusalReason.KEY),
    ]
    assert all(record.ttfa is None and record.stages is None for record in records)


def test_one_who_is_full_says_so_in_its_record() -> None:
    with recording(HaltableBackend(0.02), max_streams=1) as (server, records):
        client = request_speech(server)
        eventually(lambda: server.scheduler.active == 1)
        ask(server)
        reset(client)
        eventually(lambda: len(records) == 2)
    assert (records[0].outcome, records[0].reason) == (StreamOutcome.REFUSED, RefusalReason.FULL)
    assert records[1].outcome is StreamOutcome.LEFT
