"""Make the voice asset and its test fixture from the voice packs in the npm package kokoro-js.

    python scripts/fitting/build_voices.py [kokoro-js-1.2.1.tgz]

Without a tarball it runs `npm pack`. A pack is float32 [510, 256]. Stacked side by side the 54
packs are a matrix of 510 x 13824 whose singular values fall to noise after a dozen, because every
pack runs through the same few curves over the phoneme count. So the asset is a truncated singular
value decomposition: curves float32 [510, R] and mixtures float32 [54, R, 256]. Two runs give the
same bytes; another processor may give other last bits, with the same errors.
"""

import argparse
import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TypeAlias

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # more threads sum in another order: other last bits

import numpy as np
import numpy.typing as npt

PACKAGE = "kokoro-js@1.2.1"
SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"
ROWS, STYLE = 510, 256
RANK = 16
"""Curves that are kept. Largest error by rank: 10: 5.3e-4, 12: 9.3e-5, 16: 5.8e-5, 24: 4.8e-5, 32:
4.1e-5. Beyond 16 only noise is left. Mixtures in float16 would halve the file but cost 1.2e-3."""

SAMPLED = (1, 3, 17, 60, 200, 510)
"""The phoneme counts whose original rows the fixture keeps."""

Packs: TypeAlias = npt.NDArray[np.float32]
ROOT = Path(__file__).parents[2]


def main() -> None:
    """Read the packs, write both files, print sizes and errors."""
    options = arguments()
    names, packs = read(options.tarball.read_bytes() if options.tarball else fetch())
    curves, mixtures = decompose(packs, RANK)
    np.savez(options.asset, names=np.array(names), curves=curves, mixtures=mixtures)
    write_fixture(options.fixture, names, packs)
    report(names, packs, curves, mixtures)
    for path in (options.asset, options.fixture):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tarball", type=Path, nargs="?")
    parser.add_argument("--asset", type=Path, default=ROOT / "src/onset/data/voices.npz")
    parser.add_argument("--fixture", type=Path, default=ROOT / "tests/data/voices_sample.npz")
    return parser.parse_args()


def fetch() -> bytes:
    """Download the tarball with npm."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, PACKAGE]
        subprocess.run(command, check=True)
        return next(Path(folder).glob("*.tgz")).read_bytes()


def read(tarball: bytes) -> tuple[list[str], Packs]:
    """Names in alphabetical order and packs, float32 [54, 510, 256]. Raises SystemExit."""
    digest = hashlib.sha256(tarball).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"The tarball has sha256 {digest}, expected {SHA256} ({PACKAGE}).")
    packs: dict[str, npt.NDArray[np.float32]] = {}
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        for member in archive:
            path, file = Path(member.name), archive.extractfile(member)
            if file is not None and path.parent.name == "voices":
                packs[path.stem] = np.frombuffer(file.read(), "<f4").reshape(ROWS, STYLE)
    names = sorted(packs)
    return names, np.stack([packs[name] for name in names])


def decompose(packs: Packs, rank: int) -> tuple[Packs, Packs]:
    """Curves float32 [510, rank] and mixtures float32 [voices, rank, 256] nearest to the packs."""
    # Not centred: the mean is one curve more or less, and one product decodes a row.
    wide = packs.astype(np.float64).transpose(1, 0, 2).reshape(ROWS, -1)
    curves = np.linalg.svd(wide, full_matrices=False)[0][:, :rank]
    curves *= np.sign(curves.sum(axis=0))  # a singular vector's sign is arbitrary: settle it
    mixtures = (curves.T @ wide).reshape(rank, -1, STYLE).transpose(1, 0, 2)
    return curves.astype(np.float32), np.ascontiguousarray(mixtures, np.float32)


def write_fixture(path: Path, names: list[str], packs: Packs) -> None:
    """Original rows [54, 6, 256] at the counts `sampled`, and the sum of every row [54, 510]."""
    rows = packs[:, np.array(SAMPLED) - 1]
    sums = packs.sum(axis=2, dtype=np.float64).astype(np.float32)
    np.savez(path, names=np.array(names), sampled=np.array(SAMPLED), rows=rows, sums=sums)


def report(names: list[str], packs: Packs, curves: Packs, mixtures: Packs) -> None:
    """Print the largest error of the decoded packs, as the reader will decode them."""
    errors = np.array(
        [np.abs(curves @ mix - pack).max() for pack, mix in zip(packs, mixtures, strict=True)]
    )
    print(f"{len(names)} voices, rank {curves.shape[1]}, largest value {np.abs(packs).max():.2f}")
    print(f"largest error {errors.max():.1e} ({names[int(errors.argmax())]})")
    print(f"median over voices of the largest error {np.median(errors):.1e}")


if __name__ == "__main__":
    main()
