"""What is documented is what is there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import onset
from decoded import decoded
from fakes import fake_engine, serving
from onset.bench.analysis.metrics import METRICS
from onset.cli import command_group
from onset.cli.settings import setting_rows
from onset.monitoring.alerts.alert_rules import alert_lines
from onset.monitoring.metrics.metric_table import metric_lines
from onset.monitoring.recommendations.live_recommendations import recommendation_lines

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "docs/log/README.md"])
README = (ROOT / "README.md").read_text()
OURS = "http://127.0.0.1:8880"
"""Where the pages say that the server is."""


def test_every_metric_is_documented_as_the_code_defines_it() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    for metric in METRICS:
        assert f"| `{metric.key}` | {metric.definition} |" in text


def test_every_setting_is_documented_as_the_code_defines_it() -> None:
    assert "\n".join(setting_rows()) in (ROOT / "docs" / "settings.md").read_text()


def test_every_command_is_in_the_readme() -> None:
    for name in command_group.COMMANDS:
        assert f"onset {name}" in README


@pytest.mark.parametrize("name", command_group.COMMANDS)
def test_every_command_helps(name: str) -> None:
    result = CliRunner().invoke(command_group.app, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert get_command(command_group.app)


def test_links_lead_somewhere() -> None:
    for page in DOCS:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_lines_are_at_most_100_columns_but_for_tables() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for line in page.read_text().splitlines():
            assert len(line) <= 100 or line.startswith("|"), f"{page.name}: {line}"


def test_no_page_has_a_place_that_was_to_be_filled_in() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    assert [page.name for page in pages if re.search("@@|TODO|FIXME", page.read_text())] == []


def test_files_named_in_backticks_exist() -> None:
    known = {path.name for path in ROOT.rglob("*.py")} | {path.name for path in ROOT.glob("*")}
    for page in DOCS:
        for name in re.findall(r"`(?:[a-z]+/)*([a-z_]+\.py)`", page.read_text()):
            assert name in known, f"{page.name}: {name}"


def test_every_fault_of_the_page_on_security_has_its_tests() -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    _, _, table = page.partition("| fault | test")
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) >= 40
    for row in rows:
        named = re.findall(r"`([a-z0-9_/]+\.py)::(test_\w+)`", row)
        assert named, row
        for path, name in named:
            assert f"def {name}(" in (ROOT / "tests" / path).read_text(), f"{path}::{name}"


def test_entries_of_the_log_that_the_code_names_exist() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        for entry in re.findall(r"docs/log[\w./-]*", path.read_text()):
            assert (ROOT / entry.rstrip(".")).exists(), f"{path.name}: {entry}"


def test_the_public_names_are_these() -> None:
    assert sorted(onset.__all__) == sorted(set(onset.__all__))
    for name in onset.__all__:
        assert getattr(onset, name) is not None


def run_python(code: str, folder: Path, **environment: str) -> str:
    """What a script printed, run in a process of its own in `folder`."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=600,  # a machine that runs other tests beside it
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_library_of_the_readme_speaks(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(from onset .+?)```", README, re.DOTALL)
    assert float(run_python(code, tmp_path).split()[0]) > 1


def test_the_openai_client_of_the_readme_writes_its_file(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(from openai .+?)```", README, re.DOTALL)
    with serving(fake_engine) as server:
        run_python(code.replace(OURS, server.url), tmp_path)
    assert len(decoded((tmp_path / "hello.mp3").read_bytes(), "mp3")) > 24_000


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_curl_of_the_readme_gets_a_wav(tmp_path: Path) -> None:
    (command,) = re.findall(r"```sh\n(curl .+?) \| aplay\n```", README, re.DOTALL)
    with serving(fake_engine) as server:
        written = f"{command.replace(OURS, server.url)} --silent --fail --output hello.wav"
        subprocess.run(["sh", "-c", written], cwd=tmp_path, timeout=60, check=True)
    assert len(decoded((tmp_path / "hello.wav").read_bytes(), "wav")) > 24_000


def test_the_program_of_the_playback_page_plays_both(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "playback.md").read_text()
    (code,) = re.findall(r"```python\n(.+?)```", page, re.DOTALL)
    own = {"ONSET_SOCKET": str(tmp_path / "run" / "play.sock"), "ONSET_DEVICE": "null"}
    daemon = subprocess.Popen(
        [sys.executable, "-m", "onset", "play"], env=os.environ | own, stderr=subprocess.PIPE
    )
    assert daemon.stderr is not None
    try:
        assert b"Playing" in daemon.stderr.readline()
        with serving(fake_engine) as server:
            printed = run_python(code.replace(OURS, server.url), tmp_path, **own)
    finally:
        daemon.terminate()
        daemon.wait(20)
        daemon.stderr.close()
    assert printed.split() == ["complete", "complete"]


TABLES = {"metrics": metric_lines, "alerts": alert_lines, "rules": recommendation_lines}
"""The tables of docs/monitoring.md that the code makes, by the comments around them."""


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_the_monitoring_page_are_those_of_the_code(name: str) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    (table,) = re.findall(rf"<!-- {name} -->\n(.*)<!-- /{name} -->", page, re.DOTALL)
    assert table.splitlines() == list(TABLES[name]())
