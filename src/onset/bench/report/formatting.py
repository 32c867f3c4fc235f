"""How figures are written for people, and how they hear about the progress of a command."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

ABSENT = "-"


def milliseconds(seconds: float | None) -> float | None:
    """Rounded to a tenth of a microsecond; None stays None."""
    return None if seconds is None else round(1e3 * seconds, 4)


def shown(seconds: float | None, digits: int = 0) -> str:
    """Seconds as milliseconds, with so many digits after the point; a dash for None."""
    return ABSENT if seconds is None else f"{1e3 * seconds:.{digits}f}"


def three_digits(value: float | None) -> str:
    """A figure with three significant digits and commas between thousands; a dash for None."""
    if value is None:
        return ABSENT
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def percent(value: float | None) -> str:
    """A share of 1 as a percentage; a dash for None."""
    return ABSENT if value is None else f"{100 * value:.3g} %"


def p_value(value: float | None) -> str:
    """A probability; a dash for None."""
    if value is None:
        return ABSENT
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def range_of(low: float | None, high: float | None) -> str:
    """Two figures with a dash between them; only a dash when one is None."""
    return (
        ABSENT if low is None or high is None else f"{three_digits(low)}\u2013{three_digits(high)}"
    )


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """A function that says on standard error what the command is doing.

    In a terminal one line changes; elsewhere each message is a line. It is drawn only when
    something is said, so never beside a measurement.
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
