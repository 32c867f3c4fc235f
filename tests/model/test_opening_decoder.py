"""An opening is the beginning of the whole decode, as far as its statistics are right."""

import numpy as np
import pytest

from full_decodes import ENOUGH_DB, decibels
from onset.engine.engine import Engine
from onset.model.backend import FrontOutput
from onset.model.kokoro import KokoroBackend
from onset.model.opening_decoder import OpeningDecoder
from onset.model.opening_predictor import OpeningStatistics, load_predictor
from onset.model.voice_styles import parse
from onset.types import Floats, Halt, Request

TEXT = "We waited under the bridge for an hour, and then the rain was over."
END, START = 120, 20


@pytest.fixture(scope="module")
def front(engine: Engine) -> FrontOutput:
    request = Request(TEXT)
    return engine.front(next(engine.readings(request)), request, Halt())


@pytest.fixture(scope="module")
def true(exact_backend: KokoroBackend, front: FrontOutput) -> tuple[OpeningStatistics, Floats]:
    """The true statistics of the reading, and its samples from START on."""
    _, trunk = exact_backend.trunk_statistics(front, Halt())
    prosody = exact_backend.trunk(front, Halt())
    _, generator = exact_backend.generator.decode(prosody, Halt())
    decoder, samples = exact_backend.decoder(prosody, generator, START, Halt()), []
    while decoder.remaining:
        samples.append(decoder.step(16))
    return OpeningStatistics(trunk, generator), np.concatenate(samples)


def opening(
    exact_backend: KokoroBackend, front: FrontOutput, statistics: OpeningStatistics, step: int
) -> Floats:
    decoder = OpeningDecoder(exact_backend, front, statistics, START, END, 0.0, Halt())
    return np.concatenate([decoder.step(step) for _ in range((END - START) // step)])


@pytest.mark.parametrize("step", [4, 5, 20])
def test_with_true_statistics_it_is_the_whole_decode(
    exact_backend: KokoroBackend,
    front: FrontOutput,
    true: tuple[OpeningStatistics, Floats],
    step: int,
) -> None:
    statistics, samples = true
    found = opening(exact_backend, front, statistics, step)
    whole = samples[: len(found)]
    assert len(found) >= (END - START - step) * 300
    assert decibels(whole, found - whole) >= ENOUGH_DB


def test_predicted_statistics_are_nearer_than_those_of_another_reading(
    engine: Engine,
    exact_backend: KokoroBackend,
    front: FrontOutput,
    true: tuple[OpeningStatistics, Floats],
) -> None:
    """The control: as good a guess as one can make without looking at the reading."""
    request = Request("The committee will announce the results of the election tomorrow.")
    other = engine.front(next(engine.readings(request)), request, Halt())
    predictor, mix = load_predictor(), parse("af_heart")
    statistics, samples = true
    errors = []
    for read in (front, other):
        predicted = predictor.predict(read, exact_backend.trunk_entrance(read, Halt()), mix)
        found = opening(exact_backend, front, predicted, 20)
        errors.append(float(np.sqrt(np.mean((found - samples[: len(found)]) ** 2))))
    assert errors[0] < 0.6 * errors[1]
    assert statistics.trunk.mean.shape == predicted.trunk.mean.shape
