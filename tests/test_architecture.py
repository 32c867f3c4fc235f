"""Imports follow the ranks: no folder imports a later one, and the listener never the speaker."""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import onset

PACKAGE = Path(onset.__file__).parent

RANKS = [
    {"top"},
    {"native", "protocol", "stats", "text"},
    {"audio", "client", "documents", "drawing", "model"},
    {"engine", "monitoring"},
    {"calibration", "quality", "serving"},
    {"playback", "bench", "scale"},
    {"screen_reader"},
    {"cli"},
]
"""Folders: each may import what stands in an earlier row. All may import the top's modules."""

RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}

TOP = {"errors", "types", "trace", "config", "socket_path"}
"""The modules outside of all folders."""

SPEAKING = {"native", "text", "model", "engine", "monitoring", "calibration", "quality"} | {
    "serving",
    "scale",
}
LISTENING = {"client", "playback", "bench"}

PEERS = {"onset.bench.peers.kokoro_onnx_peer"}
"""Runs the peer in a process of its own and gives it the same voice: not part of the measuring."""

WIDEST = 15
"""Modules in one folder."""

PAGE = (PACKAGE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")

LONGEST_FILE, LONGEST_CLASS, LONGEST_FUNCTION = 450, 200, 60
"""Lines."""


def dotted(path: Path) -> str:
    """A module's full name."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
RANKED = [name for name in MODULES if name not in ("onset", "onset.__main__")]


def place(name: str) -> str:
    """The folder that a module belongs to, "top" for the modules outside of all folders."""
    parts = name.split(".")
    return parts[1] if MODULES[name].parent != PACKAGE else "top"


def own_imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement that imports modules of ours, with their full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in MODULES:
                    yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield node, module if module in MODULES else str(node.module)


def imported(name: str) -> set[str]:
    return {module for _, module in own_imports(TREES[name])}


@pytest.mark.parametrize("name", RANKED)
def test_imports_go_to_earlier_ranks_only(name: str) -> None:
    assert place(name) in RANK, f"give {place(name)} its place in RANKS"
    for module in imported(name) - {"onset"}:
        same = place(module) == place(name)
        assert same or RANK[place(module)] < RANK[place(name)], f"imports {module}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter({name: imported(name) - {"onset"} for name in RANKED}).prepare()


def test_the_listening_side_never_imports_the_speaking_side() -> None:
    for name in RANKED:
        if place(name) in LISTENING and name not in PEERS:
            speaking = {module for module in imported(name) if place(module) in SPEAKING}
            assert not speaking, f"{name} imports {speaking}"


@pytest.mark.parametrize("name", MODULES)
def test_own_imports_stand_at_the_top(name: str) -> None:
    inside = {
        id(inner)
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    assert not [module for node, module in own_imports(TREES[name]) if id(node) in inside]


def test_folders_fit_in_the_eye() -> None:
    folders = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    wide = {folder.name: count for folder, count in folders.items() if count > WIDEST}
    assert not wide
    assert {path.stem for path in PACKAGE.glob("*.py")} == TOP | {"__init__", "__main__"}


def test_no_module_and_no_class_has_the_name_of_another() -> None:
    modules = Counter(path.stem for path in MODULES.values() if path.name != "__init__.py")
    classes = Counter(
        node.name
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    twice = [name for names in (modules, classes) for name, n in names.items() if n > 1]
    assert not twice


def test_functions_and_classes_fit_in_the_eye() -> None:
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                longest = LONGEST_CLASS if isinstance(node, ast.ClassDef) else LONGEST_FUNCTION
                assert lines <= longest, f"{name}: {node.name} has {lines} lines"


def test_files_fit_in_the_head() -> None:
    for name, path in MODULES.items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE, name


def test_the_twenty_longest_modules_have_a_test_file_of_their_own() -> None:
    longest = sorted(MODULES.values(), key=lambda path: path.stat().st_size)[-20:]
    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.rglob("test_*.py")}
    assert not [path.name for path in longest if path.stem not in tested]


def face(folder: str) -> str:
    """The docstring of a folder's `__init__`."""
    return ast.get_docstring(TREES[folder]) or ""


FOLDERS = [name for name, path in MODULES.items() if path.name == "__init__.py"]


def test_every_folder_has_a_face() -> None:
    assert not [folder for folder in FOLDERS if len(face(folder)) < 80]


@pytest.mark.parametrize("folder", FOLDERS[1:])
def test_a_face_names_the_modules_that_are_imported_from_outside(folder: str) -> None:
    used = {
        module.removeprefix(f"{folder}.")
        for name in MODULES
        if not f"{name}.".startswith(f"{folder}.")
        for module in imported(name)
        if module.rpartition(".")[0] == folder and module not in FOLDERS
    }
    named = re.search(r"^Public: (.+?)\.$", face(folder), re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", named[1] if named else "")) == used


def test_the_page_shows_these_ranks() -> None:
    rows = re.findall(r"^\| \d \| (.+) \|$", PAGE, re.MULTILINE)
    shown = [set(re.findall(r"`(\w+)`", row)) for row in rows]
    assert shown == [TOP, *RANKS[1:]]


def test_every_path_on_the_page_exists() -> None:
    paths = re.findall(r"\| `(src/[\w./]+)` \|", PAGE)
    assert len(paths) >= 7
    assert not [path for path in paths if not (PACKAGE.parents[1] / path).is_file()]


def test_every_folder_is_in_the_tree_of_the_page() -> None:
    tree = PAGE.split("```")[3]
    folders = {path.parent.name for path in MODULES.values()} - {PACKAGE.name}
    assert not [folder for folder in folders if f"{folder}/" not in tree]


def prose(path: Path) -> Iterator[str]:
    """The comments and docstrings of a module, those of constants too."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def test_people_are_they() -> None:
    for name, path in MODULES.items():
        for text in prose(path):
            assert not re.search(r"\b([Hh]e|[Hh]is|[Hh]im|[Hh]imself)\b", text), f"{name}: {text}"


def test_no_process_of_ours_imports_from_the_working_folder() -> None:
    """Whoever starts Python with a module says `-P`: else the folder it is started in comes first
    on its path."""
    started = 0
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.List | ast.Tuple):
                words = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
                if "-m" in words:
                    started += 1
                    assert words[words.index("-m") - 1] == "-P", f"{name}:{node.lineno}"
    assert started >= 8
