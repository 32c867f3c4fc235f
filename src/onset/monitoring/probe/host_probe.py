"""A fixed piece of work that tells how fast the machine is now, whatever the model does."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

SIZE, ROUNDS = 32_768, 120
"""Of an array, and how often it is worked on: some 20 ms on a core of 2023. Small enough for its
cache, as what is measured is the processor."""


def host_seconds(clock: Callable[[], float] = perf_counter) -> float:
    """Do the work: seconds it took, on one thread. Any thread may ask.

    Nothing of it is done by BLAS, which takes as many threads as it likes.
    """
    values = np.random.default_rng(1).random(SIZE)
    begin = clock()
    for _ in range(ROUNDS):
        values = np.sort(np.exp(-values))[::-1] * np.log1p(values)
    return clock() - begin
