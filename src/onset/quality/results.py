"""The results of each request, kept as JSON lines so that a run that was stopped goes on."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from onset.quality.boundaries import BoundaryLevels
from onset.quality.discontinuities import BorderRanks
from onset.quality.dnsmos import OpinionScores
from onset.quality.gate_items import GateItem
from onset.quality.log_mel import StreamingDistance
from onset.quality.melody.first_part import FirstPartDistance
from onset.quality.melody.melodies import MelodyDistance
from onset.quality.wer import TranscriptErrors

PACKAGE = Path(__file__).parents[1]

DECISIVE = ("text", "model", "engine", "quality", "types.py")
"""Folders and modules of the package that decide what is spoken and measured.

What else they import (errors, settings, traces, statistics) changes no result of a pair.
"""

ASKING = ("quality", "listening")
"""The folder that asks listeners, and measures nothing."""


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
    melody: MelodyDistance | None = None
    first: FirstPartDistance | None = None
    wer: TranscriptErrors | None = None
    mos: OpinionScores | None = None

    def lacks(self, parts: Iterable[str]) -> list[str]:
        """Which of the parts are not measured; none of a failure."""
        return [part for part in parts if self.failure is None and getattr(self, part) is None]


PARTS = tuple(field.name for field in fields(ItemResult) if field.name not in ("item", "failure"))
"""What can be measured of a request, as `onset quality --only` names it."""

_ADAPTER = TypeAdapter(ItemResult)


class ResultsFile:
    """A file of results, appended to as they come. A line cut short by a kill is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._results: dict[GateItem, ItemResult] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                self._merge(_ADAPTER.validate_json(line))
            except ValidationError:
                continue

    def get(self, item: GateItem) -> ItemResult:
        """What is known of the item, perhaps nothing."""
        return self._results.get(item, ItemResult(item))

    def add(self, result: ItemResult) -> None:
        """Write a result, and join it with what is known of its item already."""
        with self._path.open("ab") as file:
            # A line of its own even if the one before was cut short.
            file.write(b"\n" + _ADAPTER.dump_json(result))
        self._merge(result)

    def _merge(self, new: ItemResult) -> None:
        parts = {part: getattr(new, part) for part in PARTS if getattr(new, part) is not None}
        self._results[new.item] = replace(self.get(new.item), failure=new.failure, **parts)


def results_path(folder: Path, model: str, asset: str, pace: float, code: str) -> Path:
    """The file for results about this model, asset and code (sha256 each) at this pace."""
    return folder / f"{model[:12]}-{asset[:12]}-{pace:g}-{code[:12]}.jsonl"


def code_digest(package: Path = PACKAGE) -> str:
    """sha256 of the Python sources of `package` that are DECISIVE, names included."""
    digest = sha256()
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] in DECISIVE and name.parts[:2] != ASKING:
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
