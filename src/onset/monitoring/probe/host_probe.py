"""A fixed piece of work that tells how fast the machine is now, whatever the model does."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

SIDE, ROUNDS = 192, 64
"""Of the matrices, and products of them: 20 ms on a core of 2023. Small enough for its cache, as
what is measured is the processor."""


def host_seconds(clock: Callable[[], float] = perf_counter) -> float:
    """Do the work: seconds it took, on one thread. Any thread may ask."""
    matrix = np.full((SIDE, SIDE), 1 / SIDE)
    begin = clock()
    product = matrix
    for _ in range(ROUNDS):
        product = np.sort(product @ matrix, axis=1)
    return clock() - begin
