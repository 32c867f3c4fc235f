"""Our module in a user's configuration: found by itself, or named where others are."""

import os
import subprocess
from pathlib import Path

import pytest

from onset.errors import AssetError
from onset.screen_reader.speechd_setup import install_module, uninstall_module

PYTHON = "/home/an na/bin/python"
PROGRAM = ".local/libexec/speech-dispatcher-modules/sd_onset"
CONFIGURATION = ".config/speech-dispatcher/speechd.conf"


def test_a_module_that_is_looked_for_needs_no_configuration(tmp_path: Path) -> None:
    system = tmp_path / "speechd.conf"
    system.write_text('LogLevel 3\n#AddModule "festival" "sd_festival"\n')
    assert install_module(tmp_path, {}, PYTHON, system) == [tmp_path / PROGRAM]
    program = tmp_path / PROGRAM
    assert os.access(program, os.X_OK)
    assert program.read_text() == f"#!/bin/sh\nexec '{PYTHON}' -P -m onset speechd \"$@\"\n"
    assert not (tmp_path / CONFIGURATION).exists()
    assert uninstall_module(tmp_path, {}) and not program.exists()
    assert not uninstall_module(tmp_path, {})


@pytest.mark.parametrize("own", [True, False])
def test_where_modules_are_named_ours_is_too_and_once(tmp_path: Path, own: bool) -> None:
    system, mine = tmp_path / "speechd.conf", tmp_path / CONFIGURATION
    text = '# mine\nAddModule "espeak" "sd_espeak" "espeak.conf"'
    mine.parent.mkdir(parents=True)
    (mine if own else system).write_text(text)
    for _ in range(2):
        assert install_module(tmp_path, {}, PYTHON, system)[1:] == [mine]
    assert mine.read_text() == f'{text}\nAddModule "onset" "{tmp_path / PROGRAM}" "onset.conf"\n'
    assert uninstall_module(tmp_path, {})
    assert mine.read_text() == text + "\n"


def test_folders_of_the_environment_are_used(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path / "d" / "share"), "XDG_CONFIG_HOME": str(tmp_path)}
    (written,) = install_module(tmp_path / "home", environ, PYTHON, tmp_path / "none")
    assert written == tmp_path / "d/libexec/speech-dispatcher-modules/sd_onset"
    looked_for = tmp_path / "d/share/../libexec/speech-dispatcher-modules/sd_onset"
    assert looked_for.exists()
    assert subprocess.run(["sh", "-n", str(written)], check=False).returncode == 0


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("")
    with pytest.raises(AssetError, match="Cannot write"):
        install_module(tmp_path, {}, PYTHON, tmp_path / "none")
