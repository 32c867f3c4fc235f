"""The tools of agents, through a real daemon and a server around a fake model."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_line import Command, daemon, finished, process
from fakes import HaltableBackend, Running, eventually, fake_engine, serving
from onset.cli.integration.speech_tools import LONGEST_SPOKEN, SpeechTools
from onset.config import Settings, load_settings
from onset.errors import InvalidRequest, Unavailable
from onset.playback.daemon_client import connect

LONG = "Many words that are spoken for a while. " * 20


def no_start(_: Settings) -> None:
    """There is a daemon, or there is to be none."""


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(lambda: fake_engine(backend=HaltableBackend(0.005))) as running:
        yield running


@pytest.fixture
def environment(server: Running, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What finds a server and a daemon."""
    with daemon(tmp_path / "run") as found:
        yield found | {"ONSET_PORT": str(server.port)}


@pytest.fixture
def tools(environment: dict[str, str]) -> SpeechTools:
    return SpeechTools(load_settings(environment), "agent", no_start)


def state(tools: SpeechTools) -> Any:
    return tools.status()["state"]


def test_speech_is_queued_paused_resumed_and_stopped(tools: SpeechTools) -> None:
    assert tools.speak(LONG) == {"queued": True, "ahead": 0, "characters": len(LONG.strip())}
    eventually(lambda: bool(state(tools) == "playing"), 20)
    assert tools.speak("And then.")["ahead"] == 1
    assert tools.status()["waiting"] == 1
    assert tools.control("pause")["state"] == "paused"
    assert tools.control("resume")["state"] == "playing"
    assert tools.control("stop")["waiting"] == 0
    eventually(lambda: bool(state(tools) == "idle"), 20)


def test_what_cannot_wait_interrupts(tools: SpeechTools) -> None:
    tools.speak(LONG)
    eventually(lambda: bool(state(tools) == "playing"), 20)
    tools.speak("Now.", when="interrupt")
    eventually(lambda: bool(state(tools) == "idle"), 20)  # far sooner than LONG would end


def test_a_voice_is_kept_for_each_caller(tools: SpeechTools, environment: dict[str, str]) -> None:
    other = SpeechTools(load_settings(environment), "other", no_start)
    assert tools.keep_voice("bf_emma") == {"caller": "agent", "voice": "bf_emma"}
    assert tools.status()["voice"] == "bf_emma" and other.status()["voice"] is None
    assert tools.keep_voice(None)["voice"] is None
    with pytest.raises(InvalidRequest, match="Choices"):
        tools.keep_voice("nobody")


def test_code_is_announced_and_not_spelled_out(tools: SpeechTools) -> None:
    text = "Done:\n\n```python\nfor x in range(3):\n    print(x)\n```\n\nIt *works*."
    assert tools.speak(text)["characters"] < len(text)
    assert "range" not in tools._spoken(text, "en-us", None)
    assert "works" in tools._spoken(text, "en-us", None)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "a" * (LONGEST_SPOKEN + 1)}, "text"),
        ({"text": "a", "voice": "nobody"}, "voice"),
        ({"text": "a", "speed": 9.0}, "speed"),
        ({"text": "a", "lang": "xx"}, "lang"),
    ],
)
def test_what_cannot_be_said_is_refused(
    tools: SpeechTools, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        tools.speak(**fields)
    assert caught.value.param == param


def test_voices_and_performance(tools: SpeechTools) -> None:
    assert len(tools.voices()) == 54
    assert {voice["language"] for voice in tools.voices("fr-fr")} == {"fr"}
    told = tools.performance()
    assert told["ready"] is True and set(told) == {"ready", "ttfa", "alerts", "recommendations"}


def test_without_a_server_it_says_how_to_start_one(tmp_path: Path) -> None:
    with daemon(tmp_path / "run") as environment:
        tools = SpeechTools(load_settings(environment, port=1), "agent", no_start)
        with pytest.raises(Unavailable, match="onset serve"):
            tools.speak("a")
        with pytest.raises(Unavailable, match="onset serve"):
            tools.performance()
        assert tools.status()["server"] == "free"


def test_without_a_daemon_there_is_silence_and_one_is_started(
    server: Running, tmp_path: Path
) -> None:
    settings = load_settings({}, port=server.port, socket=tmp_path / "none.sock")
    tools = SpeechTools(settings, "agent", no_start)
    assert tools.status()["state"] == "idle"
    with pytest.raises(Unavailable, match="onset play"):
        tools.speak("a")
    started = list[Settings]()
    with pytest.raises(Unavailable):
        SpeechTools(settings, "agent", started.append).speak("a")
    assert started == [settings]


def test_the_end_of_a_turn_is_read_aloud(environment: dict[str, str]) -> None:
    event = {"hook_event_name": "Stop", "last_assistant_message": f"It is done. {LONG}"}
    running = process("turn", "--most", "60", **environment)
    out, err = running.communicate(json.dumps(event).encode(), timeout=60)
    assert (running.returncode, out, err) == (0, b"", b"")
    with connect(Path(environment["ONSET_SOCKET"])) as remote:
        eventually(lambda: bool(remote.control("status")["counters"]["played"] == 1), 20)
        assert remote.control("status")["counters"]["heard_s"] < 10


def test_codex_hands_its_turn_over_as_an_argument(environment: dict[str, str]) -> None:
    event = json.dumps({"type": "agent-turn-complete", "last-assistant-message": "Done."})
    assert finished(process("turn", event, **environment)) == (0, b"", "")


@pytest.mark.parametrize("event", ["no json", '{"last-assistant-message": "Hello."}'])
def test_a_turn_that_cannot_be_read_never_fails(
    event: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("turn", event, ONSET_SOCKET="/nonexistent/x") == 0
    assert capsys.readouterr().err.startswith("onset: ")


def test_an_agent_waits_for_no_library_of_the_model() -> None:
    """The server has them; spaCy alone takes as long to load as all the rest."""
    heavy = "{'spacy', 'misaki', 'onnxruntime', 'onnx', 'scipy'} & set(sys.modules)"
    code = f"import sys, onset.cli.integration.turn; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)
