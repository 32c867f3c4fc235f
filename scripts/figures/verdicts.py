"""What a measuring script ends with: which promise was kept."""

import sys
from collections.abc import Mapping


def conclude(verdicts: Mapping[str, bool]) -> None:
    """Print the verdict on each promise. Exits with 1 if one is broken."""
    for promise, kept in verdicts.items():
        print(("kept    " if kept else "BROKEN  ") + promise)
    if not all(verdicts.values()):
        sys.exit(1)
