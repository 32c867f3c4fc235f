"""What the commands show a person on standard error while they work.

Standard output may be carrying audio, so it is never touched. Bars and counters appear only on a
terminal.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TypeAlias

from rich import progress as columns
from rich.console import Console
from rich.progress import Progress, ProgressColumn, SpinnerColumn

Bytes: TypeAlias = Callable[[int, int], None]
"""(bytes done, bytes in all)."""

Seconds: TypeAlias = Callable[[float], None]
"""Seconds of audio so far."""

LINES = 40
"""How many lines a long run prints in all where there is no terminal."""

RESUMED = 1.0
"""Seconds within which items were taken from an earlier run: nothing is measured so soon."""


def tell(message: str) -> None:
    """A line for the person, never wrapped nor coloured."""
    Console(stderr=True).print(message, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def preparing() -> Iterator[Bytes]:
    """A bar while the model is assembled, then a word that its graphs are built: a first start.

    Shows nothing if it is never called.
    """
    shown = columns.BarColumn(), columns.DownloadColumn()
    with _bar(SpinnerColumn(), "{task.description}", *shown) as progress:
        task = progress.add_task("Assembling the model", visible=False)

        def advance(done: int, total: int) -> None:
            doing = "Assembling the model" if done < total else "Building its graphs, once"
            progress.update(task, completed=done, total=total, description=doing, visible=True)

        yield advance


@contextmanager
def counting(shown: bool) -> Iterator[Seconds]:
    """A count of the seconds of audio made so far, if `shown`."""
    with _bar(SpinnerColumn(), "{task.completed:.1f} s of audio") as progress:
        task = progress.add_task("", total=None, visible=shown)
        yield lambda seconds: progress.update(task, completed=seconds)


@contextmanager
def advancing(
    description: str,
    total: int,
    clock: Callable[[], float] = monotonic,
    *,
    what: str = "requests",
) -> Iterator[Callable[[], None]]:
    """A bar of `total` requests, or `what` they are, with the time left.

    What it yields is to be called after each. Without a terminal, a line with the time left comes
    after every LINES-th part of the run.
    """
    begin, done, resumed, every = clock(), 0, 0, max(1, total // LINES)
    shown = columns.MofNCompleteColumn(), columns.TimeRemainingColumn()
    with _bar("{task.description}", columns.BarColumn(), *shown, transient=False) as progress:
        task = progress.add_task(description, total=total)

        def advance() -> None:
            nonlocal done, resumed
            done, seconds = done + 1, clock() - begin
            progress.advance(task)
            if seconds < RESUMED:
                resumed = done
            elif progress.disable and done % every == 0:
                left = seconds / (done - resumed) * (total - done) / 60
                tell(f"{done} of {total} {what}, about {left:.0f} minutes left")

        yield advance


def _bar(*shown: str | ProgressColumn, transient: bool = True) -> Progress:
    console = Console(stderr=True)
    return Progress(
        *shown,
        console=console,
        transient=transient,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )
