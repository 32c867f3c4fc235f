"""A leak grows steadily; what was loaded, or is given back, does not."""

import numpy as np
import pytest

from memory import hours_of
from onset.monitoring.alerts.memory_growth import DIFFERENCES, HALF_HOUR, half_hours, memory_growth
from onset.monitoring.recommendations.live_recommendations import ProcessSample


def test_a_leak_is_what_it_gained() -> None:
    assert memory_growth(hours_of(7, leak=10e6)) == pytest.approx(60e6, rel=0.01)


def test_a_fast_leak_counts_as_one_of_20_mb_an_hour() -> None:
    assert memory_growth(hours_of(7, leak=500e6)) == pytest.approx(120e6)


@pytest.mark.parametrize("minute", range(0, 90, 5))
def test_loading_a_language_is_no_growth_whenever_it_is(minute: int) -> None:
    loaded = hours_of(7, loads={180 + minute: 120e6, 185 + minute: 60e6})
    assert memory_growth(loaded) == 0
    leaking = hours_of(7, leak=10e6, loads={180 + minute: 120e6})
    assert 30e6 < (memory_growth(leaking) or 0) <= 60e6, "nor does it hide a leak"


def test_where_languages_are_loaded_all_the_time_nothing_is_known() -> None:
    assert memory_growth(hours_of(7, loads=dict.fromkeys(range(0, 420, 45), 30e6))) is None


def test_what_is_kept_and_given_back_again_is_no_growth() -> None:
    samples = hours_of(7)
    saw = [
        ProcessSample(s.at, s.rss + int(30e6 * (i % 90) / 90), 0.1) for i, s in enumerate(samples)
    ]
    assert memory_growth(saw) == 0


def test_only_whole_half_hours_count_as_far_back_as_there_is_one_after_another() -> None:
    assert memory_growth([]) is None
    assert memory_growth(hours_of(4.5, leak=10e6)) is None
    assert memory_growth(hours_of(5, leak=10e6)) is not None
    assert len(half_hours(hours_of(24))) == DIFFERENCES + 1
    asleep = [s for s in hours_of(7, leak=10e6) if not 5 * 3600 <= s.at < 5 * 3600 + HALF_HOUR]
    assert len(half_hours(asleep)) == 2 and memory_growth(asleep) is None


def test_noise_is_no_growth() -> None:
    random = np.random.default_rng(1)
    noise = 5e6 * random.normal(size=60 * 7)
    samples = [
        ProcessSample(s.at, s.rss + int(more), 0.1)
        for s, more in zip(hours_of(7), noise, strict=True)
    ]
    assert (memory_growth(samples) or 0) < 45e6
