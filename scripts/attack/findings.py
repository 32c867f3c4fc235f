"""What a part found, and the table of all parts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

SHOWN = 200
"""Characters of a fault in the table."""

HEAD = ("part", "attack", "tries", "figures", "faults")


@dataclass
class Finding:
    """What one attack did. faults: what was not as it must be, a sentence each."""

    attack: str
    tries: int = 0
    figures: str = ""
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """attack: takes seconds and a seed. control: whether the same checks saw a planted fault."""

    name: str
    attack: Callable[[float, int], Iterator[Finding]]
    control: Callable[[], bool]


Row: TypeAlias = tuple[str, Finding]


def table(rows: Sequence[Row], blind: Sequence[str]) -> str:
    """The findings as Markdown; blind: parts whose control was not seen."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for part, finding in rows:
        faults = "; ".join(fault[:SHOWN].replace("|", "/") for fault in finding.faults[:3]) or "0"
        cells = part, finding.attack, str(finding.tries), finding.figures, faults
        lines.append(f"| {' | '.join(cells)} |")
    unexplained = sum(len(finding.faults) for _, finding in rows)
    tries = sum(finding.tries for _, finding in rows)
    seen = f"not seen: {', '.join(blind)}" if blind else "seen in all parts"
    left = ", ".join(finding.attack for _, finding in rows if not finding.tries)
    lines.append(f"\n{tries:,} tries, {unexplained} unexplained; planted faults: {seen}.")
    lines.append(f"Not run: {left or 'nothing'}.")
    return "\n".join(lines)
