"""Where audio is written: a file is there whole or not at all, and nothing else is replaced."""

import os
from pathlib import Path

import pytest

from command_line import samples_of
from onset.cli.speaking.outputs import wav_file
from onset.errors import AssetError


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), wav_file(path) as write:
        write(bytes(1000))
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    with wav_file(path) as write:
        write(bytes(1000))
    assert len(samples_of(path)) == 500
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    link, path = tmp_path / "link.wav", tmp_path / "real.wav"
    link.symlink_to(path)
    with wav_file(link) as write:
        write(bytes(10))
    assert link.is_symlink()
    assert len(samples_of(path)) == 5


def test_what_is_no_file_is_not_replaced_by_one() -> None:
    with wav_file(Path(os.devnull)) as write:
        write(bytes(10))
    assert Path(os.devnull).is_char_device()


def test_a_full_disk_is_told() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    with pytest.raises(AssetError, match="No space left"), wav_file(full) as write:
        write(bytes(10))
