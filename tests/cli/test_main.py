"""The command line as a person meets it: what it says, writes and exits with."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

import onset
from fakes import STREAMING, HaltableBackend, Running, eventually, fake_engine, predictor, serving
from onset.cli.main import COMMANDS, load, main
from onset.cli.say import deliver
from onset.cli.speaking.outputs import wav_file
from onset.cli.speaking.speakers import LocalSpeaker, choose_speaker
from onset.cli.voices import decodes
from onset.config import Settings, load_settings
from onset.errors import AssetError, InvalidRequest
from onset.model import adain_predictor
from onset.model.fake_backend import FakeBackend
from onset.types import SAMPLE_RATE, Floats, Halt, Request
from processes import killed_at_the_end

LONG = "Ten words that are a few seconds long when spoken. " * 40
HEADER = 44

Command = Callable[..., int]


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever server this machine runs, tests find none. A width that wraps no message."""
    monkeypatch.setenv("ONSET_PORT", "0")
    monkeypatch.setenv("ONSET_SOCKET", "/nonexistent/play.sock")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """`onset` in this process: gives the exit code."""

    def run(*arguments: str, stdin: bytes = b"") -> int:
        monkeypatch.setattr(sys, "argv", ["onset", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            main()
        except SystemExit as end:
            return 0 if end.code is None else int(end.code)
        return 0

    return run


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


class Counting(FakeBackend):
    """Counts what it does."""

    count = 0

    def _work(self, halt: Halt) -> None:
        self.count += 1
        super()._work(halt)


def process(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "onset", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


def finished(running: subprocess.Popen[bytes], timeout: float = 60) -> tuple[int, bytes, str]:
    out, err = running.communicate(timeout=timeout)
    return running.returncode, out, err.decode()


def samples_of(path: Path) -> Floats:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getframerate() == SAMPLE_RATE
        data = file.readframes(file.getnframes())
    assert len(data) + HEADER == path.stat().st_size
    samples: Floats = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
    return samples


# The command itself


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("voices", "--help")])
def test_no_model_library_is_loaded_to_tell_about_ourselves(arguments: tuple[str, ...]) -> None:
    probe = f"""
import sys
from onset.cli.main import main
sys.argv = ["onset", *{arguments!r}]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"onnxruntime", "onnx", "spacy", "misaki", "uvicorn", "miniaudio"}
    assert done.stdout


def test_version_is_told(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--version") == 0
    assert capsys.readouterr().out == f"onset {onset.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_what_the_command_says_of_itself(name: str) -> None:
    told = load(name).help
    assert told is not None
    assert told.splitlines()[0] == COMMANDS[name][1]


def test_every_public_name_loads() -> None:
    assert [name for name in onset.__all__ if not hasattr(onset, name)] == []
    assert set(onset.__all__) <= set(dir(onset))
    with pytest.raises(AttributeError, match="engines"):
        _ = onset.engines  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("sya",), "'say'"),
        (("say",), "text"),
        (("say", "hi", "--loud"), "--loud"),
        (("say", "hi", "--speed", "9"), "--speed"),
        (("say", "hi", "--speed", "nan"), "--speed"),
        (("say", ""), "no text"),
        (("say", " \n"), "no text"),
        (("say", "-"), "no text"),
        (("say", "\udcff"), "UTF-8"),
        (("say", "hi", "--voice", "af_hart"), "Choices: af_heart"),
        (("say", "hi", "--output", "hi.mp3"), "hi.wav"),
        (("serve", "--port", "99999"), "ONSET_PORT"),
        (("serve", "--threads", "0"), "ONSET_THREADS"),
        (("bench", "nothing"), "nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_a_hint(
    arguments: tuple[str, ...], told: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert "Traceback" not in err


def test_an_unknown_setting_is_refused_in_one_line(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONSET_NONSENSE", "1")
    assert command("say", "hi", "--output", "-") == 2
    err = capsys.readouterr().err
    assert err.startswith("onset: Unknown setting ONSET_NONSENSE. Choices: ONSET_")
    assert "ONSET_CACHE_DIR" in err
    assert err.count("\n") == 1


def test_bytes_that_are_no_text_are_named(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("say", "-", stdin=b"abc\xffd") == 2
    assert "byte 0xff at offset 3" in capsys.readouterr().err


# Where the audio goes


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


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), wav_file(path) as write:
        write(bytes(1000))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    with wav_file(path) as write:
        write(bytes(1000))
    assert len(samples_of(path)) == 500
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, path = tmp_path / "link.wav", tmp_path / "real.wav"
    link.symlink_to(path)
    with wav_file(link) as write:
        write(bytes(10))
    assert link.is_symlink()
    assert len(samples_of(path)) == 5


def test_what_is_no_file_is_not_replaced_by_one() -> None:
    with wav_file(Path(os.devnull)) as write:
        write(bytes(10))
    assert Path(os.devnull).is_char_device()


def test_a_full_disk_is_told() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with pytest.raises(AssetError, match="No space left"), wav_file(full) as write:
        write(bytes(10))


# Who speaks


def test_what_is_delivered_is_what_the_engine_renders() -> None:
    engine, written = fake_engine(), list[bytes]()
    told = deliver(LocalSpeaker(engine, 1.5), Request("One two. Three."), written.append)
    expected = engine.render("One two. Three.")
    got = np.frombuffer(b"".join(written), "<i2") / 32767
    assert np.abs(got - expected).max() < 1e-4
    assert told.audio == pytest.approx(len(expected) / SAMPLE_RATE)
    assert 0 < told.first <= told.took
    assert str(told).endswith("streaming, model loaded in 1.5 s")


def test_an_engine_here_knows_when_each_word_is_heard() -> None:
    speaking, written = LocalSpeaker(fake_engine()), list[bytes]()
    deliver(speaking, Request("One two. Three."), written.append)
    assert [word.text for word in speaking.words] == ["One", "two.", "Three."]
    assert speaking.words[-1].end <= sum(map(len, written)) // 2


@pytest.mark.parametrize(("voice", "exact"), [("af_heart", True), ("bm_lewis", False)])
def test_exact_is_told(voice: str, exact: bool) -> None:
    request = Request("One.", voice, exact=exact)
    told = deliver(LocalSpeaker(fake_engine()), request, lambda _: None)
    assert told.decode == "exact"
    assert told.loaded is None


def test_what_the_engine_refuses_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="en-gb"):
        next(LocalSpeaker(fake_engine()).speak(Request("One.", lang="xx")))
    with pytest.raises(InvalidRequest, match="spoken"):
        next(LocalSpeaker(fake_engine()).speak(Request("\u200b")))


def test_closing_stops_the_work_within_a_step() -> None:
    engine = fake_engine(backend=HaltableBackend(0.02))
    with closing(LocalSpeaker(engine).speak(Request(LONG))) as pieces:
        next(pieces)
        begun = monotonic()
    assert monotonic() - begun < 0.5
    assert not [t for t in threading.enumerate() if t.name.startswith("onset-say")]


def test_nothing_is_made_further_ahead_than_the_queue() -> None:
    backend = Counting()
    with closing(LocalSpeaker(fake_engine(backend=backend)).speak(Request(LONG))) as pieces:
        next(pieces)
        ahead = 0
        while ahead < backend.count:
            ahead = backend.count
            sleep(0.2)
        size = sum(map(len, pieces))
    assert size > 60 * SAMPLE_RATE
    assert backend.count > 3 * ahead


def test_a_server_that_is_ready_speaks(
    server: Running, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONSET_PORT", str(server.port))
    path = tmp_path / "out.wav"
    assert command("say", "One two three.", "--speed", "2", "--output", str(path)) == 0
    expected = fake_engine().render("One two three.", speed=2)
    assert np.abs(samples_of(path) - expected).max() < 1e-3


def test_what_the_server_refuses_is_told(
    server: Running,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ONSET_PORT", str(server.port))
    assert command("say", "Hej.", "--lang", "sv", "--output", os.devnull) == 2
    assert "'sv'" in capsys.readouterr().err


def test_a_model_of_ones_own_is_not_the_servers(server: Running, tmp_path: Path) -> None:
    settings = load_settings({}, port=server.port, model=str(tmp_path / "none.onnx"))
    with pytest.raises(AssetError, match="does not exist"):
        choose_speaker(settings, alone=True, progress=lambda *_: None)


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


# Voices


def test_voices_stream_if_they_were_fitted(tmp_path: Path) -> None:
    path = tmp_path / "statistics.npz"
    adain_predictor.save(predictor(), path)
    decode = decodes(path)
    assert len(decode) == 54
    assert {name for name, how in decode.items() if how == "streaming"} == set(STREAMING)
    with pytest.raises(AssetError):
        decodes(tmp_path / "none.npz")


def test_voices_are_listed_for_people_and_machines(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("voices", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[3] | {"decode": ""} == {
        "name": "af_heart",
        "language": "en-us",
        "language_name": "American English",
        "gender": "female",
        "grade": "A",
        "decode": "",
    }
    assert command("voices") == 0
    table = capsys.readouterr().out
    assert all(row["name"] in table and row["decode"] in table for row in rows)


# The real thing


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
