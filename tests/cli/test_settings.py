"""`onset settings` lists what can be set and what is, but nothing that is secret."""

import pytest
from typer.testing import CliRunner

from onset.cli import command_group
from onset.cli.settings import UNSET, variable, written
from onset.config import Settings


def lines_of(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    """What the command prints, a line a setting."""
    monkeypatch.setenv("COLUMNS", "200")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(command_group.app, ["settings"])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def line_of(lines: list[str], name: str) -> str:
    return next(line for line in lines if line.startswith(f"{name} "))


def test_every_setting_is_listed_with_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of(monkeypatch)
    for name, field in Settings.model_fields.items():
        assert (field.description or "") in line_of(lines, variable(name))


def test_what_the_environment_sets_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of(monkeypatch, ONSET_PORT="9000", ONSET_CORS_ORIGINS="https://a.example, *")
    assert line_of(lines, "ONSET_PORT").split()[1:3] == ["*", "9000"]
    assert line_of(lines, "ONSET_CORS_ORIGINS").split()[1:3] == ["*", "https://a.example,*"]
    assert "*" not in line_of(lines, "ONSET_VOICE").split()


def test_keys_and_tokens_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of(monkeypatch, ONSET_API_KEY="hush-1,hush-2", ONSET_PLAY_TOKEN="hush-3")
    assert "hush" not in "\n".join(lines)
    assert "(set)" in line_of(lines, "ONSET_API_KEY")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, UNSET), ((), UNSET), (True, "true"), (0, "0"), (0.5, "0.5"), (("a", "b"), "a,b")],
)
def test_values_are_written_as_the_environment_has_them(value: object, text: str) -> None:
    assert written(value) == text
