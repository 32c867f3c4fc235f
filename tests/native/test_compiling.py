"""The library is compiled where there is a compiler; without one that is told in a sentence."""

from pathlib import Path

import pytest

from onset.native import compiling


def test_without_a_compiler_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    monkeypatch.setattr(compiling, "FOLDER", tmp_path)
    assert compiling.main() == 1
    told = capsys.readouterr().err
    assert told == (
        "There is no C compiler: none of CC, cc, gcc and clang was found. "
        "Onset will use ONNX Runtime alone.\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_machine_without_kernels_is_named(tmp_path: Path) -> None:
    with pytest.raises(compiling.CompilerMissing, match="no native kernels for .* riscv64"):
        compiling.compile_library(tmp_path / "library.so", "riscv64", ["cc"])


def test_a_compiler_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(compiling.CompilerMissing, match="false cannot compile"):
        compiling.compile_library(tmp_path / "library.so", "x86_64", ["false"])
    assert not list(tmp_path.iterdir())


def test_there_is_a_kind_for_every_old_processor() -> None:
    assert list(compiling.KINDS["x86_64"])[-1] == "sse4"
    assert set(compiling.MACHINES.values()) == set(compiling.KINDS)


def test_a_wheel_is_for_a_machine_with_kernels(tmp_path: Path) -> None:
    with pytest.raises(compiling.CompilerMissing, match="is none of x86_64-linux-gnu"):
        compiling.compile_for("mips-linux", tmp_path / "library.so")
    assert {machine for machine, _ in compiling.WHEELS.values()} == set(compiling.KINDS)
