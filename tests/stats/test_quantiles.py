"""Quantiles count failures, and are not given when the sample is too small."""

import subprocess
import sys

import pytest

from onset.stats.quantiles import median, quantile

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


def test_a_tail_is_not_given_when_n_is_too_small() -> None:
    assert quantile(TWENTY[:19], 0.95) is None
    assert quantile(TWENTY[:9], 0.9) is None
    assert quantile(SEVENTY_TWO, 0.99) is None
    assert quantile([1.0] * 100, 0.99) == 1.0


def test_what_serves_speaks_or_plays_loads_no_scipy() -> None:
    modules = ("cli.serve", "cli.say", "cli.playing.play", "playback.daemon", "playback.benchmark")
    imports = ", ".join(f"onset.{name}" for name in modules)
    probe = f"import sys, {imports}; print('numpy' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_a_benchmark_loads_the_tests_of_scipy_only_when_it_judges() -> None:
    probe = "import sys, onset.bench.commands.root; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
