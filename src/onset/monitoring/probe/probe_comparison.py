"""Probes of now against those of before: is it the machine, and is it this start of the server?"""

from collections.abc import Sequence
from dataclasses import dataclass

from onset.monitoring.probe.probe_record import ProbeRecord
from onset.stats.quantiles import median
from onset.stats.small_samples import rank_test

NEWEST_PROBES = 5
"""Whose median is compared with all before them."""

OF_A_START = 8
"""Probes of each start that two starts are compared by; and before which nothing is usual yet."""

SLOWER_HOST = 1.15
"""Times the usual seconds of the host probe: below, the machine is not to blame."""

SAME_HOST = 1.05
"""Times the seconds of the host probe: as little as the machine must have changed meanwhile."""

START_CHANCE = 0.002
"""Of a difference between two starts as large as that, if nothing changed."""


@dataclass(frozen=True, slots=True)
class StartProbes:
    """The probes of one start of the server, the oldest first."""

    version: str
    probes: Sequence[ProbeRecord] = ()


@dataclass(frozen=True, slots=True)
class Slowdown:
    """ratio: times what is usual, 1 where that is due to something else. evidence: in words."""

    ratio: float
    evidence: str


def machine_slowdown(starts: Sequence[StartProbes]) -> Slowdown | None:
    """How much slower the generator is than it usually is here, if the host probe is slower too.

    starts: of this machine, the newest last. None until enough is known.
    """
    probes = [probe for start in starts for probe in start.probes]
    newest, before = probes[-NEWEST_PROBES:], probes[:-NEWEST_PROBES]
    host = _ratio([p.host for p in newest], [p.host for p in before])
    pace = _ratio([p.pace for p in newest], [p.pace for p in before])
    if len(before) < OF_A_START or not starts[-1].probes or host is None or pace is None:
        return None
    evidence = f"speech takes {pace:.2f} times as long as usual, other work {host:.2f} times"
    return Slowdown(pace if host >= SLOWER_HOST else 1.0, evidence)


def start_slowdown(starts: Sequence[StartProbes]) -> Slowdown | None:
    """How much later the first sound is since this start, if the machine is the same."""
    if len(starts) < 2:
        return None
    old, new = starts[-2].probes[-OF_A_START:], starts[-1].probes[:OF_A_START]
    then, now = _known([p.first_audio for p in old]), _known([p.first_audio for p in new])
    host = _ratio([p.host for p in new], [p.host for p in old])
    ratio = _ratio(now, then)
    if min(len(then), len(now)) < OF_A_START or ratio is None or host is None:
        return None
    versions = f"{starts[-1].version} after {starts[-2].version}"
    evidence = f"{versions}: first sound {ratio:.2f} times as late, other work {host:.2f} times"
    same = 1 / SAME_HOST <= host <= SAME_HOST
    chance = rank_test(then, now)
    return Slowdown(ratio if same and chance < START_CHANCE else 1.0, evidence)


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _ratio(now: Sequence[float | None], before: Sequence[float | None]) -> float | None:
    above, below = median(_known(now)), median(_known(before))
    return above / below if above is not None and below else None
