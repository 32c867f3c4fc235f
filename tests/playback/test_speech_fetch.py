"""The speech of a SAY: when its server is asked, and how it is read while nobody listens."""

import asyncio
import gzip
import json
import resource
from collections.abc import AsyncIterator
from contextlib import suppress
from time import perf_counter_ns
from typing import Any, cast

import numpy as np
import pytest

from fakes import eventually, fake_engine, serving
from onset.client.http_client import Arrival, AsyncSpeech
from onset.config import load_settings
from onset.playback import speech_fetch
from onset.playback.asked_servers import MANNERS, SERVERS, AskedServers
from onset.playback.daemon_state import DaemonState
from onset.playback.device import NullDevice
from onset.playback.player import player
from onset.playback.player.jitter_buffer import PrebufferHistory
from onset.playback.player.player import Player
from onset.playback.player.playlist import Playlist
from onset.playback.player.track import PLAYING_AHEAD, WAITING_AHEAD, Track
from onset.playback.speech_fetch import LONGEST_AHEAD, SpeechFetch
from onset.protocol.playback_bodies import Say
from onset.protocol.preparation import PREPARE_PATH
from onset.protocol.wav import wav_header
from playback_fakes import RATE, heard_sum, level, loudness, playback
from scripted_server import Finish, Head, Script, Sound, Wait, answer, scripted, tone


class Reading:
    """A server's answer of so many seconds, as fast as it is read."""

    sample_rate = RATE

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    async def __aiter__(self) -> AsyncIterator[Arrival]:
        piece = level(1.0)
        for _ in range(self._seconds):
            yield Arrival(perf_counter_ns(), piece)


def received(seconds: int, trickle: float, *, within: float) -> float:
    """Seconds of an answer that were taken while nothing was played."""

    async def receive() -> float:
        state = DaemonState(Playlist(Player(NullDevice), lambda event: None), lambda: None, trickle)
        track = Track(RATE, PrebufferHistory(), lambda event: None)
        fetch = SpeechFetch(state, track, Say(text="x", url="http://127.0.0.1:9"), None)
        speech: Any = Reading(seconds)
        with suppress(TimeoutError):
            await asyncio.wait_for(fetch.receive(cast(AsyncSpeech, speech)), within)
        return track.buffer.end / RATE

    return asyncio.run(receive())


def test_without_room_a_server_is_still_read_by_a_trickle() -> None:
    assert received(40, trickle=200.0, within=30) == 40


def test_without_a_trickle_it_would_wait_for_ever() -> None:
    assert received(40, trickle=0.0, within=0.6) == pytest.approx(WAITING_AHEAD, abs=1)


def test_a_trickle_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_fetch, "FULL_POLL", 0.01)
    most = LONGEST_AHEAD - PLAYING_AHEAD + WAITING_AHEAD
    assert received(round(most) + 100, trickle=1e6, within=1.0) <= most + 1


def test_speech_is_fetched_and_heard() -> None:
    pcm = tone(0.3)
    with scripted(answer(pcm)) as server, playback() as at:
        stream = at.client.say(Say(text="Hello.", url=server.url, voice="af_heart"))
        assert stream.wait()["samples"] == len(pcm) // 2
        (started,) = at.told("started")
    assert started["stages_ms"]["headers"] > 0
    assert b'"voice":"af_heart"' in server.heard[0].body.replace(b" ", b"")


def test_a_server_is_asked_for_what_waits_when_all_before_it_has_come() -> None:
    slow = (Head(), *(step for _ in range(2000) for step in (Sound(tone(0.05)), Wait(0.01))))
    with scripted(slow, answer(tone(0.1))) as server, playback() as at:
        first = at.client.say(Say(text="One.", url=server.url))
        second = at.client.say(Say(text="Two.", url=server.url))
        at.until("started")
        assert len(server.heard) == 1
        first.stop()
        assert second.wait()["event"] == "complete"
        assert len(server.heard) == 2


def test_what_waits_is_fetched_before_it_is_its_turn() -> None:
    with scripted(answer(tone(2.0)), answer(tone(0.1))) as server, playback() as at:
        first = at.client.say(Say(text="One.", url=server.url))
        at.client.say(Say(text="Two.", url=server.url))
        eventually(lambda: len(server.heard) == 2)
        assert first.outcome is None or first.outcome["event"] == "complete"
        at.client.control("stop")


def test_what_never_got_its_turn_is_never_asked_for() -> None:
    slow = (Head(), *(step for _ in range(2000) for step in (Sound(tone(0.05)), Wait(0.01))))
    with scripted(slow) as server, playback() as at:
        at.client.say(Say(text="One.", url=server.url))
        second = at.client.say(Say(text="Two.", url=server.url))
        second.stop()
        assert second.wait()["event"] == "stopped"
        at.client.control("stop")
        assert len(server.heard) == 1


def test_a_server_that_is_full_is_asked_again() -> None:
    full = (Head("429 Too Many Requests"), Finish())
    with scripted(full, full, answer(tone(0.1))) as server, playback() as at:
        assert at.client.say(Say(text="Hello.", url=server.url)).wait()["event"] == "complete"
        assert not at.told("failed")
    assert len(server.heard) == 3


def test_stopping_cancels_the_servers_work() -> None:
    endless = (Head(), *(step for _ in range(2000) for step in (Sound(tone(0.05)), Wait(0.01))))
    with scripted(endless) as server, playback() as at:
        stream = at.client.say(Say(text="Hello.", url=server.url))
        at.until("started")
        stream.stop()
        assert stream.wait()["event"] == "stopped"
        assert server.heard[0].left.wait(5)


def test_a_server_that_dies_in_the_middle_is_told_and_what_came_is_heard() -> None:
    pcm = level(0.2)
    broken = (Head(), Sound(pcm))
    with scripted(broken) as server, playback() as at:
        stream = at.client.say(Say(text="Hello.", url=server.url))
        assert at.until("failed")["message"]
        assert stream.wait()["samples"] == len(pcm) // 2
        assert np.abs(np.diff(at.recorder.sound[1:])).max() < 0.01
    assert heard_sum(at) == pytest.approx(loudness(pcm), rel=0.05)


def test_a_server_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_fetch, "PATIENCE", 0.3)
    with playback() as at:
        stream = at.client.say(Say(text="Hello.", url="http://127.0.0.1:9"))
        assert "127.0.0.1:9" in at.until("failed")["message"]
        stream.wait()


def test_a_server_that_falls_silent_is_told_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "LONGEST_DRY", 0.3)
    more = (step for _ in range(200) for step in (Sound(tone(0.05)), Wait(0.01)))
    with scripted((Head(), Sound(tone(0.2)), Wait(1.0), *more)) as server, playback() as at:
        stream = at.client.say(Say(text="Hello.", url=server.url))
        assert "0.3 seconds" in at.until("failed")["message"]
        assert stream.wait()["samples"] == round(0.2 * RATE)
        assert server.heard[0].left.wait(5)
        assert len(at.told("failed")) == 1


@pytest.mark.parametrize("rate", ["0", "1", "7999", "192001", "99999999999", "9" * 5000])
def test_a_rate_that_nothing_plays_ends_its_own_speech_alone(rate: str) -> None:
    script = (Head(headers=(("X-Sample-Rate", rate),)), Sound(bytes(48_000)), Finish())
    with scripted(script) as server, scripted(answer(tone(0.2))) as good, playback() as at:
        at.client.say(Say(text="x", url=server.url)).wait()
        (failed,) = at.told("failed")
        assert "192000" in failed["message"] or len(rate) > 20
        at.client.say(Say(text="x", url=good.url)).wait()
        assert at.client.control("status")["state"] == "idle"


@pytest.mark.parametrize("rate", [48_000, 16_000])
def test_a_wav_is_played_at_the_rate_in_its_header(rate: int) -> None:
    pcm = tone(0.4, rate=rate)
    script = (Head(), Sound(wav_header(rate)), Sound(pcm), Finish())
    with scripted(script) as server, playback() as at:
        at.client.say(Say(text="x", url=server.url)).wait()
        assert len(at.recorder.sound) / RATE == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("status", ["500 No", "400 No", "301 No"])
def test_an_endless_error_is_read_as_far_as_its_message(status: str) -> None:
    script: Script = (Head(status, length=300_000_000), *[Sound(b"x" * 1_000_000)] * 300)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with scripted(script) as server, playback() as at:
        at.client.say(Say(text="x", url=server.url)).wait()
        (failed,) = at.told("failed")
    assert failed["status"] == int(status[:3]) and len(failed["message"]) < 500
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


@pytest.mark.parametrize("key", ["ключ", "à", "schlüssel€"])
def test_a_key_in_any_script_is_sent_as_utf_8(key: str) -> None:
    settings = load_settings({}, port=0, drain_timeout=0, api_key=key)
    with serving(fake_engine, settings) as server, playback() as at:
        at.client.say(Say(text="Hello.", url=server.url, key=key)).wait()
        assert not at.told("failed")


@pytest.mark.parametrize("key", ["a\nb", "a\x00", "\x7f"])
def test_a_key_that_cannot_be_sent_is_told_and_not_quoted(key: str) -> None:
    with playback() as at:
        at.client.say(Say(text="Hello.", url="http://127.0.0.1:9", key=key)).wait()
        (failed,) = at.told("failed")
        assert "key" in failed["message"] and key not in failed["message"]


@pytest.mark.parametrize("url", ["http://a..b/", "http://" + "a" * 70 + ".de", "x", "http://[::1"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with playback() as at:
        at.client.say(Say(text="Hello.", url=url)).wait()
        assert at.told("failed")


def test_what_a_server_says_of_itself_is_told_back_in_part(
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = (("X-Request-Id", "i" * 400), ("X-Onset-Decode", "exact"))
    script = (Head(headers=headers), Sound(tone(0.2)), Finish())
    with scripted(script, (Head(), Finish())) as server, playback() as at:
        at.client.say(Say(text="x", url=server.url)).wait()
        eventually(lambda: any(b"i" * 200 in told.body for told in server.heard[1:]))
        assert not any(b"i" * 201 in told.body for told in server.heard)
    assert not caplog.records


def test_an_answer_that_is_compressed_all_the_same_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    script = (Head(headers=(("Content-Encoding", "gzip"),)), Sound(bomb), Finish())
    with scripted(script) as server, playback() as at:
        at.client.say(Say(text="x", url=server.url)).wait()
        assert "compresses" in at.told("failed")[0]["message"]


LONG = (Head(), *(step for _ in range(2000) for step in (Sound(tone(0.05)), Wait(0.01))))
TAKEN = (Head(), Finish())


def test_a_server_is_told_of_a_voice_that_waits_and_of_each_once() -> None:
    with scripted(LONG, TAKEN, TAKEN) as server, playback() as at:
        at.client.say(Say(text="One.", url=server.url, voice="af_heart"))
        eventually(lambda: len(server.heard) == 1)
        for voice, lang in (("af_heart", None), ("zf_xiaobei", None), ("zf_xiaobei", None)):
            at.client.say(Say(text="Next.", url=server.url, voice=voice, lang=lang))
        eventually(lambda: len(server.heard) == 2)
        at.client.say(Say(text="Last.", url=server.url, voice="af_heart", lang="es"))
        eventually(lambda: len(server.heard) == 3)
        at.client.control("stop")
    told = [json.loads(heard.body) for heard in server.heard[1:]]
    assert told == [{"voice": "zf_xiaobei"}, {"voice": "af_heart", "lang": "es"}]
    assert all(PREPARE_PATH.encode() in heard.request for heard in server.heard[1:])


def test_a_server_that_does_not_know_what_it_is_told_is_told_no_more() -> None:
    async def prepare(url: str) -> None:
        state = DaemonState(Playlist(Player(NullDevice), lambda event: None), lambda: None)
        track = Track(RATE, PrebufferHistory(), lambda event: None)
        for number in range(3):
            say = Say(text="Next.", url=url, voice=f"voice {number}")
            await SpeechFetch(state, track, say, None).prepare()

    with scripted((Head("404 Not Found"), Finish())) as server:
        asyncio.run(prepare(server.url))
        assert len(server.heard) == 1
    with scripted((Head("503 Service Unavailable"), Finish())) as server:
        asyncio.run(prepare(server.url))
        assert len(server.heard) == 3, "it may know later"
    asyncio.run(prepare(server.url))  # there is none: no fault here


def test_what_servers_were_asked_for_is_bounded() -> None:
    asked = AskedServers()
    for number in range(MANNERS + 1):
        assert asked.note("http://a", (f"voice {number}", None))
        assert not asked.note("http://a", (f"voice {number}", None))
    for number in range(SERVERS):
        assert asked.note(f"http://{number}", (None, None))
    assert asked.note("http://a", ("voice 100", None)), "forgotten"
