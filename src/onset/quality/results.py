"""What was found about each request, kept as JSON lines so that a run that was stopped goes on.

Knows nothing of how anything is measured or judged.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from onset.quality.boundaries import BoundaryLevels
from onset.quality.discontinuities import BorderRanks
from onset.quality.dnsmos import OpinionScores
from onset.quality.log_mel import StreamingDistance
from onset.quality.wer import TranscriptErrors
from onset.types import Request

PARTS = ("rmse", "seams", "edges", "wer", "mos")
"""What can be measured of a request, as `onset quality --only` names it."""

PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class GateItem:
    """A request of the plan. group: "voice", "speed", "mix" or "edge".

    held_out: whether the text is in no corpus that anything was fitted on.
    """

    group: str
    request: Request
    held_out: bool = True


@dataclass(frozen=True, slots=True)
class ItemResult:
    """All that is known about an item; a part that was not measured is None.

    failure: why nothing could be measured, as "exact (not calibrated)"; None if it could.
    """

    item: GateItem
    failure: str | None = None
    rmse: StreamingDistance | None = None
    seams: dict[str, BorderRanks] | None = None
    edges: BoundaryLevels | None = None
    wer: TranscriptErrors | None = None
    mos: OpinionScores | None = None

    def lacks(self, parts: Collection[str]) -> list[str]:
        """Which of the parts are not measured; none of a failure."""
        return [part for part in parts if self.failure is None and getattr(self, part) is None]


_ADAPTER = TypeAdapter(ItemResult)


class ResultsFile:
    """A file of findings, appended to as they come. A line cut short by a kill is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._found: dict[GateItem, ItemResult] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                self._keep(_ADAPTER.validate_json(line))
            except ValidationError:
                continue

    def get(self, item: GateItem) -> ItemResult:
        """What is known of the item, perhaps nothing."""
        return self._found.get(item, ItemResult(item))

    def add(self, finding: ItemResult) -> None:
        """Keep a finding beside what is known of its item already."""
        with self._path.open("ab") as file:
            # A line of its own even if the one before was cut short.
            file.write(b"\n" + _ADAPTER.dump_json(finding))
        self._keep(finding)

    def _keep(self, new: ItemResult) -> None:
        known = self.get(new.item)
        parts = {part: getattr(new, part) for part in PARTS if getattr(new, part) is not None}
        self._found[new.item] = replace(known, failure=new.failure, **parts)


def place(folder: Path, model: str, asset: str, pace: float, code: str) -> Path:
    """The file for findings about this model, asset and code (sha256 each) at this pace."""
    return folder / f"{model[:12]}-{asset[:12]}-{pace:g}-{code[:12]}.jsonl"


def code_digest(package: Path = PACKAGE) -> str:
    """sha256 of all Python sources below `package`, names included."""
    digest = sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
