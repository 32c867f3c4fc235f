"""Exported files are read strictly: what is not a listener's answers is refused, not repaired."""

import json
from pathlib import Path
from typing import Any

import pytest

from onset.errors import InvalidRequest
from onset.quality.listening.answer_files import LARGEST, read_answers

ABX = {"is_a": "one-shot", "is_b": "streaming", "x": "b", "answer": "a"}
RATHER = {"is_a": "old cut", "is_b": "one-shot", "x": None, "answer": "b"}
ANSWERS: list[dict[str, Any]] = [
    {"test": "abx", "round": 0, "item": 3, **ABX},
    {"test": "abx", "round": 1, "item": 3, **ABX},
    {"test": "preference", "round": 0, "item": 3, **RATHER},
]


def exported(folder: Path, session: str = "a1", **changes: Any) -> Path:
    facts = {"format": "onset-listening-answers", "version": 1, "page": "p", "session": session}
    path = folder / f"{session}.json"
    path.write_text(json.dumps(facts | {"reference": "one-shot", "answers": ANSWERS} | changes))
    return path


def test_answers_are_read_as_they_were_given(tmp_path: Path) -> None:
    (file,) = read_answers([exported(tmp_path)])
    assert [answer.chosen for answer in file.answers] == ["one-shot", "one-shot", "one-shot"]
    assert json.loads(file.model_dump_json())["answers"] == ANSWERS


def test_several_listeners_are_read_together(tmp_path: Path) -> None:
    assert len(read_answers([exported(tmp_path, "a1"), exported(tmp_path, "b2")])) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "something else"},
        {"version": 2},
        {"more": 1},
        {"reference": "streaming"},
        {"answers": [*ANSWERS, ANSWERS[0]]},
        {"answers": [ANSWERS[0] | {"x": None}]},
        {"answers": [ANSWERS[2] | {"x": "a"}]},
        {"answers": [ANSWERS[0] | {"answer": "x"}]},
        {"answers": [ANSWERS[0] | {"is_b": "one-shot"}]},
        {"answers": [ANSWERS[0] | {"item": -1}]},
        {"answers": [{"test": "abx"}]},
    ],
)
def test_what_no_page_exports_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="is no file that a listening test exported"):
        read_answers([exported(tmp_path, **changes)])


def test_a_session_counts_once(tmp_path: Path) -> None:
    path = exported(tmp_path)
    again = path.rename(tmp_path / "again.json")
    with pytest.raises(InvalidRequest, match="the same session"):
        read_answers([exported(tmp_path), again])


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    path = exported(tmp_path)
    with pytest.raises(InvalidRequest, match="the same session"):
        read_answers([path, Path(str(path))])


def test_answers_to_different_tests_are_not_added_up(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="different tests"):
        read_answers([exported(tmp_path, "a1"), exported(tmp_path, "b2", page="q")])


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"none\.json cannot be read"):
        read_answers([tmp_path / "none.json"])
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(InvalidRequest, match="has more than"):
        read_answers([large])
