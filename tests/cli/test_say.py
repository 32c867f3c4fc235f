"""`onset say` as a person meets it: what it writes, tells and exits with."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from command_line import HEADER, LONG, Command, finished, process, samples_of
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.cli.speaking.speakers import LocalSpeaker, ServerSpeaker, deliver
from onset.config import Settings
from onset.types import SAMPLE_RATE, Request
from processes import killed_at_the_end


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


def test_bytes_that_are_no_text_are_named(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("say", "-", stdin=b"abc\xffd") == 2
    assert "byte 0xff at offset 3" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "missing/out.wav", "file/out.wav"])
def test_a_file_that_cannot_be_written_is_told_before_any_work(
    name: str, tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    begun = monotonic()
    assert command("say", "hi", "--output", str(tmp_path / name)) == 1
    assert command("say", "hi", "--output", os.devnull, "--srt", str(tmp_path / name)) == 1
    assert monotonic() - begun < 1.0
    assert str(tmp_path) in capsys.readouterr().err


def test_what_is_delivered_is_what_the_engine_renders() -> None:
    engine, written = fake_engine(), list[bytes]()
    told = deliver(LocalSpeaker(engine, 1.5), Request("One two. Three."), written.append)
    expected = engine.render("One two. Three.")
    got = np.frombuffer(b"".join(written), "<i2") / 32767
    assert np.abs(got - expected).max() < 1e-4
    assert told.audio == pytest.approx(len(expected) / SAMPLE_RATE)
    assert 0 < told.first <= told.took
    assert str(told).endswith("streaming, model loaded in 1.5 s")


def test_a_plan_is_passed_on_and_an_unknown_one_is_refused_with_the_choices(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    request = Request("One.", "af_heart", plan="quality")
    assert ServerSpeaker("http://a").order(request, None, "queue").plan == "quality"
    assert command("say", "hi", "--plan", "soonest", "--output", os.devnull) == 2
    told = capsys.readouterr().err
    assert "'fast', 'balanced', 'quality', 'exact', 'auto'" in " ".join(told.split())


@pytest.mark.parametrize(("voice", "exact"), [("af_heart", True), ("bm_lewis", False)])
def test_exact_is_told(voice: str, exact: bool) -> None:
    request = Request("One.", voice, exact=exact)
    told = deliver(LocalSpeaker(fake_engine()), request, lambda _: None)
    assert told.speaker.decode == "exact"
    assert told.speaker.loaded is None


def test_a_server_that_is_ready_speaks(server: Running, tmp_path: Path, command: Command) -> None:
    path = tmp_path / "out.wav"
    options = ("--speed", "2", "--output", str(path))
    assert command("say", "One two three.", *options, ONSET_PORT=str(server.port)) == 0
    expected = fake_engine().render("One two three.", speed=2)
    assert np.abs(samples_of(path) - expected).max() < 1e-3


def test_what_the_server_refuses_is_told(
    server: Running,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ("--lang", "sv", "--output", os.devnull)
    assert command("say", "Hej.", *options, ONSET_PORT=str(server.port)) == 2
    assert "'sv'" in capsys.readouterr().err


def test_ctrl_c_leaves_no_file_and_no_traceback(server: Running, tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    started = process("say", LONG, "--output", str(path), ONSET_PORT=str(server.port))
    with killed_at_the_end(started) as running:
        eventually(lambda: any(p.stat().st_size > HEADER for p in tmp_path.iterdir()), 30)
        running.send_signal(signal.SIGINT)
        assert finished(running) == (130, b"", "")
    assert list(tmp_path.iterdir()) == []
    eventually(lambda: server.scheduler.active == 0)


def test_a_reader_who_leaves_ends_it_quietly(server: Running) -> None:
    running = process("say", LONG, "--output", "-", ONSET_PORT=str(server.port))
    assert running.stdout is not None
    assert running.stdout.read(4) == b"RIFF"
    running.stdout.close()
    running.stdout = None
    _, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (1, b"")


def test_a_first_say_writes_speech(tmp_path: Path, settings: Settings, model_path: Path) -> None:
    path = tmp_path / "hello.wav"
    srt = path.with_suffix(".srt")
    options = ("--output", str(path), "--srt", str(srt))
    running = process("say", "-", *options, ONSET_CACHE_DIR=str(settings.cache_dir))
    out, err = running.communicate(b"\xef\xbb\xbfHello there.", timeout=60)
    assert (running.returncode, out) == (0, b""), err
    samples = samples_of(path)
    assert 0.4 * SAMPLE_RATE < len(samples) < 3 * SAMPLE_RATE
    assert np.abs(samples).max() > 0.1
    assert srt.read_text().splitlines()[2] == "Hello there."
    told = err.decode()
    assert told.startswith(f"{path}: ")
    assert all(word in told for word in ("s of audio", "first after", "RTF", "model loaded in"))
