"""The client: plays any answer, waits for room, and says what went wrong."""

import socket
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest

from onset.client.http_client import speak
from onset.errors import Halted, InvalidRequest, ServerError, Unavailable
from onset.playback.daemon import InProcessDaemon
from onset.playback.daemon_client import DaemonClient, connect
from onset.playback.player.player import Player
from onset.protocol import playback_frames
from onset.protocol.http_api import SpeechRequest
from onset.protocol.playback_frames import Frame, FrameKind
from onset.protocol.wav import wav_header
from playback_fakes import RATE, Recorder, heard_sum, level, loudness, playback
from scripted_server import Finish, Head, Reset, Sound, scripted, tone


@pytest.mark.parametrize("rate", [24_000, 16_000])
def test_an_answer_of_any_server_is_played_as_it_arrives(rate: int) -> None:
    """Also a WAV, whose rate is known only once it begins."""
    pcm = tone(0.3, rate=rate)
    script = (Head(), Sound(wav_header(rate)), Sound(pcm), Finish())
    with (
        playback() as at,
        scripted(script) as server,
        speak(server.url, SpeechRequest(input="x", response_format="wav")) as speech,
    ):
        outcome = at.client.play(speech)
    assert (outcome["event"], outcome["samples"]) == ("complete", len(pcm) // 2)


def test_an_answer_that_breaks_off_is_heard_as_far_as_it_came() -> None:
    pcm = level(0.3)
    with (
        playback() as at,
        scripted((Head(), Sound(pcm), Reset())) as server,
        speak(server.url, SpeechRequest(input="x", response_format="pcm")) as speech,
    ):
        with pytest.raises(ServerError):
            at.client.play(speech)
        assert at.until("complete")["samples"] == len(pcm) // 2
        assert heard_sum(at) == pytest.approx(loudness(pcm), rel=1e-3)


def test_back_pressure_stops_who_sends_faster_than_it_is_played() -> None:
    with playback() as at:
        stream = at.client.open()
        limit = stream.limit
        assert 10 * RATE <= limit <= 60 * RATE
        stream.feed(level(limit / RATE))
        stream.feed(level(0.5))  # goes on as soon as there is room, and no sooner
        playing = at.client.control("status")["playing"]
        assert playing["received_s"] == pytest.approx(limit / RATE + 0.5, abs=0.001)
        assert playing["received_s"] - playing["position_s"] <= limit / RATE + 0.001
        stream.stop()


def test_feeding_what_was_stopped_is_told() -> None:
    with playback() as at:
        stream = at.client.open()
        stream.feed(level(0.2))
        at.client.control("stop")
        with pytest.raises(Halted, match="stopped"):
            stream.feed(level(0.2))


def test_no_daemon_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="onset play"):
        connect(tmp_path / "none.sock")


def test_a_daemon_that_is_gone_is_told() -> None:
    with playback() as at:
        at.client._socket.shutdown(socket.SHUT_RDWR)
        with pytest.raises(ServerError, match="gone"):
            at.client.control("status")


def test_a_refused_handshake_is_told() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(
        playback_frames.encode(Frame(FrameKind.ERROR, 0, 0, 0, b'{"code": "x", "message": "No."}'))
    )
    with pytest.raises(InvalidRequest, match="No"):
        DaemonClient(ours)
    ours.close()
    theirs.close()


def test_the_face_loads_the_client_when_it_is_asked_for() -> None:
    heavy = "{'numpy', 'httpx', 'miniaudio'} & set(sys.modules)"
    code = f"import sys, onset.playback as p; assert not {heavy}; p.connect; assert {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(ImportError, match="disconnect"):
        exec("from onset.playback import disconnect")


def test_an_exception_stops_all_that_waits_too() -> None:
    """The daemon answers each stop, also where nobody reads its answers any more."""
    devices: list[Recorder] = []

    def opened() -> Recorder:
        devices.append(Recorder())
        return devices[-1]

    daemon = InProcessDaemon(lambda: Player(opened))
    try:
        with pytest.raises(KeyboardInterrupt), DaemonClient(daemon.end, "test") as client:
            for _ in range(8):
                stream = client.open()
                stream.feed(level(2.0))
                stream.finish()
            raise KeyboardInterrupt
        sleep(0.1)
        count = len(devices[0].blocks)
        sleep(0.3)
        assert not any(block.any() for block in devices[0].blocks[count:])
    finally:
        daemon.close()


def test_a_daemon_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onset.playback.remote_control.TIMEOUT", 0.1)
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "play.sock"))
        hanging.listen()
        with pytest.raises(ServerError, match="does not answer: timed out. Start it again: onset"):
            connect(tmp_path / "play.sock")


def test_a_socket_of_somebody_else_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Locked(socket.socket):
        def connect(self, address: object) -> None:
            raise PermissionError

    monkeypatch.setattr("onset.playback.remote_control.socket.socket", Locked)
    with pytest.raises(Unavailable, match="another user's. Set ONSET_SOCKET"):
        connect(tmp_path / "play.sock")
