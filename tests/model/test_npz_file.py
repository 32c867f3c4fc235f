"""Damaged and swollen .npz files are refused by one error."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from onset.errors import AssetError
from onset.model import adain_predictor
from onset.model.npz_file import LARGEST, read_npz


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    np.savez_compressed(tmp_path / "whole.npz", a=np.arange(1000), b=np.ones((3, 4), np.float32))
    return tmp_path / "whole.npz"


def test_what_was_written_is_read(whole: Path) -> None:
    read = read_npz(whole)
    assert set(read) == {"a", "b"} and read["a"][999] == 999


@pytest.mark.parametrize("part", range(20))
@pytest.mark.parametrize("asset", [None, adain_predictor.ASSET])
def test_damage_has_one_error(whole: Path, tmp_path: Path, part: int, asset: Path | None) -> None:
    data = bytearray((asset or whole).read_bytes())
    damaged = tmp_path / "damaged.npz"
    where = part * len(data) // 20
    ways = (data[:where], data[:where] + bytes(64) + data[where + 64 :])
    for way in ways:
        damaged.write_bytes(way)
        try:
            read_npz(damaged)
        except ValueError:
            pass
        try:
            adain_predictor.load(damaged)
        except AssetError as error:
            assert "predicted statistics" in str(error)


def test_gigabytes_in_a_small_file_are_refused_at_once(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.npy", "w") as member:
            for _ in range(LARGEST // (1 << 20) + 1):
                member.write(bytes(1 << 20))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(ValueError, match="more than"):
        read_npz(bomb)


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError):
        read_npz(tmp_path / "x.npz")
