"""Settings come from the environment; what is unknown or wrong is refused with the choices."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from onset.config import Settings, load_settings
from onset.errors import InvalidRequest


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONSET_PORT", "9000")
    monkeypatch.setenv("ONSET_CACHE_DIR", "/somewhere")
    settings = load_settings()
    assert (settings.port, settings.cache_dir) == (9000, Path("/somewhere"))


def test_given_values_win_and_none_means_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONSET_PORT", "9000")
    assert load_settings(port=9001, host=None).port == 9001


def test_only_the_given_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONSET_PORT", "9000")
    monkeypatch.setenv("ONSET_PROT", "1")
    assert load_settings({}).port == 8880
    assert load_settings({"onset_port": "9001", "PORT": "1"}).port == 9001


def test_values_are_read_from_their_texts() -> None:
    environ = {"ONSET_DAEMON": "true", "ONSET_CORS_ORIGINS": "a, b,,", "ONSET_DRAIN_TIMEOUT": "0.5"}
    settings = load_settings(environ)
    assert (settings.daemon, settings.cors_origins) == (True, ("a", "b"))
    assert settings.drain_timeout == 0.5


@pytest.mark.parametrize("written", ["", " ", " , ,"])
def test_a_key_that_is_none_is_refused_rather_than_locking_everybody_out(written: str) -> None:
    with pytest.raises(InvalidRequest, match="ONSET_API_KEY.*no key"):
        load_settings({"ONSET_API_KEY": written})


def test_a_bad_text_in_the_environment_is_named() -> None:
    with pytest.raises(InvalidRequest, match="ONSET_THREADS"):
        load_settings({"ONSET_THREADS": "many"})


def test_an_unknown_setting_is_refused_with_the_choices() -> None:
    with pytest.raises(InvalidRequest, match=r"Unknown setting ONSET_PROT\. Choices: .*ONSET_PORT"):
        load_settings({"ONSET_PROT": "1"})


@pytest.mark.parametrize(("name", "value"), [("port", 70_000), ("threads", 0), ("port", "x")])
def test_a_bad_value_is_refused_and_named(name: str, value: object) -> None:
    with pytest.raises(InvalidRequest, match=f"ONSET_{name.upper()}"):
        load_settings({}, **{name: value})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).port = 1


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_a_tilde_is_the_users_home(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path))
        settings = load_settings({"ONSET_CACHE_DIR": "~/x", "ONSET_SOCKET": "~/run/play.sock"})
    assert settings.cache_dir == tmp_path / "x"
    assert settings.socket == tmp_path / "run" / "play.sock"
    with pytest.raises(InvalidRequest, match="ONSET_CACHE_DIR"):
        load_settings({"ONSET_CACHE_DIR": "~nobody-of-that-name/x"})


@pytest.mark.parametrize("key", ["a\nb", "a,b\x00"])
def test_a_key_that_no_header_can_have_is_refused(key: str) -> None:
    with pytest.raises(InvalidRequest, match="ONSET_API_KEY"):
        load_settings({"ONSET_API_KEY": key})
