"""SIGKILL at random moments and at random bytes of a build: the next start is as if there was none.

Then a disk that is full, read-only, or another user's.
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attack.disk import BLIND, NOBODY, SOURCE, leftovers, said
from attack.findings import Finding, Part

KILLS_A_START = 5
"""Builds that are killed before one that is not."""

LONGEST_BUILD = 60.0
LATEST_KILL = 5.0
"""Seconds; a build takes three on a fast machine, and ten on a slow one."""

WHOLE = 330_000_000
"""Bytes of a whole cache, about."""

STRANGER = 65_534
"""The user id of nobody."""

BUILD = (
    "from onset.config import load_settings; from onset.engine.engine import load_backend; "
    "load_backend(load_settings())"
)


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder that another process changes."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size
    return total


def by_time(chance: random.Random) -> Callable[[Path, float], bool]:
    """Kill after so many seconds."""
    after = chance.uniform(0.5, LATEST_KILL)
    return lambda _, seconds: seconds > after


def by_bytes(chance: random.Random) -> Callable[[Path, float], bool]:
    """Kill when there are so many bytes more."""
    above = chance.randrange(WHOLE)
    return lambda cache, _: size_of(cache) > above


def environment(cache: Path) -> dict[str, str]:
    """For a process that uses this cache."""
    return os.environ | NOBODY | {"ONSET_CACHE_DIR": str(cache), "PYTHONPATH": str(SOURCE)}


def killed(cache: Path, due: Callable[[Path, float], bool]) -> bool:
    """Build until it is due, and kill. False: it ended before."""
    command = [sys.executable, "-P", "-c", BUILD]
    process = subprocess.Popen(command, env=environment(cache), stderr=subprocess.DEVNULL)
    begun = time.monotonic()
    try:
        while process.poll() is None and time.monotonic() - begun < LONGEST_BUILD:
            if due(cache, time.monotonic() - begun):
                return True
            time.sleep(0.02)
        return False
    finally:
        process.kill()
        process.wait()


def kills(
    how: Callable[[random.Random], Callable[..., bool]], seconds: float, seed: int
) -> Finding:
    """Builds that are killed, and now and then one that is not."""
    found, chance, hit = Finding(f"killed {how.__name__}".replace("_", " ")), random.Random(seed), 0
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        cache = Path(folder) / "cache"
        while time.monotonic() < end or not found.tries:
            shutil.rmtree(cache / "graphs", ignore_errors=True)
            if chance.random() < 0.3:
                shutil.rmtree(cache, ignore_errors=True)
            cache.mkdir(exist_ok=True)
            for _ in range(KILLS_A_START):
                hit += killed(cache, how(chance))
                found.tries += 1
            spoke, faults = said(environment(cache), Path(folder))
            found.faults += faults + leftovers(cache) + ([] if spoke else ["does not speak"])
    found.figures = f"{hit} in the middle of a build"
    return found


@contextlib.contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A disk of that size in memory. Raises CalledProcessError where it may not be mounted."""
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        subprocess.run(mount, check=True, capture_output=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def full_disk() -> Iterator[Finding]:
    """Disks on which the model, the graphs or the packed weights have no room."""
    for size in ("40m", "150m", "340m"):
        found = Finding(f"disk of {size}", 1)
        with small_disk(size) as cache, tempfile.TemporaryDirectory() as folder:
            spoke, faults = said(environment(cache), Path(folder))
            found.faults += faults + leftovers(cache)
        found.figures = "spoke" if spoke else "told"
        yield found


def read_only_disk() -> Finding:
    """An empty one that cannot be written."""
    found = Finding("read-only disk", 1, "told")
    with small_disk("1m") as cache, tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-o", "remount,ro", str(cache)], check=True)
        spoke, faults = said(environment(cache), Path(folder))
        found.faults += faults + (["spoke without a model"] if spoke else [])
    return found


def foreign_owner() -> Iterator[Finding]:
    """A cache that another user built: readable it is used, closed to others it is told."""
    say = "import os, sys; os.setgroups([]); os.setgid({0}); os.setuid({0}); "
    say += "sys.argv = ['onset', 'say', 'Hello there.', '-o', sys.argv[1]]; "
    say += "from onset.cli.main import main; main()"
    command = ("-P", "-c", say.format(STRANGER))
    library = Path(os.__file__)
    if not all(folder.stat().st_mode & 1 for folder in (*library.parents, *SOURCE.parents)):
        yield Finding("another user's cache", figures="not run: only we may read this Python")
        return
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as name:
        folder, cache = Path(name), Path(name) / "cache"
        folder.chmod(0o777)
        spoke, faults = said(environment(cache), folder)
        for mode, title in ((0o755, "another user's cache"), (0o700, "another user's, closed")):
            found = Finding(title, 1, "spoke" if mode & 1 else "told", list(faults))
            cache.chmod(mode)
            spoke, wrong = said(environment(cache), folder, command)
            found.faults += wrong + leftovers(cache)
            if spoke != bool(mode & 1):
                found.faults.append("spoke" if spoke else "did not speak")
            yield found


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """Kills for most of the time, and each disk once."""
    for number, how in enumerate((by_time, by_bytes)):
        yield kills(how, seconds / 2, seed + number)
    if os.getuid() != 0:
        yield Finding("full, read-only, foreign", figures="not run: needs to be root")
        return
    try:
        yield from full_disk()
        yield read_only_disk()
    except subprocess.CalledProcessError:
        yield Finding("full, read-only", figures="not run: nothing may be mounted")
    yield from foreign_owner()


def control() -> bool:
    """A program that falls over a build that was killed, and leaves it there."""
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        cache = Path(folder)
        (cache / "graphs" / ".build-0").mkdir(parents=True)
        spoke, faults = said(environment(cache), cache, ("-c", BLIND))
        return bool(not spoke and faults and leftovers(cache))


PART = Part("kills and disks", attack, control)
