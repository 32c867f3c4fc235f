"""Steps that were planted are found, and none where there is none."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from onset.stats.changepoints import (
    ALPHA,
    LEAST_PART,
    alarm_rate,
    change_points,
    critical,
    simulated_series,
)

RUNS = 8 * 12
"""Eight hours of one run every five minutes."""


def history(
    step: float = 1.0, at: int = RUNS // 2, noise: float = 0.05, autocorrelation: float = 0.0
) -> Callable[[np.random.Generator], list[float]]:
    """A simulated history, as a function of the random numbers alone."""
    return partial(
        simulated_series, runs=RUNS, step=step, at=at, noise=noise, autocorrelation=autocorrelation
    )


def test_a_step_of_10_percent_in_eight_hours_is_found() -> None:
    (step,) = change_points(history(1.10)(np.random.default_rng(1)))
    assert abs(step.index - RUNS // 2) <= 3
    assert step.ratio == pytest.approx(1.10, abs=0.03)


def test_a_step_of_10_percent_is_found_every_time() -> None:
    assert alarm_rate(history(1.10), 300, seed=2) >= 0.99


def test_no_step_is_found_where_none_is() -> None:
    assert change_points(history()(np.random.default_rng(1))) == []


@pytest.mark.parametrize("noise", [0.02, 0.05, 0.2])
def test_false_alarms_are_as_rare_as_stated(noise: float) -> None:
    # ALPHA is one in a thousand: of a thousand histories more than five alarm once in 1,700 suites.
    assert alarm_rate(history(noise=noise), 1000, seed=3) <= 5 * ALPHA


def test_false_alarms_stay_rare_on_a_machine_that_stays_busy_for_a_while() -> None:
    assert alarm_rate(history(autocorrelation=0.6), 1000, seed=4) <= 0.01


def test_faster_is_a_step_too() -> None:
    (step,) = change_points(history(0.8)(np.random.default_rng(1)))
    assert step.ratio == pytest.approx(0.8, abs=0.03)


def test_two_steps_are_two() -> None:
    random = np.random.default_rng(7)
    made = history(1.3, at=30)(random)
    made = [value * (1.3 if i >= 70 else 1.0) for i, value in enumerate(made)]
    assert [round(step.index, -1) for step in change_points(made)] == [30, 70]


def test_a_small_step_is_not_reported_however_sure() -> None:
    assert change_points(history(1.03, noise=0.001)(np.random.default_rng(1))) == []


def test_a_blip_is_no_step() -> None:
    calm = history(noise=0.01)(np.random.default_rng(1))
    blip = [value * (3.0 if 40 <= i < 40 + LEAST_PART - 1 else 1.0) for i, value in enumerate(calm)]
    assert change_points(blip) == []


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 9, [1.0] * 50])
def test_short_and_even_series_have_none(values: list[float]) -> None:
    assert change_points(values) == []


def test_of_a_long_series_only_the_end_is_used() -> None:
    (step,) = change_points([1.0, 1.001] * 600 + [2.0, 2.002] * 30)
    assert step.index == 1200


@pytest.mark.parametrize(("n", "size"), [(10, 2.6111648393), (96, 3.9706476826)])
def test_critical_values_are_the_same_on_every_machine(n: int, size: float) -> None:
    assert critical(n) == pytest.approx(size)
