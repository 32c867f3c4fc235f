"""The doctor's checks, each on an installation that is well and on one that is not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from fakes import fake_engine, predictor, serving
from onset.cli import checks
from onset.cli.checks import Check, PortOccupant, neighbour, url
from onset.cli.doctor import line
from onset.config import Settings, load_settings
from onset.engine.engine import Engine
from onset.errors import AssetError
from onset.model import adain_predictor
from onset.model.assets import KOKORO
from scripted_server import Finish, Head, Sound, Wait, scripted


@contextmanager
def answering(*body: bytes) -> Iterator[Settings]:
    """Settings of a port where another program answers every request so."""
    with scripted([Head(), *map(Sound, body), Finish()]) as server:
        yield load_settings({}, port=int(server.url.rpartition(":")[2]))


def test_a_python_is_one_that_our_packages_support() -> None:
    assert checks.python((3, 11)).ok
    assert checks.python((3, 12)).ok
    for version in ((3, 10), (3, 13)):
        check = checks.python(version)
        assert not check.ok
        assert check.remedy == "Install Onset with Python 3.11 or 3.12."


def test_a_package_that_is_missing_is_named() -> None:
    assert checks.packages("typer").ok
    check = checks.packages("no-such-distribution")
    assert (check.ok, check.remedy) == (False, checks.REINSTALL)


def test_espeak_tells_its_version() -> None:
    check = checks.espeak()
    assert check.ok
    assert check.detail[0].isdecimal()


def test_a_cache_folder_is_one_that_can_be_written(tmp_path: Path) -> None:
    assert checks.folder(tmp_path).ok
    later = checks.folder(tmp_path / "not" / "yet")
    assert later.ok
    assert "not made yet" in later.detail
    (tmp_path / "file").write_bytes(b"")
    broken = checks.folder(tmp_path / "file" / "cache")
    assert broken.ok is False
    assert "ONSET_CACHE_DIR" in str(broken.remedy)


def test_a_model_is_whole_damaged_or_not_there_yet(
    tmp_path: Path, settings: Settings, model_path: Path
) -> None:
    assert checks.model(settings).ok
    empty = load_settings({}, cache_dir=tmp_path)
    assert checks.model(empty).ok is None
    (tmp_path / KOKORO.name).write_bytes(b"short")
    damaged = checks.model(empty)
    assert damaged.ok is False
    assert str(tmp_path) in str(damaged.remedy)


def test_a_chosen_model_is_a_file_or_to_be_fetched(tmp_path: Path) -> None:
    path = tmp_path / "my.onnx"
    path.write_bytes(b"")
    assert checks.model(load_settings({}, model=str(path))).ok
    assert checks.model(load_settings({}, model="owner/name")).ok is None


def test_graphs_are_whole_damaged_or_not_there_yet(
    tmp_path: Path, settings: Settings, model_path: Path
) -> None:
    assert checks.graphs(settings.cache_dir).ok
    assert checks.graphs(tmp_path).ok is None
    (tmp_path / "graphs" / "abc-v1").mkdir(parents=True)
    damaged = checks.graphs(tmp_path)
    assert damaged.ok is False
    assert "is empty" in damaged.detail


def test_predictions_are_there_or_not(tmp_path: Path) -> None:
    path = tmp_path / "statistics.npz"
    assert checks.predictions(path).ok is False
    adain_predictor.save(predictor(), path)
    assert checks.predictions(path) == Check("statistics", True, "2 of 54 voices stream")


def test_no_sound_device_is_not_broken(capfd: pytest.CaptureFixture[str]) -> None:
    assert checks.sound().ok in (True, None)
    assert capfd.readouterr() == ("", "")


def test_a_port_is_free_ours_or_taken() -> None:
    with serving(fake_engine) as server:
        settings = load_settings({}, port=server.port)
        assert neighbour(settings) is PortOccupant.READY
        assert checks.port(settings).ok
        assert neighbour(load_settings({}, port=server.port, host="0.0.0.0")) is PortOccupant.READY
    assert neighbour(settings) is PortOccupant.NONE
    assert checks.port(settings).detail == f"{server.url}: free"


def _cannot_load() -> Engine:
    raise AssetError("Damaged.")


def test_a_server_that_cannot_speak_is_not_ready() -> None:
    with serving(_cannot_load, wait=False) as server:
        assert neighbour(load_settings({}, port=server.port)) is not PortOccupant.READY


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"nonsense",
        b'{"data": [{"id": "kokoro"}]}',
        b'{"data": [{"id": "x", "owned_by": "y"}]}',
    ],
)
def test_another_speech_server_is_not_ours(body: bytes) -> None:
    with answering(body) as settings:
        assert neighbour(settings) is PortOccupant.OTHER
        check = checks.port(settings)
        assert check.ok is False
        assert "ONSET_PORT" in str(check.remedy)


def test_who_never_answers_is_not_waited_for() -> None:
    with scripted([Wait(1.5)]) as server:
        settings = load_settings({}, port=int(server.url.rpartition(":")[2]))
        assert neighbour(settings) is PortOccupant.OTHER


@pytest.mark.parametrize(
    ("host", "found"), [("::", "http://[::1]:8880"), ("localhost", "http://localhost:8880")]
)
def test_the_address_is_one_that_can_be_reached(host: str, found: str) -> None:
    assert url(load_settings({}, host=host)) == found


def test_speech_is_timed_or_its_failure_told() -> None:
    check = checks.speech(fake_engine, 2)
    assert check.ok
    assert "first audio after" in check.detail
    assert checks.speech(partial(fake_engine, 0.15), 2, "A.").ok is None
    assert checks.speech(_cannot_load, 2).detail == "AssetError: Damaged."


def test_a_line_has_the_remedy_below_it() -> None:
    told = line(Check("port", False, "taken", "Stop it.")).plain.splitlines()
    assert told == ["broken port       taken", " " * 18 + "Stop it."]


def test_the_whole_examination(settings: Settings, model_path: Path) -> None:
    environment = {**os.environ, "ONSET_CACHE_DIR": str(settings.cache_dir), "ONSET_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "onset", "doctor", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,  # proves that it ends, on any machine
    )
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["ok"] else 1)
    checks = {check["name"]: check for check in found["checks"]}
    for name in ("python", "espeak-ng", "cache", "model", "graphs", "port"):
        assert checks[name]["ok"], checks[name]
    assert checks["statistics"]["ok"], checks["statistics"]
    assert checks["speech"]["ok"] is not False, checks["speech"]
    assert done.stderr == ""
