"""Worker processes for offline work, each with an engine of its own: calibration, evaluation.

Threads of one engine wait for each other at every operator; processes do not.
"""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import Thread
from typing import ParamSpec

P = ParamSpec("P")


def process_pool(
    workers: int, start: Callable[P, None], *args: P.args, **kwargs: P.kwargs
) -> ProcessPoolExecutor:
    """A pool of processes that call `start` first, and end when this process does."""
    os.environ.setdefault("PYTHONSAFEPATH", "1")  # nothing is imported from the working folder
    spawn = multiprocessing.get_context("spawn")  # ONNX Runtime's threads do not survive a fork
    return ProcessPoolExecutor(workers, spawn, _start, (start, args, kwargs))


def _start(start: Callable[..., None], args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    Thread(target=_end_with_parent, name="onset-parent", daemon=True).start()
    start(*args, **kwargs)


def _end_with_parent() -> None:
    """End this process when its parent has ended, killed perhaps: it would wait forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
