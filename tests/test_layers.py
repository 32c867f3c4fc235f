"""Imports follow the data: nothing imports what comes later, and the listener never the speaker."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import onset

PACKAGE = Path(onset.__file__).parent

ORDER = """
    errors types config trace wire
    notation numerals alphabet text spelling tagger english espeak japanese chinese phonemes
    segments portions dictation timestamps subtitles encode compress voices assets source graph
    layouts istftnet export
    session model lead whole generator kokoro statistics vocoder ringing engine
    regression calibrate pair quality seams edges bootstrap transcripts opinion findings gate
    spectrogram survey dossier
    capacity stream worker scheduler requestids requestlog refusals access limits connection
    bodies answers speech messages utterance websocket wyoming listings heard performance server
    client narrator bench playback
    doctor commands cli
""".split()
"""Every module, each before those that may import it."""

SPEAKING = set(ORDER[ORDER.index("notation") : ORDER.index("client")])
LISTENING = {"client", "narrator", "bench", "playback"}

PEERS = {PACKAGE / "bench" / "peer_kokoro.py"}
"""Runs the peer in a process of its own and gives it the same voice: not part of the measuring."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def place(path: Path) -> str:
    """The first part of a module's name below onset: its row in ORDER."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def own_imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] == "onset" and isinstance(node, ast.stmt):
                yield node, name.split(".")[1] if "." in name else ""


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    if place(path) in ("__init__", "__main__"):
        return
    assert place(path) in ORDER, f"give {path.name} its place in ORDER"
    for _, name in own_imports(ast.parse(path.read_text())):
        if name in ORDER:
            same = name == place(path)
            assert same or ORDER.index(name) < ORDER.index(place(path)), f"imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_own_imports_stand_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text())
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    assert not [name for node, name in own_imports(tree) if id(node) in inside]


def test_the_listening_side_never_imports_the_speaking_side() -> None:
    for path in modules():
        if place(path) in LISTENING and path not in PEERS:
            imported = {name for _, name in own_imports(ast.parse(path.read_text()))}
            assert not imported & SPEAKING, f"{path} imports {imported & SPEAKING}"


def test_functions_fit_in_the_eye() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                assert lines <= 60, f"{path.name}: {node.name} has {lines} lines"


def test_files_fit_in_the_head() -> None:
    for path in modules():
        assert len(path.read_text().splitlines()) <= 450, path.name
