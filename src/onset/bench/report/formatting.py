"""How times are written for people, and how they hear what is going on.

Knows nothing of what is told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

ABSENT = "-"


def milliseconds(seconds: float | None) -> float | None:
    """Rounded to a tenth of a microsecond; None stays None."""
    return None if seconds is None else round(1e3 * seconds, 4)


def shown(seconds: float | None, digits: int = 0) -> str:
    """Seconds as milliseconds for a table."""
    return ABSENT if seconds is None else f"{1e3 * seconds:.{digits}f}"


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Says on standard error what is going on: in a line that changes, or without a terminal in
    a line each. Drawn only when something is said, never beside a measurement.
    """
    out = Console(stderr=True)
    if not out.is_terminal:
        yield lambda text: out.print(text, markup=False, highlight=False)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True, auto_refresh=False) as progress:
        task = progress.add_task("starting", total=None)

        def tell(text: str) -> None:
            progress.update(task, description=text)
            progress.refresh()

        yield tell
