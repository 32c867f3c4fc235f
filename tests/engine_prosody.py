"""A prosody without a model, for tests of the engine's parts."""

import numpy as np

from onset.model.backend import Prosody
from onset.model.fake_backend import FakeBackend
from onset.types import Floats, Halt


def prosody(tokens: int = 10) -> Prosody:
    backend = FakeBackend()
    front = backend.front(tuple(range(1, tokens + 1)), np.zeros((1, 256), np.float32), 1.0, Halt())
    return backend.trunk(front, Halt())


def with_energy(p: Prosody, energy: Floats) -> Prosody:
    return Prosody(p.durations, p.f0, energy, p.trunk, p.source, p.style)
