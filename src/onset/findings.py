"""What was found about each request, kept as JSON lines so that a run that was stopped goes on.

Knows nothing of how anything is measured or judged.
"""

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from onset.edges import Edges
from onset.opinion import Opinion
from onset.quality import Comparison
from onset.seams import Ranks
from onset.transcripts import Transcript
from onset.types import Request

PARTS = ("rmse", "seams", "edges", "wer", "mos")
"""What can be measured of a request, as `onset quality --only` names it."""

PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Item:
    """A request of the plan. group: "voice", "speed", "mix" or "edge".

    held_out: whether the text is in no corpus that anything was fitted on.
    """

    group: str
    request: Request
    held_out: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """All that is known about an item; a part that was not measured is None.

    failure: why nothing could be measured, as "exact (not calibrated)"; None if it could.
    """

    item: Item
    failure: str | None = None
    rmse: Comparison | None = None
    seams: dict[str, Ranks] | None = None
    edges: Edges | None = None
    wer: Transcript | None = None
    mos: Opinion | None = None

    def lacks(self, parts: Collection[str]) -> list[str]:
        """Which of the parts are not measured; none of a failure."""
        return [part for part in parts if self.failure is None and getattr(self, part) is None]


_ADAPTER = TypeAdapter(Finding)


class Findings:
    """A file of findings, appended to as they come. A line cut short by a kill is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._found: dict[Item, Finding] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                self._keep(_ADAPTER.validate_json(line))
            except ValidationError:
                continue

    def get(self, item: Item) -> Finding:
        """What is known of the item, perhaps nothing."""
        return self._found.get(item, Finding(item))

    def add(self, finding: Finding) -> None:
        """Keep a finding beside what is known of its item already."""
        with self._path.open("ab") as file:
            # A line of its own even if the one before was cut short.
            file.write(b"\n" + _ADAPTER.dump_json(finding))
        self._keep(finding)

    def _keep(self, new: Finding) -> None:
        known = self.get(new.item)
        parts = {part: getattr(new, part) for part in PARTS if getattr(new, part) is not None}
        self._found[new.item] = replace(known, failure=new.failure, **parts)


def place(folder: Path, model: str, asset: str, pace: float, modules: Iterable[str]) -> Path:
    """The file for findings about this model, asset (sha256 each), pace and code."""
    return folder / f"{model[:12]}-{asset[:12]}-{pace:g}-{code(modules)[:12]}.jsonl"


def code(modules: Iterable[str]) -> str:
    """sha256 of the sources of modules of this package and all they import from it."""
    digest = sha256()
    for name in sorted(_reachable(set(modules))):
        digest.update((PACKAGE / f"{name}.py").read_bytes())
    return digest.hexdigest()


def _reachable(names: set[str]) -> set[str]:
    found: set[str] = set()
    while names - found:
        name = min(names - found)
        found.add(name)
        names |= _imports(PACKAGE / f"{name}.py")
    return found


def _imports(path: Path) -> set[str]:
    """The flat modules of this package that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "onset":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("onset."):
            names.add((node.module or "").split(".")[1])
    return {name for name in names if (PACKAGE / f"{name}.py").exists()}
