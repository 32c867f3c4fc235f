"""The command `onset` itself: what it lists, loads and refuses."""

import subprocess
import sys

import pytest

import onset
from command_line import Command
from onset.cli.command_group import COMMANDS, load


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("voices", "--help")])
def test_no_model_library_is_loaded_to_tell_about_ourselves(arguments: tuple[str, ...]) -> None:
    probe = f"""
import sys
from onset.cli.main import main
sys.argv = ["onset", *{arguments!r}]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"onnxruntime", "onnx", "spacy", "misaki", "uvicorn", "miniaudio"}
    assert done.stdout


def test_version_is_told(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--version") == 0
    assert capsys.readouterr().out == f"onset {onset.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_summary_is_what_the_command_says_of_itself(name: str) -> None:
    told = load(name).help
    assert told is not None
    assert told.splitlines()[0] == COMMANDS[name][1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("sya",), "'say'"),
        (("say",), "text"),
        (("say", "hi", "--loud"), "--loud"),
        (("say", "hi", "--speed", "9"), "--speed"),
        (("say", "hi", "--speed", "nan"), "--speed"),
        (("say", ""), "no text"),
        (("say", " \n"), "no text"),
        (("say", "-"), "no text"),
        (("say", "\udcff"), "UTF-8"),
        (("say", "hi", "--voice", "af_hart"), "Choices: af_heart"),
        (("say", "hi", "--output", "hi.mp3"), "hi.wav"),
        (("serve", "--port", "99999"), "ONSET_PORT"),
        (("serve", "--threads", "0"), "ONSET_THREADS"),
        (("bench", "nothing"), "nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_a_hint(
    arguments: tuple[str, ...], told: str, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert "Traceback" not in err


def test_an_unknown_setting_is_refused_in_one_line(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("say", "hi", "--output", "-", ONSET_NONSENSE="1") == 2
    err = capsys.readouterr().err
    assert err.startswith("onset: Unknown setting ONSET_NONSENSE. Choices: ONSET_")
    assert "ONSET_CACHE_DIR" in err
    assert err.count("\n") == 1
