"""Arms as people write them, and how they are started."""

from pathlib import Path

import pytest

from bench_runs import after, made_run, written
from onset.bench.records.plan import TextCut
from onset.bench.run import arms
from onset.bench.run.arms import (
    CLAUSE,
    HIBARI,
    KOKORO,
    PIPER,
    STREAMING_VITS,
    distinct,
    open_arms,
    parse_arm,
)
from onset.errors import InvalidRequest

NULL_SERVER = "onset.bench.peers.null_server"


def test_a_url_may_name_model_and_voice() -> None:
    found = parse_arm("http://localhost:8880/?model=tts-1&voice=alloy&exact=1")
    assert (found.url, found.model, found.voice) == ("http://localhost:8880", "tts-1", "alloy")
    assert found.exact
    assert parse_arm("https://speech.example/api").url == "https://speech.example/api"


def test_a_server_of_ours_may_have_settings() -> None:
    found = parse_arm("onset:threads=1,exact,voice=af_bella")
    assert found.settings == {"ONSET_THREADS": "1"}
    assert (found.exact, found.voice) == (True, "af_bella")
    assert parse_arm("onset").settings == {}


@pytest.mark.parametrize("name", [KOKORO, CLAUSE, PIPER, STREAMING_VITS, HIBARI])
def test_libraries_have_names(name: str) -> None:
    assert parse_arm(name).library == name


def test_a_folder_is_an_arm_of_its_run(tmp_path: Path) -> None:
    folder = written(made_run(lambda c, i, a: after(0.2), 1), tmp_path / "run")
    assert parse_arm(str(folder)).folder == folder
    found = parse_arm(f"{folder}@piper")
    assert (found.folder, found.arm) == (folder, "piper")


@pytest.mark.parametrize(
    ("written_so", "told"),
    [
        ("espeak", "kokoro-onnx"),
        ("espeak", "streaming-vits, hibari"),
        ("onset:colour=red", "threads"),
        ("onset:threads", "threads"),
        ("http://", "host"),
        ("http://a/?speed=2", "model, voice, exact"),
        ("", "folder of a run"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_choices(written_so: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        parse_arm(written_so)


def names(*written_so: str) -> list[str]:
    """What the arms are called in the run."""
    return [spec.name for spec in distinct([parse_arm(text) for text in written_so])]


def test_an_arm_against_itself_gets_another_name() -> None:
    assert names("onset", "onset") == ["onset", "onset#2"]
    assert names("onset", "piper") == ["onset", "piper"]


def test_a_running_server_is_not_started() -> None:
    spec = parse_arm("http://127.0.0.1:9?voice=alloy", "af_heart")
    with open_arms([spec]) as (arm,):
        assert (arm.url, arm.voice, arm.pid) == ("http://127.0.0.1:9", "alloy", None)


def test_what_a_url_asks_for_is_asked() -> None:
    with open_arms([parse_arm("http://127.0.0.1:9?model=tts-1&exact=1")]) as (arm,):
        assert (arm.model, arm.exact) == ("tts-1", True)


def test_the_voice_of_the_command_is_for_arms_that_name_none() -> None:
    assert parse_arm("onset:voice=af_bella", "am_michael").voice == "af_bella"
    assert parse_arm("onset", "am_michael").voice == "am_michael"
    assert parse_arm("onset").voice == "af_heart"
    assert parse_arm("http://127.0.0.1:9").voice is None


def test_a_recorded_run_cannot_be_asked(tmp_path: Path) -> None:
    folder = written(made_run(lambda c, i, a: after(0.2), 1), tmp_path / "run")
    with pytest.raises(InvalidRequest, match="recorded run"), open_arms([parse_arm(str(folder))]):
        pass


def test_arms_of_one_library_share_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arms, "PEERS", dict.fromkeys((KOKORO, CLAUSE), NULL_SERVER))
    specs = distinct([parse_arm(text) for text in (KOKORO, CLAUSE, KOKORO)])
    with open_arms(specs) as (whole, clause, again):
        assert whole.url == clause.url != again.url
        assert (whole.said, clause.said) == (TextCut.WHOLE, TextCut.FIRST_CLAUSE)
        assert again.name == "kokoro-onnx#2"
