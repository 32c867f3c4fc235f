"""The fast part of `make attack`: every attack in turns, on a server without a model."""

import subprocess
import sys
from pathlib import Path

from fakes import fake_engine, serving
from onset.config import load_settings

SCRIPT = Path(__file__).parents[3] / "scripts" / "attack.py"


def test_no_attack_takes_the_server_away() -> None:
    settings = load_settings({}, port=0, drain_timeout=0, header_timeout=1.0, idle_timeout=2.0)
    with serving(fake_engine, settings) as server:
        command = [sys.executable, str(SCRIPT), "--seconds", "9", "--url", server.url]
        # This process is the server too, and as slow as the tests beside it: its table is shown,
        # and only a server that is gone fails.
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "BROKEN" not in done.stdout, done.stdout
    assert done.stdout.count("held") == 9, done.stdout + done.stderr


def test_a_server_that_is_gone_is_told() -> None:
    command = [sys.executable, str(SCRIPT), "--seconds", "1", "--url", "http://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "no connections" in done.stderr
