"""What a measuring script ends with: which promise was kept."""

from collections.abc import Mapping

import typer


def conclude(verdicts: Mapping[str, bool]) -> None:
    """Print the verdict on each promise. Exits with 1 if one is broken."""
    for promise, kept in verdicts.items():
        print(("kept    " if kept else "BROKEN  ") + promise)
    if not all(verdicts.values()):
        raise typer.Exit(1)
