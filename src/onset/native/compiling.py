"""Compiling the native library: `python -m onset.native.compiling` makes it beside this file.

It takes a C compiler and some seconds. The build of the package does the same (hatch_build.py),
which loads this file alone: it must import nothing but the standard library.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).parent

LIBRARY_NAME = "libonset_native.so"

DIGEST_SUFFIX = ".sha256"
"""Of the file beside it that has its sha256: to load a damaged library may end the process."""

COMPILERS = ("cc", "gcc", "clang")
"""Looked for in this order, after the environment's CC."""

# No contraction: a product and a sum rounded at once would differ between processors.
FLAGS = (
    *("-O3", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off"),
    *("-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra"),
)

KINDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "x86_64": {
        "avx512vnni": ("-march=x86-64-v4", "-mavx512vnni", "-mprefer-vector-width=512"),
        "avxvnni": ("-march=x86-64-v3", "-mavxvnni"),
        "avx2": ("-march=x86-64-v3",),
        "sse4": ("-msse4.1",),
    },
    "aarch64": {"neon": ()},
}
"""Flags of each kind of kernels, by machine."""

ZIG = (sys.executable, "-P", "-m", "ziglang", "cc")
"""A compiler for other machines, in the package `ziglang`."""

WHEELS = {
    "x86_64-linux-gnu.2.17": ("x86_64", "manylinux_2_17_x86_64"),
    "aarch64-linux-gnu.2.17": ("aarch64", "manylinux_2_17_aarch64"),
    "x86_64-macos.11.0": ("x86_64", "macosx_11_0_x86_64"),
    "aarch64-macos.11.0": ("aarch64", "macosx_11_0_arm64"),
    "x86_64-windows-gnu": ("x86_64", "win_amd64"),
}
"""Zig's targets that wheels are made for: the machine, and the wheel's tag."""

MACHINES = {"AMD64": "x86_64", "arm64": "aarch64"}
"""Other names of the same machines."""


class CompilerMissing(Exception):
    """There is no compiler, or it cannot compile this; the message says which."""


def compile_library(
    target: Path, machine: str | None = None, compiler: Sequence[str] | None = None
) -> list[str]:
    """Compile for a machine, this one by default; the kinds that are in it.

    compiler: a command with its first arguments. Raises CompilerMissing.
    """
    machine = machine or platform.machine()
    kinds = KINDS.get(MACHINES.get(machine, machine))
    if kinds is None or (compiler is None and os.name != "posix"):
        raise CompilerMissing(f"There are no native kernels for {platform.system()} {machine}.")
    command = list(compiler or _compiler())
    if "ziglang" in command:  # it writes the names of processors otherwise
        renamed = {k: [f.replace("x86-64-v", "x86_64_v") for f in v] for k, v in kinds.items()}
        kinds = renamed
    with TemporaryDirectory(prefix="onset-native-") as scratch:
        objects: dict[str, str] = {}
        for kind, flags in kinds.items():
            out = f"{scratch}/{kind}.o"
            # An old compiler does not know the newest processors: then their kind is left out.
            if _succeeds([*command, *FLAGS, *flags, f"-DKIND={kind}", *_source("kernels", out)]):
                objects[kind] = out
        if not objects:
            raise CompilerMissing(f"{command[0]} cannot compile the native kernels.")
        known = [f"-DWITH_{kind}" for kind in objects]
        for name in ("library", "threads"):
            _run([*command, *FLAGS, *known, *_source(name, f"{scratch}/{name}.o")])
        parts = [f"{scratch}/library.o", f"{scratch}/threads.o", *objects.values()]
        linked = f"{scratch}/{LIBRARY_NAME}"
        _run([*command, "-shared", "-o", linked, *parts, "-lpthread"])
        digest = hashlib.sha256(Path(linked).read_bytes()).hexdigest()
        # Renamed, since a process may have the old one in use.
        staged = target.with_suffix(".new")
        shutil.copyfile(linked, staged)
        staged.replace(target)
        target.with_suffix(DIGEST_SUFFIX).write_text(digest)
    return list(objects)


def compile_for(target: str, library: Path) -> str:
    """Compile with zig for one of WHEELS; the tag of its wheel. Raises CompilerMissing."""
    if target not in WHEELS:
        raise CompilerMissing(f"{target} is none of {', '.join(WHEELS)}.")
    machine, tag = WHEELS[target]
    kinds = compile_library(library, machine, [*ZIG, "-target", target])
    if kinds != list(KINDS[machine]):
        raise CompilerMissing(f"zig compiled only {', '.join(kinds)} for {target}.")
    return f"py3-none-{tag}"


def _compiler() -> list[str]:
    asked = os.environ.get("CC") or sysconfig.get_config_var("CC") or ""
    for command in (asked.split(), *([name] for name in COMPILERS)):
        if command and shutil.which(command[0]):
            return command
    raise CompilerMissing("There is no C compiler: none of CC, cc, gcc and clang was found.")


def _source(name: str, out: str) -> list[str]:
    return ["-c", str(FOLDER / f"{name}.c"), "-o", out]


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, check=True, text=True)
    except subprocess.CalledProcessError as error:
        raise CompilerMissing(f"{command[0]} failed: {error.stderr.strip()}") from error


def main() -> int:
    """Compile in place and tell how it went."""
    try:
        kinds = compile_library(FOLDER / LIBRARY_NAME)
    except CompilerMissing as error:
        print(f"{error} Onset will use ONNX Runtime alone.", file=sys.stderr)
        return 1
    print(f"{LIBRARY_NAME} for {', '.join(kinds)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
