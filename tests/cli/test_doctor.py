"""`onset doctor` as a person and as a machine read it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from onset.cli.checks import Check
from onset.cli.doctor import result_line
from onset.config import Settings


def test_a_line_has_the_remedy_below_it() -> None:
    lines = result_line(Check("port", False, "taken", "Stop it.")).plain.splitlines()
    assert lines == ["broken port       taken", " " * 18 + "Stop it."]


def test_the_whole_examination(settings: Settings, model_path: Path) -> None:
    environment = {**os.environ, "ONSET_CACHE_DIR": str(settings.cache_dir), "ONSET_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "onset", "doctor", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,  # proves that it ends, on any machine
    )
    found = json.loads(done.stdout)
    assert done.returncode == (0 if found["ok"] else 1)
    checks = {check["name"]: check for check in found["checks"]}
    for name in ("python", "espeak-ng", "cache", "model", "graphs", "port"):
        assert checks[name]["ok"], checks[name]
    assert checks["statistics"]["ok"], checks["statistics"]
    assert checks["speech"]["ok"] is not False, checks["speech"]
    assert done.stderr == ""
