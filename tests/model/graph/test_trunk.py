"""The trunk of a part of a reading is that of the whole, if its statistics are given."""

import numpy as np
import pytest

from onset.engine.engine import Engine
from onset.model.backend import TRUNK_CHANNELS, AdainStatistics, FrontOutput
from onset.model.kokoro import KokoroBackend
from onset.types import Halt, Request

TEXT = "We waited under the bridge for an hour, and then the rain was over."


@pytest.fixture(scope="module")
def front(engine: Engine) -> FrontOutput:
    request = Request(TEXT)
    return engine.front(next(engine.readings(request)), request, Halt())


def test_a_part_equals_that_of_the_whole(exact_backend: KokoroBackend, front: FrontOutput) -> None:
    whole, true = exact_backend.trunk_statistics(front, Halt())
    assert np.array_equal(whole, exact_backend.trunk(front, Halt()).trunk)
    end = len(front.f0)
    for part in ((0, 40), (30, 50), (100, 180), (end - 30, end)):
        found = exact_backend.trunk_part(front, true, *part, Halt())
        assert np.abs(found - whole[:, :, slice(*part)]).max() < 1e-4 * np.abs(whole).max()


def test_a_part_with_its_own_statistics_would_be_another(
    exact_backend: KokoroBackend, front: FrontOutput
) -> None:
    whole, true = exact_backend.trunk_statistics(front, Halt())
    wrong = AdainStatistics(true.mean, true.std * np.float32(1.1))
    found = exact_backend.trunk_part(front, wrong, 100, 180, Halt())
    assert np.abs(found - whole[:, :, 100:180]).max() > 1e-2 * np.abs(whole).max()


def test_the_first_statistics_are_known_before_the_trunk_is_run(
    exact_backend: KokoroBackend, front: FrontOutput
) -> None:
    _, true = exact_backend.trunk_statistics(front, Halt())
    entrance = exact_backend.trunk_entrance(front, Halt())
    count = len(entrance.mean)
    assert true.mean.shape == true.std.shape == (TRUNK_CHANNELS,)
    assert np.allclose(entrance.mean, true.mean[:count], atol=1e-5)
    assert np.allclose(entrance.std, true.std[:count], atol=1e-5)
    assert entrance.activated.shape == (count, len(front.f0) // 2)
