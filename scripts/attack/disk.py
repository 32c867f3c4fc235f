"""Damage on the disk: files of the cache, of the package and of the user, each in turn.

After each, `onset say` must either speak, as it does without damage, or say in one sentence what
is wrong; there is no traceback, and nothing is left behind.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attack.findings import Finding, Part
from onset import errors

SOURCE = Path(errors.__file__).parents[1]
"""Where the package lies."""

NOBODY = {"ONSET_PORT": "0", "ONSET_SOCKET": "/nonexistent/play.sock", "COLUMNS": "200"}
"""No server and no daemon is found."""

LINES = 2
"""Of what is said where it cannot speak: the sentence, and perhaps how far it came before."""

QUIET = 1e-4
"""Root mean square below which nothing was said."""

LEFT = (".build-*", "*.tmp")
"""What a start may not leave behind."""


@dataclass(frozen=True)
class Place:
    """Where the damage is done: a cache, and a copy of the package."""

    cache: Path
    package: Path

    @property
    def graphs(self) -> Path:
        """The folder of the graphs."""
        return next(path for path in self.cache.glob("graphs/*") if path.is_dir())

    @property
    def environment(self) -> dict[str, str]:
        """For a process that uses it."""
        where = {"ONSET_CACHE_DIR": str(self.cache), "PYTHONPATH": str(self.package)}
        return os.environ | NOBODY | where


@dataclass(frozen=True)
class Damage:
    """spoil: does it. told: whether it is to be told rather than healed; None: either."""

    name: str
    spoil: Callable[[Place, random.Random], object]
    told: bool | None = False
    settings: Mapping[str, str] = field(default_factory=dict)


def truncated(path: Path, chance: random.Random) -> None:
    """Any length but its own."""
    os.truncate(path, chance.randrange(1, path.stat().st_size))


def emptied(path: Path, chance: random.Random) -> None:
    """Nothing left in it."""
    os.truncate(path, 0)


def flipped(path: Path, chance: random.Random) -> None:
    """Another bit somewhere, size and time as before."""
    status = path.stat()
    with path.open("r+b") as file:
        place = chance.randrange(status.st_size)
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1 << chance.randrange(8)]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def garbage(path: Path, chance: random.Random) -> None:
    """4 KiB of anything somewhere in it."""
    with path.open("r+b") as file:
        file.seek(chance.randrange(max(1, path.stat().st_size - 4096)))
        file.write(chance.randbytes(4096))


def removed(path: Path, chance: random.Random) -> None:
    """It is gone."""
    path.unlink()


def a_folder(path: Path, chance: random.Random) -> None:
    """A folder where the file was."""
    path.unlink(missing_ok=True)
    path.mkdir()


def in_graphs(name: str, how: Callable[[Path, random.Random], None]) -> Damage:
    """Damage of one file of the graphs."""
    title = f"{name} {how.__name__}".replace("_", " ")
    return Damage(title, lambda place, chance: how(place.graphs / name, chance))


def in_cache(pattern: str, how: Callable[[Path, random.Random], None]) -> Damage:
    """Damage of one file of the cache."""
    title = f"{pattern} {how.__name__}".replace("_", " ").replace("*", "")
    return Damage(title, lambda place, chance: how(_found(place.cache, pattern), chance))


def _found(folder: Path, pattern: str) -> Path:
    for path in folder.glob(pattern):
        return path
    raise FileNotFoundError(pattern)


def in_package(
    name: str, how: Callable[[Path, random.Random], None], told: bool | None = True
) -> Damage:
    """Damage of one file of the package."""
    title = f"{name} {how.__name__}".replace("_", " ")
    return Damage(title, lambda place, chance: how(place.package / "onset" / name, chance), told)


def anything(cache: Path, chance: random.Random) -> Damage:
    """Any damage of any file of the cache. A folder in its place may be told: nothing makes one."""
    files = (path for path in cache.rglob("*") if path.is_file() and path.stat().st_size > 1)
    file, how = chance.choice(sorted(files)), chance.choice(HOWS)
    name = f"{file.relative_to(cache)} {how.__name__}".replace("_", " ")
    return Damage(name, lambda _, chance: how(file, chance), None if how is a_folder else False)


def user_file(name: str, content: bytes, **settings: str) -> Damage:
    """A file or a setting of the user's that is wrong: only they can mend it."""

    def spoil(place: Place, chance: random.Random) -> None:
        (place.cache / "user-file").write_bytes(content)

    return Damage(name, spoil, True, settings)


GRAPHS = (
    in_graphs("front.onnx", truncated),
    in_graphs("step0.onnx", emptied),
    in_graphs("states.json", garbage),
    in_graphs("weights.json", removed),
    in_graphs("constants.npz", flipped),
    in_graphs("trunk.bin", garbage),
    in_graphs("generator.bin", flipped),
    in_graphs("pair3.onnx", a_folder),
    in_cache("graphs/*.json", garbage),
    in_cache("graphs/*/native-*/weights.bin", flipped),
    in_cache("graphs/*/native-*/places.json", truncated),
    in_cache("graphs/*/native-*.json", removed),
    in_cache("kokoro*.onnx", truncated),
    in_cache("kokoro*.sha256", garbage),
)
"""What is built again."""

BINARY = ("native/libonset_native.so", "data/statistics.npz", "data/voices.npz")
"""Files of the package that are spoiled; without any of them it is not whole."""

PACKAGE = (
    in_package(BINARY[0], flipped, None),
    in_package(BINARY[1], flipped, None),
    in_package(BINARY[2], truncated),
)

USER = (
    user_file("lexicon garbage", b"\xff\xfe\x00garbage" * 99, ONSET_LEXICON="user-file"),
    user_file("lexicon a folder", b"", ONSET_LEXICON="."),
    user_file("settings wrong", b"", ONSET_THREADS="many"),
    user_file("settings unknown", b"", ONSET_NOTHING="1"),
    user_file("cache a file", b"", ONSET_CACHE_DIR="user-file"),
)

DAMAGES = GRAPHS + PACKAGE + USER

HOWS = (truncated, emptied, flipped, garbage, removed, a_folder)

SAY = ("-P", "-m", "onset", "say", "Hello there.", "-o")


def said(
    environment: Mapping[str, str], folder: Path, command: Sequence[str] = SAY
) -> tuple[bool, list[str]]:
    """Whether it spoke, and what was wrong with how it ended."""
    out = folder / "said.wav"
    out.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, *command, str(out)],
        capture_output=True,
        text=True,
        errors="replace",
        env=dict(environment),
        cwd=folder,
        timeout=600,
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    faults = [f"a traceback: {last}"] if "Traceback" in done.stderr else []
    if done.returncode == 0:
        return True, faults + ([] if _is_loud(out) else ["the audio is silent"])
    if done.returncode < 0:
        faults.append(f"ended by signal {-done.returncode}")
    elif not faults and not 0 < len(lines) <= LINES:
        faults.append(f"said {len(lines)} lines: {last}")
    return False, faults


def _is_loud(path: Path) -> bool:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(1 << 30), np.int16) / 32768
    return bool(
        np.isfinite(samples).all() and samples.size and np.sqrt((samples**2).mean()) > QUIET
    )


def leftovers(cache: Path) -> list[str]:
    """What a start left behind."""
    return [f"{path.name} is left behind" for end in LEFT for path in cache.rglob(end)]


def damaged(
    damage: Damage, place: Place, chance: random.Random, command: Sequence[str] = SAY
) -> list[str]:
    """What was wrong at the start after that damage."""
    damage.spoil(place, chance)
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        name = Path(folder) / "user-file"
        if (place.cache / "user-file").exists():
            shutil.move(place.cache / "user-file", name)
        spoke, faults = said(place.environment | dict(damage.settings), Path(folder), command)
    if damage.told is not None and spoke == damage.told:
        faults.append("spoke without a word" if spoke else "was not healed")
    return faults + leftovers(place.cache)


def placed(folder: Path) -> Place:
    """A copy of the package, and an empty cache."""
    package = folder / "package"
    source = SOURCE / "onset"
    shutil.copytree(source, package / "onset", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "cache").mkdir()
    return Place(folder / "cache", package)


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """Every damage once; then any of any file, until the time is over."""
    chance, end = random.Random(seed), time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        place = placed(Path(folder))
        whole, faults = said(place.environment, Path(folder))
        if not whole or faults:
            yield Finding("no damage", 1, "", faults or ["does not speak"])
            return
        for damage in DAMAGES:
            yield tried(damage, place, chance)
        found = Finding("any damage of any file", figures="healed")
        while time.monotonic() < end:
            again = tried(anything(place.cache, chance), place, chance)
            without_folders(place.cache)
            found.tries += again.tries
            found.faults += [f"{again.attack}: {fault}" for fault in again.faults]
        yield found


def tried(damage: Damage, place: Place, chance: random.Random) -> Finding:
    """One damage. What it did to the package is put right: nothing heals that by itself."""
    figures = {True: "told", False: "healed", None: "healed or told"}[damage.told]
    found = Finding(damage.name, 1, figures)
    files = [place.package / "onset" / name for name in BINARY]
    spared = {path: path.read_bytes() for path in files if path.exists()}
    try:
        found.faults += damaged(damage, place, chance)
    except FileNotFoundError:
        found.tries, found.figures = 0, "no such file here"
    for path, content in spared.items():
        path.write_bytes(content)
    return found


def without_folders(cache: Path) -> None:
    """Take away what stands where a file was, as somebody does who was told of it."""
    for path in list(cache.rglob("*")):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


BLIND = (
    "import json, pathlib, sys; json.loads(pathlib.Path(sys.argv[1]).with_name('no').read_text())"
)
"""A program that believes in its files."""


def control() -> bool:
    """A program that does not look, at a damage that must be told."""
    with tempfile.TemporaryDirectory(prefix="onset-attack-") as folder:
        cache = Path(folder) / "cache"
        cache.mkdir()
        (cache / ".build-x").mkdir()
        place = Place(cache, SOURCE)
        faults = damaged(USER[0], place, random.Random(1), ("-c", BLIND))
    return any("traceback" in fault for fault in faults) and any("left" in f for f in faults)


PART = Part("disk", attack, control)
