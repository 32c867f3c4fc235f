"""Sides as people write them."""

from pathlib import Path

import pytest

from bench_runs import after, made_run, written
from onset.bench.run.contenders import contender, opened, two
from onset.errors import InvalidRequest


def test_a_url_may_name_model_and_voice() -> None:
    found = contender("http://localhost:8880/?model=tts-1&voice=alloy&exact=1")
    assert (found.url, found.model, found.voice) == ("http://localhost:8880", "tts-1", "alloy")
    assert found.exact
    assert contender("https://speech.example/api").url == "https://speech.example/api"


def test_a_server_of_ours_may_have_settings() -> None:
    found = contender("onset:threads=1,exact,voice=af_bella")
    assert found.settings == {"ONSET_THREADS": "1"}
    assert (found.exact, found.voice) == (True, "af_bella")
    assert contender("onset").settings == {}


@pytest.mark.parametrize("name", ["kokoro-onnx", "kokoro-onnx-clause", "piper"])
def test_libraries_have_names(name: str) -> None:
    assert contender(name).library == name


def test_a_folder_is_an_arm_of_its_run(tmp_path: Path) -> None:
    folder = written(made_run(lambda c, i, a: after(0.2), 1), tmp_path / "run")
    assert contender(str(folder)).folder == folder
    found = contender(f"{folder}@piper")
    assert (found.folder, found.arm) == (folder, "piper")


@pytest.mark.parametrize(
    ("written_so", "told"),
    [
        ("espeak", "kokoro-onnx"),
        ("onset:colour=red", "threads"),
        ("onset:threads", "threads"),
        ("http://", "host"),
        ("http://a/?speed=2", "model, voice, exact"),
        ("", "folder of a run"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_choices(written_so: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        contender(written_so)


def test_a_side_against_itself_gets_another_name() -> None:
    assert [side.name for side in two("onset", "onset")] == ["onset", "onset#2"]
    assert [side.name for side in two("onset", "piper")] == ["onset", "piper"]


def test_a_running_server_is_not_started() -> None:
    with opened(contender("http://127.0.0.1:9?voice=alloy"), "af_heart") as arm:
        assert (arm.url, arm.voice, arm.pid) == ("http://127.0.0.1:9", "alloy", None)
