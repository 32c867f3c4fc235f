"""A wheel for every machine that has one, cross-compiled with zig. Run by `make wheels`.

Each holds the library for its machine, which is checked by the head of the file.
"""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from onset.native.compiling import LIBRARY_NAME, WHEELS, compile_library

ROOT = Path(__file__).parents[2]

HEADS = {
    "x86_64-linux": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00",
    "aarch64-linux": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\xb7\x00",
    "x86_64-macos": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
    "aarch64-macos": b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01",
    "x86_64-windows": b"MZ",
}
"""How a library begins: ELF's or Mach-O's magic, and the machine; DOS's magic."""


def head(wheel: Path) -> bytes:
    """The first bytes of the library in a wheel."""
    with ZipFile(wheel) as archive:
        return archive.read(f"onset/native/{LIBRARY_NAME}")[:20]


def main() -> None:
    folder = ROOT / "dist"
    for target, (_, tag) in WHEELS.items():
        environment = os.environ | {"ONSET_NATIVE_TARGET": target}
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        (wheel,) = folder.glob(f"*{tag}.whl")
        expected = HEADS["-".join(target.split("-")[:2]).split(".")[0]]
        if not head(wheel).startswith(expected):
            raise SystemExit(f"{wheel.name} has a library of another machine")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    compile_library(ROOT / "src" / "onset" / "native" / LIBRARY_NAME)  # this machine's again


if __name__ == "__main__":
    main()
