"""What is installed is listed with its hashes, and the lists cover pyproject.toml."""

import shutil
import subprocess
from pathlib import Path

import pytest
from licences import SECTIONS
from lock_requirements import Tree, faults, pins

ROOT = Path(__file__).parent.parent
NAMES = ("pyproject.toml", "constraints.txt")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that say what is installed, to be changed."""
    for name in NAMES:
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def test_the_lists_cover_pyproject() -> None:
    told = faults(Tree(ROOT))
    assert not told, "Run `make lock`."


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("pyproject.toml", '"rich>=15', '"nobody-has-this>=1", "rich>=15', "no nobody-has-this"),
        ("pyproject.toml", '"rich>=15,<16"', '"rich>=16,<17"', "not <17,>=16"),
        ("pyproject.toml", '"soxr>=1.0,<2",', "", "has soxr: nothing needs it"),
        ("constraints.txt", "rich==15.0.0", "rich==15.0.1", "does not have rich==15.0.0"),
        ("requirements/runtime.txt", "\nmdurl==", "\nmd==", "no mdurl for linux x86_64"),
        ("requirements/runtime.txt", "uvloop==0.23.0 ; sys_platform != 'win32'",
         "uvloop==0.23.0 ; sys_platform == 'linux'", "no uvloop for darwin"),
        ("requirements/runtime.txt", "# Made", "# https://example.org Made", "has an address"),
        ("requirements/ja.txt", "--hash=sha256:", "--hash=sha256:x", "has no hash of"),
        ("requirements/ray.txt", "\nray==", "\nother==", "no ray for darwin arm64"),
        ("requirements/ray.txt", "ray==", "ray==1", "constraints.txt does not have ray==1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(
    checkout: Path, file: str, before: str, after: str, told: str
) -> None:
    path = checkout / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    assert any(told in fault for fault in faults(Tree(checkout)))


def installations(target: str, *settings: str) -> list[str]:
    """The commands of pip that `make` would run for a target from nothing. Runs none."""
    command = ["make", "--dry-run", "--always-make", target, *settings]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in told.stdout.splitlines() if " -m pip " in line]


@pytest.mark.parametrize("target", ["serve", "test", "test-native", "quality"])
def test_make_installs_what_is_listed_and_nothing_else(target: str) -> None:
    commands = installations(target)
    assert all(" install " in one and "--no-deps --no-build-isolation" in one for one in commands)
    (own,) = [one for one in commands if "--require-hashes" not in one]
    assert own.endswith(" --editable .")


def test_make_asks_no_index_where_it_has_a_folder() -> None:
    commands = installations("test", "WHEELS=a folder")
    assert len(commands) >= 4
    assert all('--no-index --find-links "a folder"' in one for one in commands)


def test_the_page_of_dependencies_has_what_is_listed() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    tables = page.split("\n## ")[1:]
    assert len(tables) == len(SECTIONS)
    for table, (title, names) in zip(tables, SECTIONS.items(), strict=True):
        rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line[:2] == "| "]
        listed = [pin for name in names for pin in pins(Tree(ROOT).path(name).read_text())]
        assert table.startswith(title)
        told = [(name, version) for name, version, _, _ in rows[1:]]
        assert told == sorted((pin.name, pin.version) for pin in listed), (
            "scripts/release/licences.py"
        )
        assert all(licence for _, _, licence, _ in rows)
