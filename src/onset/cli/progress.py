"""What the commands show a person on standard error while they work.

Bars and counters appear only on a terminal. Knows nothing of what is being done.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

Bytes: TypeAlias = Callable[[int, int], None]
"""(bytes done, bytes in all)."""

Seconds: TypeAlias = Callable[[float], None]
"""Seconds of audio so far."""


def tell(message: str) -> None:
    """A line for the person, never wrapped nor coloured."""
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def preparing() -> Iterator[Bytes]:
    """A bar while the model is assembled, then a word that its graphs are built: a first start.

    Shows nothing if it is never called.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with _progress(*columns) as progress:
        task = progress.add_task("Assembling the model", visible=False)

        def advance(done: int, total: int) -> None:
            whole = done >= total
            doing = "Building its graphs, once" if whole else "Assembling the model"
            progress.update(task, completed=done, total=total, description=doing, visible=True)

        yield advance


@contextmanager
def counting(shown: bool) -> Iterator[Seconds]:
    """A count of the seconds of audio made so far, if `shown`."""
    text = TextColumn("{task.completed:.1f} s of audio")
    with _progress(SpinnerColumn(), text) as progress:
        task = progress.add_task("", total=None, visible=shown)
        yield lambda seconds: progress.update(task, completed=seconds)


def _progress(*columns: SpinnerColumn | TextColumn | BarColumn | DownloadColumn) -> Progress:
    console = Console(stderr=True)
    # Standard output may be carrying audio, so it must not be wrapped.
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
