"""`make attack`: every part in turns, twenty minutes, and a table at the end.

    python -P -m attack                         all parts
    python -P -m attack --seconds 60 texts      one of them
    python -P -m attack --write                 also into docs/attack.md

Exit code 1 if something is unexplained, or a part does not see a fault that was planted.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from attack import (
    clocks,
    disk,
    kills,
    network,
    protocols,
    scarcity,
    strangers,
    suspensions,
    texts,
)
from attack.findings import Part, Row, table

SHARES: dict[Part, float] = {
    network.PART: 0.20,
    strangers.PART: 0.05,
    protocols.PART: 0.15,
    texts.PART: 0.10,
    disk.PART: 0.15,
    kills.PART: 0.20,
    clocks.PART: 0.05,
    suspensions.PART: 0.05,
    scarcity.PART: 0.05,
}
"""Of the time. The disk takes what one round of it takes."""

PAGE = Path(__file__).parents[2] / "docs" / "attack.md"

DESCRIPTORS = 4096


def main() -> None:
    """Attack, print the table, and end with 1 if it is not as it must be."""
    parts = {part.name: (part, share) for part, share in SHARES.items()}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", help=", ".join(parts))
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    asked = parser.parse_args()
    if unknown := [name for name in asked.parts if name not in parts]:
        parser.error(f"no part {unknown[0]!r}. Choices: {', '.join(parts)}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, DESCRIPTORS)), hard))
    chosen = {name: parts[name] for name in asked.parts or parts}
    whole = sum(share for _, share in chosen.values())
    rows, blind, begun = list[Row](), list[str](), time.monotonic()
    load = [os.getloadavg()[0]]
    for name, (part, share) in chosen.items():
        if not part.control():
            blind.append(name)
        load.append(os.getloadavg()[0])
        for finding in part.attack(asked.seconds * share / whole, asked.seed):
            rows.append((name, finding))
            print(f"{name}: {finding.attack}: {finding.faults or 'held'}", flush=True)
    told = table(rows, blind)
    print(told)
    if asked.write:
        PAGE.write_text(page(told, asked.seed, time.monotonic() - begun, load))
    sys.exit(1 if blind or any(finding.faults for _, finding in rows) else 0)


def page(told: str, seed: int, seconds: float, load: Sequence[float]) -> str:
    """The page with the table. load: of the machine before each part, its own included."""
    when = f"{datetime.now(UTC):%Y-%m-%d}, {seconds / 60:.0f} minutes, seed {seed}"
    machine = f"{os.cpu_count()} cores of {processor()}"
    return (
        "# The attack\n\n"
        "`make attack` tries for twenty minutes to break Onset, a part after another. What holds\n"
        "against it is in [security.md](security.md). A fault is what was not as it must be; each\n"
        "part must first see one that was planted. Written by\n"
        "`python -P -m attack --write` (in `scripts/`):\n\n"
        f"{when}, {machine}, load {min(load):.1f} to {max(load):.1f}.\n\n{told}\n"
    )


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")


if __name__ == "__main__":
    main()
