"""When the daemon asks a server, and how it reads one while nobody listens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from time import perf_counter_ns
from typing import Any, cast

import pytest

from fakes import eventually
from onset.client.http_client import Arrival, AsyncSpeech
from onset.playback.daemon_state import DaemonState
from onset.playback.device import NullDevice
from onset.playback.player.jitter_buffer import PrebufferHistory
from onset.playback.player.player import Player
from onset.playback.player.playlist import Playlist
from onset.playback.player.track import PLAYING_AHEAD, WAITING_AHEAD, Track
from onset.playback.speech_fetch import LONGEST_AHEAD, SpeechFetch
from onset.protocol.playback_frames import Say
from playback_fakes import RATE, level, playback
from scripted_server import Finish, Head, Sound, Wait, answer, scripted, tone


class Reading:
    """A server's answer of so many seconds, as fast as it is read."""

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


def test_a_trickle_is_bounded() -> None:
    most = LONGEST_AHEAD - PLAYING_AHEAD + WAITING_AHEAD
    assert received(round(most) + 100, trickle=1e6, within=2.0) <= most + 1


def test_a_server_is_asked_for_what_waits_when_all_before_it_has_come() -> None:
    slow = (Head(), *(step for _ in range(2000) for step in (Sound(tone(0.05)), Wait(0.01))))
    with scripted(slow, answer(tone(0.1))) as server, playback() as at:
        first = at.remote.say(Say(text="One.", url=server.url))
        second = at.remote.say(Say(text="Two.", url=server.url))
        at.until("started")
        assert len(server.heard) == 1
        first.stop()
        assert second.wait()["event"] == "complete"
        assert len(server.heard) == 2


def test_what_waits_is_fetched_before_it_is_its_turn() -> None:
    with scripted(answer(tone(2.0)), answer(tone(0.1))) as server, playback() as at:
        first = at.remote.say(Say(text="One.", url=server.url))
        at.remote.say(Say(text="Two.", url=server.url))
        eventually(lambda: len(server.heard) == 2)
        assert first.outcome is None or first.outcome["event"] == "complete"
        at.remote.control("stop")


def test_what_never_got_its_turn_is_never_asked_for() -> None:
    slow = (Head(), *(step for _ in range(2000) for step in (Sound(tone(0.05)), Wait(0.01))))
    with scripted(slow) as server, playback() as at:
        at.remote.say(Say(text="One.", url=server.url))
        second = at.remote.say(Say(text="Two.", url=server.url))
        second.stop()
        assert second.wait()["event"] == "stopped"
        at.remote.control("stop")
        assert len(server.heard) == 1


def test_a_server_that_is_full_is_asked_again() -> None:
    full = (Head("429 Too Many Requests"), Finish())
    with scripted(full, full, answer(tone(0.1))) as server, playback() as at:
        assert at.remote.say(Say(text="Hello.", url=server.url)).wait()["event"] == "complete"
        assert not at.told("failed")
    assert len(server.heard) == 3
