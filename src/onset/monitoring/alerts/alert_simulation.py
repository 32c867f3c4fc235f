"""How often each alert is false, and how long it takes to tell: by simulation, not by belief.

Answers are independent, with a given share of bad ones. Probes vary by 5 %, neighbours correlated
by 0.3, as on a machine with other work; eight hours are one median of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from onset.monitoring.alerts.alert_rules import AlertRule, alert_rules
from onset.monitoring.alerts.memory_growth import DIFFERENCES, steady_rise
from onset.monitoring.history.degradation import LOOKS, SERIES, confirmed_step
from onset.monitoring.probe.probe_comparison import (
    NEWEST_PROBES,
    OF_A_START,
    Slowdown,
    StartProbes,
    machine_slowdown,
    start_slowdown,
)
from onset.monitoring.probe.probe_record import ProbeRecord
from onset.stats.changepoints import ChangePoint, change_points

ANSWERS = 10_000
"""For which false alarms of answers are told."""

ALLOWED = {"late": 0.05, "failed": 0.01, "stalled": 0.1}
"""Shares of bad answers that are promised; one that stands exactly there is the hardest case."""

USUAL = {"late": 0.02, "failed": 0.002, "stalled": 0.05}
"""Shares of a server that is well."""

WRONG = (1.0, 0.5, 0.2)
"""Shares of bad answers that must be told of."""

NOISE, CORRELATION = 0.05, 0.3
"""Of probes, and of neighbours' noise."""

MEMORY_NOISE, STEP_A_DAY = 5e6, 60e6
"""Bytes: of medians of half an hour; and what is kept once a day, after the longest text, say."""

LEAKS = (10e6, 20e6, 50e6)
"""Bytes an hour."""

HALF_HOURS_A_DAY = 48

LOOKS_A_DAY, DAYS_A_YEAR = 3, 365

STEPS = (1.1, 1.2)
"""By which a probe is made slower."""

SAME_STEP = 10
"""Medians by which the place of one step may wander between looks."""

Answers = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SimulatedAlert:
    """What was found of an alert: false alarms, and after how long it tells, in words.

    rate: of false alarms, where a server stands exactly at its promise. delays: medians.
    """

    name: str
    threshold: str
    false_alarms: str
    delay: str
    rate: float
    delays: tuple[float, ...]


def simulate(years: int, seed: int = 1) -> Iterator[SimulatedAlert]:
    """All alerts that chance can fire. years: simulated quiet years; each takes seconds."""
    random = np.random.default_rng(seed)
    for rule in alert_rules():
        if rule.fire_at is None:
            yield _of_answers(rule, years, random)
    rules = {rule.name: rule for rule in alert_rules()}
    yield _of_machine(rules["slower-machine"], years, random)
    yield _of_start(rules["slower-onset"], years, random)
    yield _of_weeks(rules["degraded"], years, random)
    yield _of_memory(rules["memory-growth"], years, random)


def _of_answers(rule: AlertRule, repeats: int, random: np.random.Generator) -> SimulatedAlert:
    def rate(share: float) -> float:
        bad = (random.random(ANSWERS) < share for _ in range(repeats))
        return sum(len(alarms(rule, each)) for each in bad) / repeats

    def delay(share: float) -> float:
        series = (random.random(1000) < share for _ in range(max(10, repeats)))
        return median(found[0] if (found := alarms(rule, bad)) else 1000 for bad in series)

    shares = USUAL[rule.signal], ALLOWED[rule.signal]
    rates, delays = tuple(map(rate, shares)), tuple(map(delay, WRONG))
    quiet = (f"{r:.2g} at {100 * s:g} %" for r, s in zip(rates, shares, strict=True))
    told = (f"{d:.0f} answers at {100 * s:.0f} %" for d, s in zip(delays, WRONG, strict=True))
    false = f"{', '.join(quiet)} of 10,000 answers"
    return SimulatedAlert(rule.name, rule.firing_words, false, ", ".join(told), rates[-1], delays)


def alarms(rule: AlertRule, bad: Answers) -> list[int]:
    """After how many answers it fires, each time: it has to clear in between."""
    sums = np.concatenate([[0], np.cumsum(bad)])
    at = np.arange(1, len(bad) + 1)

    def within(n: int) -> npt.NDArray[np.int_]:
        count: npt.NDArray[np.int_] = sums[at] - sums[np.maximum(0, at - n)]
        return count

    fires = np.logical_and.reduce([within(n) >= k for k, n in rule.fire])
    most, n = rule.clear
    clears = (within(n) < most) & (at >= min(n, rule.least)) & ~fires
    found: list[int] = []
    firing = False
    for position in np.flatnonzero(fires | clears).tolist():
        if fires[position] and not firing:
            found.append(position + 1)
        firing = bool(fires[position])
    return found


def noisy(random: np.random.Generator, n: int) -> npt.NDArray[np.float64]:
    """Factors [n] around 1, by NOISE and CORRELATION."""
    errors = random.normal(0, NOISE, n)
    for i in range(1, n):
        errors[i] = CORRELATION * errors[i - 1] + np.sqrt(1 - CORRELATION**2) * errors[i]
    factors: npt.NDArray[np.float64] = np.exp(errors)
    return factors


def _start(
    random: np.random.Generator, n: int, slower: float = 1.0, host: float = 1.0
) -> StartProbes:
    first, pace, work = (noisy(random, n) for _ in range(3))
    return StartProbes(
        "simulated",
        [
            ProbeRecord(float(i), 0.17 * slower * a, 0.05, 0.22 * slower * b, 0.02 * host * c, 1)
            for i, (a, b, c) in enumerate(zip(first, pace, work, strict=True))
        ],
    )


def _of_machine(rule: AlertRule, years: int, random: np.random.Generator) -> SimulatedAlert:
    """An hourly probe for years; then those of a machine that is half as slow again."""
    usual = _start(random, 100)
    windows = years * DAYS_A_YEAR * 24 // NEWEST_PROBES
    quiet = (machine_slowdown([usual, _start(random, NEWEST_PROBES)]) for _ in range(windows))
    rate = sum(_fires(rule, found) for found in quiet) / years
    delays = []
    for _ in range(50):
        slow = _start(random, NEWEST_PROBES, 1.5, 1.5).probes
        told = (n for n in range(1, NEWEST_PROBES + 1) if _fires(rule, _after(usual, slow[:n])))
        delays.append(next(told, NEWEST_PROBES + 1))
    middle = median(delays)
    words = f"{rate:.2g} a year", f"{middle:.0f} probes if 50 % slower"
    return SimulatedAlert(rule.name, rule.firing_words, *words, rate, (middle,))


def _after(usual: StartProbes, slow: Sequence[ProbeRecord]) -> Slowdown | None:
    """The newest probes are slow ones, the others of them as before."""
    newest = [*usual.probes[: NEWEST_PROBES - len(slow)], *slow]
    return machine_slowdown([usual, StartProbes(usual.version, newest)])


def _of_start(rule: AlertRule, years: int, random: np.random.Generator) -> SimulatedAlert:
    """A hundred starts a year."""

    def share(slower: float) -> float:
        pairs = (
            [_start(random, OF_A_START), _start(random, OF_A_START, slower)] for _ in range(tries)
        )
        return sum(_fires(rule, start_slowdown(pair)) for pair in pairs) / tries

    tries = 100 * years
    rate, caught = share(1.0), [share(step) for step in STEPS]
    told = (f"{100 * c:.0f} % of {_percent(s)}" for c, s in zip(caught, STEPS, strict=True))
    words = f"{rate:.2g} a start", f"8 probes; finds {', '.join(told)}"
    return SimulatedAlert(rule.name, rule.firing_words, *words, rate, (float(OF_A_START),))


def _fires(rule: AlertRule, found: Slowdown | None) -> bool:
    return found is not None and rule.fire_at is not None and bool(found.ratio >= rule.fire_at)


def _percent(step: float) -> str:
    return f"{100 * step - 100:+.0f} %"


def _of_weeks(rule: AlertRule, years: int, random: np.random.Generator) -> SimulatedAlert:
    medians = DAYS_A_YEAR * LOOKS_A_DAY
    told = sum(len(told_steps(noisy(random, medians).tolist())) for _ in range(years))
    rate = told / years
    delays = [days_until_told(random, step) for step in STEPS]
    words = (
        f"{middle:.1f} days at {_percent(step)} (nine in ten within {most:.1f})"
        for (middle, most), step in zip(delays, STEPS, strict=True)
    )
    false = f"{rate:.2g} a year and series, {len(SERIES) * rate:.2g} in all"
    middles = tuple(middle for middle, _ in delays)
    return SimulatedAlert(rule.name, rule.firing_words, false, ", ".join(words), rate, middles)


def told_steps(medians: Sequence[float], begin: int = 2) -> list[int]:
    """At which medians of eight hours, from `begin` on, a new step to the worse is told."""
    found: list[int] = []
    before: list[ChangePoint] = []
    last_at = -LOOKS
    for count in range(begin, len(medians) + 1):
        offset = max(0, count - LOOKS)
        now = change_points(medians[offset:count])
        # Of the look before, in the indices of this one.
        moved = max(0, count - 1 - LOOKS) - offset
        shifted = [ChangePoint(s.index + moved, s.before, s.after) for s in before]
        step = confirmed_step(now, shifted)
        if step is not None and step.ratio > 1 and abs(step.index + offset - last_at) > SAME_STEP:
            last_at = step.index + offset
            found.append(count)
        before = now
    return found


def days_until_told(
    random: np.random.Generator, step: float, tries: int = 20
) -> tuple[float, float]:
    """Days from a step until it is told: the median, and the longest of nine in ten."""
    days = []
    for _ in range(tries):
        factors = noisy(random, 2 * LOOKS)
        factors[LOOKS:] *= step
        told = [at for at in told_steps(factors.tolist(), LOOKS) if at > LOOKS]
        days.append((told[0] - LOOKS) / LOOKS_A_DAY if told else float("inf"))
    days.sort()
    return median(days), days[int(0.9 * tries) - 1]


def _of_memory(rule: AlertRule, years: int, random: np.random.Generator) -> SimulatedAlert:
    """Years with a step a day; then what loses memory all the time."""
    day = np.zeros(HALF_HOURS_A_DAY)
    day[random.integers(HALF_HOURS_A_DAY)] = STEP_A_DAY
    kept = np.cumsum(np.tile(day, DAYS_A_YEAR))
    told = [len(_grown(rule, _noise_of_memory(random, len(kept)) + kept)) for _ in range(years)]
    rate = sum(told) / years
    delays = tuple(_hours_until_told(rule, random, leak) for leak in LEAKS)
    words = (f"{h:.1f} hours at {leak / 1e6:g} MB" for h, leak in zip(delays, LEAKS, strict=True))
    false = f"{rate:.2g} a year"
    found = ", ".join(words) + " an hour"
    return SimulatedAlert(rule.name, rule.firing_words, false, found, rate, delays)


def _noise_of_memory(random: np.random.Generator, n: int) -> npt.NDArray[np.float64]:
    noise: npt.NDArray[np.float64] = MEMORY_NOISE / NOISE * np.log(noisy(random, n))
    return noise


def _grown(rule: AlertRule, medians: npt.NDArray[np.float64]) -> list[int]:
    """At which half hours it fires, each time: it has to clear in between."""
    windows = np.lib.stride_tricks.sliding_window_view(medians, DIFFERENCES + 1)
    risen = steady_rise(windows, np.zeros((len(windows), DIFFERENCES), bool))
    found, firing = list[int](), False
    for at in np.flatnonzero((risen >= (rule.fire_at or 0)) | (risen < rule.clear_below)).tolist():
        fires = risen[at] >= (rule.fire_at or 0)
        if fires and not firing:
            found.append(at + DIFFERENCES)
        firing = fires
    return found


def _hours_until_told(rule: AlertRule, random: np.random.Generator, leak: float) -> float:
    """From when a leak of so many bytes an hour begins: the median of fifty, in hours."""
    hours = []
    for _ in range(50):
        medians = _noise_of_memory(random, 2 * HALF_HOURS_A_DAY)
        medians[HALF_HOURS_A_DAY:] += leak / 2 * np.arange(1, HALF_HOURS_A_DAY + 1)
        told = [at for at in _grown(rule, medians) if at >= HALF_HOURS_A_DAY]
        hours.append((told[0] + 1 - HALF_HOURS_A_DAY) / 2 if told else float("inf"))
    return median(hours)
