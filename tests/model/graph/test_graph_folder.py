"""The engine's files: whole, synced, readable, and made again when they are damaged."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from fakes import eventually
from onset.errors import AssetError
from onset.model.graph import graph_folder
from onset.model.graph.graph_folder import is_intact, made

NAMES = ("front.onnx", "trunk.bin", "states.json", "constants.npz")


def build(folder: Path) -> None:
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(bytes([number + 1]) * 10_000)
        (folder / name).chmod(0o600)  # as onnx leaves its weights


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def overwritten(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def flipped(path: Path) -> None:
    """One bit, under the old size and time."""
    times, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = (truncated, emptied, overwritten, flipped, Path.unlink, replaced)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path / "graphs" / "0123456789abcdef-v4", build)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_is_seen_and_repaired(
    folder: Path, name: str, damage: Callable[[Path], None]
) -> None:
    before = contents(folder)
    damage(folder / name)
    assert not is_intact(folder)
    assert contents(made(folder, build)) == before
    assert is_intact(folder)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_manifest_is_one_too(folder: Path, damage: Callable[[Path], None]) -> None:
    if damage is replaced:
        pytest.skip("only somebody could do that")
    damage(folder.with_suffix(".json"))
    if is_intact(folder):  # a bit that changes nothing
        return
    assert is_intact(made(folder, build))


def test_what_is_intact_is_not_made_again(folder: Path) -> None:
    def fail(folder: Path) -> None:
        raise AssertionError("It was built again.")

    assert made(folder, fail) == folder


def test_it_is_synced_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, os.rename

    def noted_sync(descriptor: int) -> None:
        steps.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        sync(descriptor)

    def noted_rename(source: Path, target: Path) -> None:
        steps.append("RENAME")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "rename", noted_rename)
    made(tmp_path / "graphs" / "0123456789abcdef-v4", build)
    before = steps[: steps.index("RENAME")]
    assert {*NAMES, ".build-0123456789abcdef-v4", "0123456789abcdef-v4.json"} <= set(before)
    assert steps[-1] == "graphs"


def test_others_can_read_it(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        folder = made(tmp_path / "graphs" / "0123456789abcdef-v4", build)
    finally:
        os.umask(umask)
    assert folder.stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    assert folder.with_suffix(".json").stat().st_mode & 0o777 == 0o644


def test_killed_builds_and_old_versions_go(folder: Path) -> None:
    graphs = folder.parent
    killed, old_build = graphs / f".build-{folder.name}", graphs / ".build-x1y2z3"
    running, other = graphs / ".build-fedcba9876543210-v4", graphs / "fedcba9876543210-v4"
    old = graphs / "0123456789abcdef-v2"
    for path in (killed, old_build, running, other, old):
        path.mkdir()
        (path / "weights").write_bytes(b"x" * 1000)
    (graphs / "0123456789abcdef-v2.lock").touch()
    os.utime(old_build, (1, 1))
    truncated(folder / NAMES[0])
    made(folder, build)
    left = {path.name for path in graphs.iterdir() if path.is_dir()}
    assert left == {folder.name, running.name, other.name}
    assert not (graphs / "0123456789abcdef-v2.lock").exists()


KILLED = """
import sys, time
from pathlib import Path
from onset.model.graph.graph_folder import made
def build(folder):
    (folder / "half").write_bytes(b"x" * 1000)
    print("half", flush=True)
    time.sleep(60)
made(Path(sys.argv[1]), build)
"""


def test_after_a_kill_the_next_start_makes_it_and_cleans_up(tmp_path: Path) -> None:
    folder = tmp_path / "graphs" / "0123456789abcdef-v4"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    made(folder, build)
    assert {path.name for path in folder.parent.iterdir() if path.is_dir()} == {folder.name}


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        (folder / "half").write_bytes(b"x")
        raise OSError(28, "No space left on device")

    folder = tmp_path / "graphs" / "0123456789abcdef-v4"
    with pytest.raises(AssetError, match="ONSET_CACHE_DIR"):
        made(folder, full)
    assert not [path for path in folder.parent.iterdir() if path.is_dir()]
    assert not folder.with_suffix(".json").exists()


def test_a_suspended_builder_is_told_and_not_waited_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(graph_folder, "TELL_SECONDS", 0.1)
    monkeypatch.setattr(graph_folder, "LOCK_SECONDS", 0.3)
    folder = tmp_path / "graphs" / "0123456789abcdef-v4"
    folder.parent.mkdir()
    begun = time.monotonic()
    with FileLock(folder.with_suffix(".lock")), pytest.raises(AssetError, match="stop it"):
        made(folder, build)
    assert time.monotonic() - begun < 10
    assert any("waiting" in record.message for record in caplog.records)


def test_two_that_start_together_build_once(tmp_path: Path) -> None:
    folder, builds = tmp_path / "graphs" / "0123456789abcdef-v4", list[int]()

    def slowly(scratch: Path) -> None:
        builds.append(1)
        time.sleep(0.2)
        build(scratch)

    both = [threading.Thread(target=made, args=(folder, slowly)) for _ in range(2)]
    for thread in both:
        thread.start()
    eventually(lambda: not any(thread.is_alive() for thread in both), 20)
    assert builds == [1] and is_intact(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_uses_it_or_is_told(folder: Path) -> None:
    for path in (folder, *folder.parents):
        if path.stat().st_uid == 0 and len(path.parts) > 2:
            path.chmod(path.stat().st_mode | 0o055)
    code = "import sys; from pathlib import Path; from onset.model.graph.graph_folder import *\n"
    code += "import os; from onset.errors import AssetError\n"
    code += "os.setuid(65534)\n"
    code += "try: print(made(Path(sys.argv[1]), lambda folder: None))\n"
    code += "except AssetError as error: print(error)\n"

    def told() -> str:
        return subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert told().strip() == str(folder)
    (folder / NAMES[0]).chmod(0o600)
    assert "ONSET_CACHE_DIR" in told()
