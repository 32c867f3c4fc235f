"""Writes requirements/*.txt: version and sha256 of everything that `make` installs.

    python scripts/release/lock_requirements.py             # asks the package index, through uv
    python scripts/release/lock_requirements.py --check     # asks nobody: is all covered?

The versions are those of constraints.txt. Every file of a version is listed, so one list serves
Python 3.11 and 3.12 on every kind of machine; it holds no address, so any index or folder serves.
`--check` follows the metadata of what is installed here, on each machine and Python in turn.
"""

import argparse
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from package_check import environment, run, uv_settings
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

SETS = {
    **{"runtime": "", "ja": "ja", "dev": "dev"},
    **{"wheels": "wheels", "quality": "quality", "ray": "ray"},
}
"""The extra of pyproject.toml that each file is for; a file leaves out what stands in those before
it. The first of all is BUILD."""

ON_TOP = {"wheels", "quality", "ray"}
"""Each is installed behind `dev` and without the others: none leaves out what those have."""

BUILD = "build"

BUILDERS = ("editables", "setuptools")
"""What building asks for besides `build-system.requires`: hatchling for an editable install, and
packages that are published as sources only (docopt, srt)."""

OLDEST = "3.11"

MACHINES = (
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "x86_64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
)
PYTHONS = (
    {"python_version": "3.11", "python_full_version": "3.11.9"},
    {"python_version": "3.12", "python_full_version": "3.12.9"},
)
HERE = {name: str(value) for name, value in default_environment().items()}
ENVIRONMENTS = [HERE | machine | python for machine in MACHINES for python in PYTHONS]
"""What markers are evaluated with, for each kind of machine and Python that we install on."""

HEAD = "# Made by `make lock`: versions of constraints.txt, every file's hash. Never edit it.\n"


@dataclass(frozen=True)
class Pin:
    """A package in a file: its lines, and where it is installed (None: everywhere)."""

    name: str
    version: str
    marker: Marker | None
    lines: str

    def wanted(self, machine: Mapping[str, str]) -> bool:
        """Whether pip would install it there."""
        return self.marker is None or self.marker.evaluate(dict(machine))


class Tree:
    """The files of a checkout that say what is installed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        project = tomllib.loads((root / "pyproject.toml").read_text())
        self.project: dict[str, Any] = project["project"]
        self._builders = (*project["build-system"]["requires"], *BUILDERS)
        lines = (root / "constraints.txt").read_text().splitlines()
        self.versions = dict(line.split("==") for line in lines if line and line[0] != "#")

    def path(self, name: str) -> Path:
        """The file of a set."""
        return self.root / "requirements" / f"{name}.txt"

    def wanted(self, name: str) -> list[Requirement]:
        """What a set begins with."""
        lines = self._builders if name == BUILD else self._of_extra(SETS[name])
        return list(map(Requirement, lines))

    def reached(self, name: str, environment: Mapping[str, str]) -> tuple[list[Requirement], bool]:
        """All that a set needs on a machine, and whether that is all: what is not installed here
        does not tell what it needs itself."""
        waiting = [(requirement, "") for requirement in self.wanted(name)]
        seen: set[tuple[str, str]] = set()
        found, whole = [], True
        while waiting:
            requirement, extra = waiting.pop()
            marker = requirement.marker
            if marker is not None and not marker.evaluate({**environment, "extra": extra}):
                continue
            found.append(requirement)
            for inner in ("", *requirement.extras):
                key = canonicalize_name(requirement.name), inner
                if key not in seen:
                    seen.add(key)
                    following = self._needs(*key)
                    whole = whole and following is not None
                    waiting += [(one, inner) for one in following or ()]
        return [one for one in found if one.name != self.project["name"]], whole

    def _needs(self, name: str, extra: str) -> Sequence[Requirement] | None:
        """What a package needs, also for other extras; None if it is not installed here."""
        if name == self.project["name"]:  # its metadata is of the last `make setup`
            return [Requirement(line) for line in self._of_extra(extra)]
        return needs(name)

    def _of_extra(self, extra: str) -> list[str]:
        extras: dict[str, list[str]] = self.project["optional-dependencies"]
        own: list[str] = self.project["dependencies"]
        return extras[extra] if extra else own


@cache
def needs(name: str) -> tuple[Requirement, ...] | None:
    """What an installed package says that it needs; None if it is not installed."""
    try:
        return tuple(map(Requirement, distribution(name).requires or ()))
    except PackageNotFoundError:
        return None


def pins(text: str) -> list[Pin]:
    """The packages of a file."""
    found = []
    for block in re.split(r"\n(?=\S)", text.strip()):
        if not block.startswith("#"):
            requirement = Requirement(block.partition("\\")[0])
            (specifier,) = requirement.specifier
            name = canonicalize_name(requirement.name)
            found.append(Pin(name, specifier.version, requirement.marker, f"{block}\n"))
    return found


def faults(tree: Tree) -> list[str]:
    """What the files lack, and what they have that nothing needs."""
    told: list[str] = []
    known: dict[str, Pin] = {}
    for name in (BUILD, *SETS):
        file, text = f"requirements/{name}.txt", tree.path(name).read_text()
        here = pins(text)
        told += [f"{file} has an address: {address}" for address in re.findall(r"\S*://\S*", text)]
        own = known | {pin.name: pin for pin in here}
        known = known if name in ON_TOP else own
        for pin in here:
            if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", pin.lines):
                told.append(f"{file} has no hash of {pin.name}")
            if tree.versions.get(pin.name) != pin.version:
                told.append(f"constraints.txt does not have {pin.name}=={pin.version}")
        needed, whole = set(), True
        for machine in ENVIRONMENTS:
            reached, told_all = tree.reached(name, machine)
            whole = whole and told_all
            needed |= {canonicalize_name(requirement.name) for requirement in reached}
            told += _unmet(file, reached, own, machine)
        if whole:
            told += [
                f"{file} has {pin.name}: nothing needs it" for pin in here if pin.name not in needed
            ]
    return list(dict.fromkeys(told))


def _unmet(
    file: str,
    reached: Iterable[Requirement],
    known: Mapping[str, Pin],
    machine: Mapping[str, str],
) -> Iterator[str]:
    place = "{sys_platform} {platform_machine}, Python {python_version}".format(**machine)
    for requirement in reached:
        pin = known.get(canonicalize_name(requirement.name))
        if pin is None or not pin.wanted(machine):
            yield f"{file} has no {requirement.name} for {place}"
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            yield f"{file} has {pin.name}=={pin.version}, not {requirement.specifier}"


def write(tree: Tree, folder: Path) -> None:
    """Make the files. folder: an empty one, for uv."""
    programs = environment(folder / "uv")
    constraint = ("--constraint", tree.root / "constraints.txt")
    run(programs / "python", "-m", "pip", "install", "-qq", *constraint, "uv", folder=folder)
    listing = (programs / "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes")
    plain = ("--no-header", "--no-annotate", "--no-emit-index-url", "--python-version", OLDEST)
    settings = uv_settings(folder)
    before: set[str] = set()
    builders = folder / "builders.in"
    builders.write_text("".join(f"{requirement}\n" for requirement in tree.wanted(BUILD)))
    for name in (BUILD, *SETS):
        extra = SETS.get(name)
        source: list[Path | str] = [builders] if name == BUILD else ["pyproject.toml"]
        source += [f"--extra={extra}"] if extra else []
        made = run(*listing, *plain, *constraint, *source, folder=tree.root, environment=settings)
        new = [
            pin
            for pin in pins(made)
            if pin.name not in before and any(map(pin.wanted, ENVIRONMENTS))
        ]
        tree.path(name).write_text(HEAD + "".join(pin.lines for pin in new))
        before |= set() if name in ON_TOP else {pin.name for pin in new}
        print(f"requirements/{name}.txt: {len(new)} packages")


def main() -> None:
    """Make the files or check them; exit code 1 if they are not as they should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing, ask nobody")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    arguments = parser.parse_args()
    tree = Tree(arguments.root)
    if not arguments.check:
        with tempfile.TemporaryDirectory(prefix="onset-lock-") as name:
            write(tree, Path(name))
    told = faults(tree)
    print("\n".join(told) or "The files cover pyproject.toml.")
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    main()
