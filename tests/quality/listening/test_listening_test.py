"""Writing a test: whole or not at all, and into no folder that has something."""

from pathlib import Path

import pytest

from decoded import decoded
from listening_tones import ITEMS, conditions, facts, tone, write
from onset.errors import AssetError, InvalidRequest
from onset.quality.listening import listening_test
from onset.quality.listening.clips import speech_rms


def test_each_clip_is_its_conditions(tmp_path: Path) -> None:
    html = write(tmp_path)
    key = facts(html)["key"]
    for item, paths in zip(ITEMS, key["clips"], strict=True):
        for seconds, path in zip((0.5, 0.6, 0.7), paths, strict=True):
            clip = decoded((tmp_path / path).read_bytes(), "wav")
            assert len(clip) / 24_000 == pytest.approx(seconds + 0.3, abs=0.02), item


def test_all_clips_are_equally_loud(tmp_path: Path) -> None:
    write(tmp_path)
    found = [speech_rms(decoded(p.read_bytes(), "wav")) for p in tmp_path.glob("clips/*")]
    assert max(found) / min(found) < 1.02


def test_each_rendition_advances(tmp_path: Path) -> None:
    steps: list[None] = []
    listening_test.write(tmp_path, ITEMS, conditions(), 1, lambda: steps.append(None))
    assert len(steps) == 9


def test_a_folder_with_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(InvalidRequest, match="is not empty"):
            listening_test.write(path, ITEMS, conditions(), 1, lambda: None)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_nothing_is_written_if_a_condition_fails(tmp_path: Path) -> None:
    ways = conditions() | {"student": lambda text, voice: tone(100, loudness=0.0)}
    with pytest.raises(AssetError):
        listening_test.write(tmp_path / "new", ITEMS, ways, 1, lambda: None)
    assert not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(AssetError, match="cannot be written"):
        listening_test.write(Path("/proc/none"), ITEMS, conditions(), 1, lambda: None)
