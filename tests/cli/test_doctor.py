"""The checks of `onset doctor`, on an installation that is well and on one that is not."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from fakes import fake_engine, predictor, serving
from onset.cli import doctor
from onset.cli.doctor import Check
from onset.config import Settings, load_settings
from onset.engine.engine import Engine
from onset.errors import AssetError
from onset.model import adain_predictor
from onset.model.assets import KOKORO
from scripted_server import answer, scripted


def test_a_python_is_one_that_our_packages_support() -> None:
    assert doctor.check_python((3, 11)).ok
    assert doctor.check_python((3, 12)).ok
    for version in ((3, 10), (3, 13)):
        check = doctor.check_python(version)
        assert not check.ok
        assert check.remedy == "Install Onset with Python 3.11 or 3.12."


def test_a_package_that_is_missing_is_named() -> None:
    assert doctor.check_packages("typer").ok
    check = doctor.check_packages("no-such-distribution")
    assert (check.ok, check.remedy) == (False, doctor.REINSTALL)


def test_requirements_that_are_missing_are_named_with_their_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "made_up-1.0.dist-info"
    folder.mkdir()
    needs = ("numpy>=2", "no-such<2,>=1.5", "not-here; extra == 'ja'", "nor-this; os_name == 'x'")
    lines = ["Metadata-Version: 2.1", "Name: made-up", *map("Requires-Dist: {}".format, needs)]
    (folder / "METADATA").write_text("\n".join([*lines, ""]))
    monkeypatch.syspath_prepend(tmp_path)
    check = doctor.check_packages("made-up")
    assert (check.ok, check.detail) == (False, "missing: no-such<2,>=1.5")
    assert check.remedy == "pip install 'no-such<2,>=1.5'"


def test_espeak_tells_its_version() -> None:
    check = doctor.check_espeak()
    assert check.ok
    assert check.detail[0].isdecimal()


def test_a_cache_folder_is_one_that_can_be_written(tmp_path: Path) -> None:
    assert doctor.check_cache(tmp_path).ok
    later = doctor.check_cache(tmp_path / "not" / "yet")
    assert later.ok
    assert "not made yet" in later.detail
    (tmp_path / "file").write_bytes(b"")
    broken = doctor.check_cache(tmp_path / "file" / "cache")
    assert broken.ok is False
    assert "ONSET_CACHE_DIR" in str(broken.remedy)


def test_a_model_is_whole_damaged_or_not_there_yet(
    tmp_path: Path, settings: Settings, model_path: Path
) -> None:
    assert doctor.check_model(settings).ok
    empty = load_settings({}, cache_dir=tmp_path)
    assert doctor.check_model(empty).ok is None
    (tmp_path / KOKORO.name).write_bytes(b"short")
    damaged = doctor.check_model(empty)
    assert damaged.ok is False
    assert str(tmp_path) in str(damaged.remedy)


def test_a_chosen_model_is_a_file_or_to_be_fetched(tmp_path: Path) -> None:
    path = tmp_path / "my.onnx"
    path.write_bytes(b"")
    assert doctor.check_model(load_settings({}, model=str(path))).ok
    assert doctor.check_model(load_settings({}, model="owner/name")).ok is None


def test_graphs_are_whole_damaged_or_not_there_yet(
    tmp_path: Path, settings: Settings, model_path: Path
) -> None:
    assert doctor.check_graphs(settings.cache_dir).ok
    assert doctor.check_graphs(tmp_path).ok is None
    (tmp_path / "graphs" / "abc-v1").mkdir(parents=True)
    damaged = doctor.check_graphs(tmp_path)
    assert damaged.ok is False
    assert "is empty" in damaged.detail


def test_predictions_are_there_or_not(tmp_path: Path) -> None:
    opening, generator = tmp_path / "opening.npz", tmp_path / "statistics.npz"
    adain_predictor.save(predictor().opening, opening)
    assert doctor.check_statistics(opening, generator).ok is False
    adain_predictor.save(predictor().generator, generator)
    found = doctor.check_statistics(opening, generator)
    assert found == Check("statistics", True, "2 of 54 voices stream")


def test_no_sound_device_is_not_broken(capfd: pytest.CaptureFixture[str]) -> None:
    assert doctor.check_sound().ok in (True, None)
    assert capfd.readouterr() == ("", "")


def test_a_port_is_free_or_has_our_server() -> None:
    with serving(fake_engine) as server:
        settings = load_settings({}, port=server.port)
        assert doctor.check_port(settings).detail == f"{server.url}: our server"
    free = doctor.check_port(settings)
    assert free.ok
    assert free.detail == f"{server.url}: free"


def test_a_port_that_another_program_has_is_broken() -> None:
    with scripted(answer(b"{}")) as server:
        check = doctor.check_port(load_settings({}, port=int(server.url.rpartition(":")[2])))
    assert check.ok is False
    assert "ONSET_PORT" in str(check.remedy)


def _cannot_load() -> Engine:
    raise AssetError("Damaged.")


def test_speech_is_timed_or_its_failure_told() -> None:
    settings = load_settings({}, threads=2)
    check = doctor.check_speech(fake_engine, settings)
    assert check.ok
    assert "first audio after" in check.detail
    assert doctor.check_speech(partial(fake_engine, 0.15), settings, "A.").ok is None
    assert doctor.check_speech(_cannot_load, settings).detail == "AssetError: Damaged."


def test_a_line_has_the_remedy_below_it() -> None:
    lines = Check("port", False, "taken", "Stop it.").line().plain.splitlines()
    assert lines == ["broken port       taken", " " * 18 + "Stop it."]


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
