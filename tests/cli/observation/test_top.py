"""`onset top --once` against a server, and against none."""

import pytest

from asking import body_of, http
from command_line import Command
from fakes import fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import SPEECH_PATH


def test_it_shows_a_server(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = load_settings({}, port=0, drain_timeout=0, history=False, api_key="secret")
    with serving(fake_engine, quiet) as server:
        key = {"Authorization": "Bearer secret"}
        assert http.post(server.url + SPEECH_PATH, json=body_of(), headers=key).status_code == 200
        told = {"ONSET_API_KEY": "secret", "COLUMNS": "120"}
        assert command("top", "--once", "--url", server.url, **told) == 0
        shown = capsys.readouterr().out
        assert "First sound" in shown and "spoken" in shown and "af_heart" in shown
        assert command("top", "--once", "--url", server.url, ONSET_API_KEY="wrong") == 1
        assert "401: it asks for a key" in capsys.readouterr().err


def test_no_server_is_told(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("top", "--once", "--url", "http://127.0.0.1:9") == 1
    assert "does not answer" in capsys.readouterr().err
