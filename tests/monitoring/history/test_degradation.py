"""What gets worse over weeks is found in the probes, dated, and told with its version."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from onset.monitoring.history.degradation import (
    LOOK_SECONDS,
    SERIES,
    TOLD_DAYS,
    degradations,
    eight_hour_medians,
)
from onset.monitoring.history.history_store import FILE, HistoryStore
from onset.monitoring.history.remembered import Remembered
from onset.monitoring.host_state import machine_name
from onset.monitoring.probe.probe_comparison import StartProbes
from onset.monitoring.probe.probe_record import ProbeRecord

DAY, HOUR = 86_400.0, 3600.0
NOW = 20_000 * DAY


def hourly(
    factor: Callable[[float], float], days: float = 30, seed: int = 1, until: float = NOW
) -> list[ProbeRecord]:
    """A probe an hour, with 5 % noise; factor: of the first sound, so many days ago."""
    random = np.random.default_rng(seed)
    ages = np.arange(days * 24, 0, -1) / 24
    return [
        ProbeRecord(
            until - age * DAY,
            0.17 * factor(age) * float(np.exp(random.normal(0, 0.05))),
            0.05,
            0.22,
            0.02,
            400_000_000,
        )
        for age in ages.tolist()
    ]


def slower(ratio: float, days: float) -> Callable[[float], float]:
    return lambda age: ratio if age <= days else 1.0


def test_a_step_is_dated_and_has_its_version() -> None:
    probes = hourly(slower(1.2, 7))
    old = StartProbes("0.1", [p for p in probes if p.at < NOW - 7 * DAY])
    new = StartProbes("0.2", [p for p in probes if p.at >= NOW - 7 * DAY])
    (found,) = degradations([old, new], NOW)
    assert found.series == "first sound" and found.ratio == pytest.approx(1.2, abs=0.04)
    assert abs(found.at - (NOW - 7 * DAY)) <= LOOK_SECONDS
    assert found.versions == ("0.1", "0.2")


@pytest.mark.parametrize(
    "factor",
    [
        slower(1.0, 0),
        slower(0.8, 7),
        slower(1.5, 0.3),
        lambda age: 1.2 if 5 <= age <= 12 else 1.0,
        slower(1.2, TOLD_DAYS + 2),
    ],
    ids=["none", "faster", "a few hours", "over again", "long ago"],
)
def test_what_is_none_is_not_told(factor: Callable[[float], float]) -> None:
    assert degradations([StartProbes("0.1", hourly(factor))], NOW) == []


def test_every_series_is_watched() -> None:
    for name, value in SERIES.items():
        plain = ProbeRecord(0.0, 0.17, 0.05, 0.22, 0.02, 400_000_000)
        assert value(plain), name


def test_a_sleeping_machine_leaves_no_median_and_one_that_is_not_over_is_none() -> None:
    probes = [p for p in hourly(slower(1.0, 0), days=4) if not 1 <= (NOW - p.at) / DAY <= 2]
    medians = eight_hour_medians([StartProbes("0.1", probes)], SERIES["front"], NOW + 4 * HOUR)
    assert len(medians) == 9 and {middle for _, middle in medians} == {0.05}
    assert all(at + LOOK_SECONDS <= NOW for at, _ in medians)


def test_a_server_remembers_its_own_machine_alone(tmp_path: Path) -> None:
    here, there = hourly(slower(1.2, 7)), hourly(slower(3.0, 7))
    with closing(HistoryStore(tmp_path / FILE)) as store:
        for machine, probes in ((machine_name(), here), ("another", there)):
            start = store.begin(NOW, "0.1", machine)
            store.add(start, probes=probes)
    remembered = Remembered(tmp_path / FILE, "0.2")
    assert remembered.degraded == []
    remembered._begun_at = NOW
    remembered.refresh([], NOW)
    (found,) = remembered.degraded
    assert found.ratio == pytest.approx(1.2, abs=0.04)
    assert [len(start.probes) for start in remembered.starts([])] == [len(here), 0]


def test_without_a_history_there_is_this_start(tmp_path: Path) -> None:
    for path in (None, tmp_path / "none"):
        remembered = Remembered(path, "0.2")
        remembered.refresh([], NOW)
        assert remembered.starts([]) == [StartProbes("0.2", [])] and remembered.degraded == []
