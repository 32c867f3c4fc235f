"""Notices on the desktop: once an alert begins, once it ends, and never through a shell."""

import subprocess
from pathlib import Path

import pytest

from onset.cli.observation.desktop_notices import MOST, DesktopNotices, command, tell
from onset.protocol.performance_api import AlertStatus


def alert(name: str, state: str) -> AlertStatus:
    return AlertStatus(
        name=name, severity="page", state=state, since=1.0, says="It is late.",
        evidence="7 of 20", check="onset bench ttfa",
    )  # fmt: skip


def test_what_begins_and_ends_is_told_once() -> None:
    told: list[tuple[str, str]] = []
    notices = DesktopNotices(lambda title, words: told.append((title, words)))
    for state in ("ok", "ok", "firing", "firing", "clearing", "ok", "insufficient"):
        notices.look([alert("stalls", state), alert("down", "ok")])
    assert told == [
        ("Onset: stalls", "It is late. (7 of 20)"),
        ("Onset: stalls is over", "7 of 20"),
    ]


def test_what_fires_already_is_shown_and_not_told() -> None:
    told: list[str] = []
    notices = DesktopNotices(lambda title, _: told.append(title))
    notices.look([alert("stalls", "firing")])
    assert told == []
    notices.look([alert(f"a{n}", "firing") for n in range(MOST + 5)])
    assert len(told) == MOST


def program(folder: Path, name: str) -> Path:
    """A program that writes down its arguments."""
    path = folder / name
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/said\n')
    path.chmod(0o755)
    return path


def test_words_are_arguments_and_no_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "notify-send")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    arguments = command("--icon=x", "$(touch /tmp/x); `id`", "linux")
    assert arguments is not None
    subprocess.run(arguments, check=True)
    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["--app-name=Onset", "--", "--icon=x", "$(touch /tmp/x); `id`"]


def test_on_a_mac_the_words_are_no_part_of_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "osascript")
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = command('a" & (do shell script "id")', "words", "darwin")
    assert arguments is not None and arguments[-2:] == ['a" & (do shell script "id")', "words"]
    assert "do shell" not in arguments[2]


def test_a_system_without_notices_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert command("a", "b", "linux") is None and command("a", "b", "darwin") is None
    tell("a", "b")
