"""Order statistics that count failures and admit when they know too little."""

import pytest

from onset.bench.quantiles import interval, median, quantile

TWENTY = [float(value) for value in range(1, 21)]
SEVENTY_TWO = [float(value) for value in range(1, 73)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0, 1.0, 2.0], 2.0), ([1.0, 2.0, 3.0, 4.0], 2.5), ([], None), ([5.0], 5.0)],
)
def test_median_of_numbers(values: list[float | None], expected: float | None) -> None:
    assert median(values) == expected


def test_failures_are_infinitely_late() -> None:
    assert median([1.0, 2.0, None]) == 2.0
    assert median([1.0, None, None]) is None
    assert quantile([*TWENTY[:18], None, None], 0.95) is None


def test_p95_of_twenty_is_not_their_maximum() -> None:
    assert quantile(TWENTY, 0.95) == 19.0
    assert quantile(TWENTY, 0.5) == 10.0


def test_p95_is_not_given_when_n_is_too_small() -> None:
    assert quantile(TWENTY[:19], 0.95) is None


def test_interval_of_the_median() -> None:
    # Tables of the sign test: n = 20 gives the 6th and 15th values, n = 6 the extremes.
    assert interval(TWENTY, 0.5) == (6.0, 15.0)
    assert interval(TWENTY[:6], 0.5) == (1.0, 6.0)
    assert interval(TWENTY[:5], 0.5) is None


def test_interval_of_p95_needs_72() -> None:
    assert interval(SEVENTY_TWO, 0.95) is not None
    assert interval(SEVENTY_TWO[:71], 0.95) is None


def test_interval_that_ends_on_a_failure() -> None:
    assert interval([*TWENTY[:5], None], 0.5) is None
