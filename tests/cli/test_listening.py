"""`onset quality --listen` and `--tally`: what they refuse, and what they print."""

import json
from pathlib import Path

import pytest

from command_line import Command

ANSWER = {"test": "abx", "item": 0, "is_a": "old cut", "is_b": "one-shot", "x": "a"}


def exported(folder: Path, right: int, wrong: int) -> Path:
    answers = [
        ANSWER | {"round": k, "answer": "a" if k < right else "b"} for k in range(right + wrong)
    ]
    facts = {"format": "onset-listening-answers", "version": 1, "page": "p", "session": "s"}
    path = folder / "answers.json"
    path.write_text(json.dumps(facts | {"reference": "one-shot", "answers": answers}))
    return path


def test_the_tally_is_printed(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("quality", "--tally", str(exported(tmp_path, 9, 3))) == 0
    printed = capsys.readouterr().out
    assert "9 (75 %)" in printed and "43 % to 95 %" in printed and "35 answers" in printed
    (row,) = json.loads(printed.splitlines()[-1])["rows"]
    assert row == {
        "test": "abx",
        "condition": "old cut",
        "answers": 12,
        "successes": 9,
        "low": 0.4281,
        "high": 0.9451,
        "finding": "undecided",
    }


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--tally"], "--tally needs the files"),
        (["answers.json"], "--tally FILE..."),
        (["--listen", "new", "--tally", "answers.json"], "--listen FOLDER, or"),
        (["--tally", "none.json"], "none.json cannot be read"),
        (["--listen", "new", "--voices", "nobody"], "No voice 'nobody'"),
        (["--listen", "new", "--voices", "ef_dora", "--sentences", "90"], "held-out sentences"),
        (["--listen", "."], ". is not empty"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(
    arguments: list[str],
    told: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    exported(tmp_path, 1, 1)
    assert command("quality", *arguments) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
