"""The native kernels with other compilers, under sanitizers, for ARM and for Windows.

Every build must give the bits that tests/native/test_library.py has. What is not installed is
skipped and named. Run by `make test-native`; on Debian everything is there after
`apt-get install clang gcc-aarch64-linux-gnu qemu-user-static wine`, and `pip install ziglang`.
"""

import hashlib
import importlib.util
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from onset.native.compiling import FLAGS, FOLDER, KINDS, MACHINES
from onset.native.library import in_blocks
from onset.native.packing import pack

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "native"))

from plain import Case  # noqa: E402
from test_library import BITS  # noqa: E402

HERE = MACHINES.get(platform.machine(), platform.machine())


@dataclass(frozen=True, slots=True)
class Build:
    """A compiler, what else it is told, for which machine, and what runs the result."""

    name: str
    compiler: Sequence[str]
    flags: Sequence[str] = ()
    machine: str = HERE
    runner: Sequence[str] = ()

    def lacking(self) -> str | None:
        """The program that is not installed."""
        programs = (self.compiler[0], *self.runner[:1])
        return next((name for name in programs if shutil.which(name) is None), None)


def builds() -> Iterator[Build]:
    """All builds, installed or not."""
    for compiler in ("gcc", "clang"):
        yield Build(compiler, [compiler])
    zig = [sys.executable, "-P", "-m", "ziglang", "cc"]
    if importlib.util.find_spec("ziglang"):
        yield Build("zig", zig)
        yield Build(
            "zig, ARM",
            [*zig, "-target", "aarch64-linux-musl"],
            ["-static"],
            "aarch64",
            ["qemu-aarch64-static"],
        )
        windows = [*zig, "-target", "x86_64-windows-gnu"]
        yield Build("zig, Windows", windows, machine="x86_64", runner=["wine"])
    else:
        yield Build("zig", ["ziglang"])
    for sanitizer in ("address,undefined", "thread"):
        flags = [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-g"]
        yield Build(f"gcc, {sanitizer}", ["gcc"], flags)
    cross = ["aarch64-linux-gnu-gcc"]
    yield Build("gcc, ARM", cross, ["-static"], "aarch64", ["qemu-aarch64-static"])


def compiled(build: Build, folder: Path) -> Path:
    """The program of tests/native/convolve.c."""
    objects, command = [], [*build.compiler, *FLAGS, *build.flags, f"-I{FOLDER}"]
    for kind, flags in KINDS[build.machine].items():
        if "ziglang" in build.compiler:  # it writes the names of processors otherwise
            flags = [flag.replace("x86-64-v", "x86_64_v") for flag in flags]
        objects.append(folder / f"{kind}.o")
        source = [f"-DKIND={kind}", "-c", str(FOLDER / "kernels.c"), "-o", str(objects[-1])]
        subprocess.run([*command, *flags, *source], check=True)
    known = [f"-DWITH_{kind}" for kind in KINDS[build.machine]]
    sources = [FOLDER / "library.c", FOLDER / "threads.c", ROOT / "tests/native/convolve.c"]
    program = folder / "convolve.exe"  # the only name under which Windows runs it
    parts = [str(path) for path in (*sources, *objects)]
    subprocess.run([*command, *known, *parts, "-o", str(program), "-lpthread"], check=True)
    return program


def write(case: Case, path: Path) -> None:
    """A case as convolve.c reads it."""
    packed = pack(case.weight, case.bias, dilation=case.dilation, integer=True)
    numbers = (
        *(packed.integer, packed.fused, packed.inputs, packed.padded_inputs),
        *(packed.padded_outputs, packed.block, packed.taps, packed.groups),
        *(packed.dilation, packed.before),
    )
    nothing = np.zeros(0, np.float32)
    curve = [case.alpha / np.pi, 1 / case.alpha] if case.snake else [nothing, nothing]
    parts = [
        np.array(numbers, np.int32),
        *(packed.weights, packed.scales, packed.bias, packed.relative, *case.affine),
        *(part.astype(np.float32) for part in curve),
        *(in_blocks(case.x), in_blocks(case.residual)),
    ]
    with path.open("wb") as file:
        for part in parts:
            file.write(part.nbytes.to_bytes(8, "little") + np.ascontiguousarray(part).tobytes())


def bits(case: Case, output: bytes) -> str:
    """As test_library.bits has them."""
    blocks = np.frombuffer(output, "<f4").reshape(-1, case.positions, 32)
    y = blocks.transpose(0, 2, 1).reshape(-1, case.positions)[: case.outputs]
    return hashlib.sha256(np.ascontiguousarray(y).tobytes()).hexdigest()[:16]


def check(build: Build, folder: Path) -> str:
    """How a build went: its kinds, all with the right bits. Raises on the first that is not."""
    program = [*build.runner, str(compiled(build, folder))]
    kinds = subprocess.run(program, check=True, capture_output=True, text=True).stdout.split()
    if not kinds:
        raise SystemExit(f"{build.name}: this machine can run none of its kernels")
    for number, (case, expected) in enumerate(BITS.items()):
        path = folder / f"{number}.bin"
        write(case, path)
        for kind in kinds:
            for threads in ("1", "3"):
                run = subprocess.run([*program, kind, threads, str(path)], capture_output=True)
                if run.returncode:
                    raise SystemExit(f"{build.name}, {kind}: {run.stderr.decode()}")
                if bits(case, run.stdout) != expected:
                    raise SystemExit(f"{build.name}, {kind}: other bits for {case}")
    return f"{', '.join(kinds)}: {len(BITS)} convolutions with the same bits"


def main() -> None:
    for build in builds():
        if lacking := build.lacking():
            print(f"{build.name:24} skipped: no {lacking}")
            continue
        with TemporaryDirectory() as folder:
            print(f"{build.name:24} {check(build, Path(folder))}", flush=True)


if __name__ == "__main__":
    main()
