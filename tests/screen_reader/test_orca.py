"""Orca itself, on a screen that nobody sees, reads a window aloud through our module."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sound_server import recording, sound_server
from speechd_server import missing, speech_dispatcher

FAKE = str(Path(__file__).parents[1] / "fake_speechd.py")
PROGRAMS = ("orca", "Xvfb", "zenity", "dbus-run-session")
REGISTRY = Path("/usr/libexec/at-spi-bus-launcher")

SESSION = """
Xvfb :77 -screen 0 800x600x24 -nolisten tcp & X=$!
export DISPLAY=:77 GTK_MODULES=gail:atk-bridge GDK_BACKEND=x11
sleep 2
/usr/libexec/at-spi-bus-launcher --launch-immediately --a11y=1 --screen-reader=1 & A=$!
sleep 1
orca --debug-file="$1/orca.out" & O=$!
for _ in $(seq 60); do grep -q "Screen reader on" "$1/orca.out" && break; sleep 1; done
timeout 10 zenity --question --text="Shall this window be read aloud?"
kill -9 $O; kill $A $X
sleep 1
"""
"""A session of its own: a screen, the registry of what is on it, Orca, and a window."""


def absent() -> str | None:
    """What is not installed here, None if all is."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if lacking or not REGISTRY.exists():
        return f"not installed: {', '.join(lacking) or REGISTRY} (Debian: orca xvfb zenity dbus)"
    return missing()


@pytest.mark.skipif(absent() is not None, reason=absent() or "")
def test_orca_reads_a_window_aloud(tmp_path: Path) -> None:
    with (
        sound_server(tmp_path, 48_000) as sound,
        recording(sound) as made,
        speech_dispatcher(tmp_path, sound, [sys.executable, FAKE]) as spd,
    ):
        own = {"PYTHONPATH": "", "LANG": "C.UTF-8", "XDG_CONFIG_HOME": str(tmp_path / "config")}
        own |= {"XDG_DATA_HOME": str(tmp_path / "data")}
        subprocess.run(
            ["dbus-run-session", "--", "sh", "-c", SESSION, "orca", str(tmp_path)],
            env={**spd.environment, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=180,
            check=False,
        )
        loud = int((np.abs(made.samples) > 60).sum()) / made.rate
    told = (tmp_path / "orca.out").read_text(errors="replace")
    assert "Screen reader on" in told and "Shall this window be read aloud?" in told
    print(f"\nOrca was heard for {loud:.1f} s")
    assert loud > 2
