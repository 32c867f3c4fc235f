"""What is documented is what is there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import onset
from onset import cli, wire
from onset.bench.measures import METRICS
from onset.config import Settings

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
README = (ROOT / "README.md").read_text()


def test_every_metric_is_documented_as_the_code_defines_it() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    for metric in METRICS:
        assert f"| `{metric.key}` | {metric.definition} |" in text


def test_every_path_and_field_is_in_the_protocol() -> None:
    text = (ROOT / "docs" / "protocol.md").read_text()
    for path in (wire.SPEECH_PATH, wire.VOICES_PATH, wire.MODELS_PATH, wire.HEALTH_PATH):
        assert path in text
    for header in (wire.DECODE, wire.SAMPLE_RATE_HEADER, wire.REQUEST_ID, wire.SERVER_TIMING):
        assert f"`{header}`" in text
    ours = {"input", "model", "voice", "response_format", "speed", "lang", "exact"}
    assert ours <= set(wire.SpeechRequest.model_fields)
    assert all(f"| `{field}` |" in text for field in ours)


def test_every_setting_is_in_the_readme() -> None:
    for name in Settings.model_fields:
        assert f"`ONSET_{name.upper()}`" in README


def test_every_command_is_in_the_readme() -> None:
    for name in cli.COMMANDS:
        assert f"onset {name}" in README


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_helps(name: str) -> None:
    result = CliRunner().invoke(cli.app, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert get_command(cli.app)


def test_links_lead_somewhere() -> None:
    for page in DOCS:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_files_named_in_backticks_exist() -> None:
    known = {path.name for path in ROOT.rglob("*.py")} | {path.name for path in ROOT.glob("*")}
    for page in DOCS:
        for name in re.findall(r"`(?:[a-z]+/)*([a-z_]+\.py)`", page.read_text()):
            assert name in known, f"{page.name}: {name}"


def test_the_public_names_are_these() -> None:
    assert sorted(onset.__all__) == sorted(set(onset.__all__))
    for name in onset.__all__:
        assert getattr(onset, name) is not None


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[0]) > 1


def test_the_curl_of_the_readme_is_what_the_server_takes() -> None:
    (body,) = re.findall(r"-d '(\{.+?\})'", README, re.DOTALL)
    request = wire.SpeechRequest.model_validate(json.loads(body))
    assert request.input and request.response_format in ("pcm", "wav")
