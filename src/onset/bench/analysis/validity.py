"""Whether a run may be believed: was the generator fast enough, do servers contradict it?

A reason makes the whole run invalid; a warning does not.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from onset.bench.analysis.metrics import server_ttfa, ttfa_audible, ttfb
from onset.bench.records.plan import LoadShape, Phase
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import MachineSample, Run, Trial
from onset.protocol.http_api import parse_server_timing
from onset.stats.quantiles import nearest_rank

MOST_GENERATOR_CPU = 0.2
"""Share of one core, over a case: more, and the generator competes with what it measures."""

MOST_LOOP_LAG = 0.005
"""Seconds, 99th percentile: every arrival may be stamped too late by so much."""

MOST_LATENESS = 0.005
"""Seconds, 99th percentile of sent less due; if more, MOST_LATENESS_SHARE of the median TTFA."""

MOST_LATENESS_SHARE = 0.02

MOST_RATE_ERROR = 0.02
"""Between the rate that was planned and the one that was sent."""

CLOCK_TOLERANCE = 0.001
"""Seconds by which a server's total may exceed what its client saw."""

STAGE_TOLERANCE = 0.05
"""Share of the total that the named stages may miss or exceed."""

MOST_PROBE_SPREAD = 0.05
"""Between the probes of one run: more, and the host was not quiet."""

MOST_TRANSIT = 0.02
"""Seconds, median, between what the server and what the client calls the first byte."""

SHORTEST_CASE = 2.0
"""Seconds: a shorter case says nothing of a rate or a share of a core."""

NULL = "null"
"""The arm that measures the generator itself; it gives every text the same sound."""


def reasons(run: Run) -> tuple[str, ...]:
    """Why the run is invalid, in words; empty when it is valid."""
    checks = (_generator_cpu, _loop_lag, _lateness, _rates, _claims, _same_for_all)
    nothing = () if measured(run) else ("nothing was measured",)
    return (*nothing, *(reason for check in checks for reason in check(run)))


def warnings(run: Run) -> tuple[str, ...]:
    """What a reader ought to know besides."""
    checks = (_noisy_host, _transit, _not_repeatable)
    return tuple(warning for check in checks for warning in check(run))


def measured(run: Run) -> list[Trial]:
    """The trials that figures are made of: no warm-up, no null server."""
    return [t for t in run.trials if t.ask.phase is Phase.MEASURED and t.ask.arm != NULL]


def _generator_cpu(run: Run) -> Iterator[str]:
    cases: dict[str, list[MachineSample]] = defaultdict(list)
    for sample in run.system:
        if sample.case:
            cases[f"{sample.scenario}, {sample.case}"].append(sample)
    for name, samples in cases.items():
        seconds = (samples[-1].at_ns - samples[0].at_ns) / 1e9
        used = [s.own_cpu_seconds for s in samples if s.own_cpu_seconds is not None]
        if seconds < SHORTEST_CASE or len(used) < 2:
            continue
        share = (used[-1] - used[0]) / seconds
        if share > MOST_GENERATOR_CPU:
            limit = f"more than {MOST_GENERATOR_CPU:.0%}"
            yield f"{name}: the generator itself used {share:.0%} of a core, {limit}"


def _loop_lag(run: Run) -> Iterator[str]:
    lags = [lag / 1e6 for sample in run.system if sample.case for lag in sample.loop_lags_us]
    late = _p99(lags)
    if late is not None and late > MOST_LOOP_LAG:
        yield (
            f"the generator's event loop was {1e3 * late:.1f} ms late (p99), "
            f"more than {1e3 * MOST_LOOP_LAG:g}"
        )


def _lateness(run: Run) -> Iterator[str]:
    for name, trials in _open_cases(run).items():
        late = _p99([(t.recording.sent_ns - t.recording.due_ns) / 1e9 for t in trials])
        onsets = sorted(s for t in trials if (s := ttfa_audible(t.recording)) is not None)
        median = onsets[len(onsets) // 2] if onsets else 0.0
        limit = max(MOST_LATENESS, MOST_LATENESS_SHARE * median)
        if late is not None and late > limit:
            yield f"{name}: requests left {1e3 * late:.1f} ms late (p99), more than {1e3 * limit:g}"


def _rates(run: Run) -> Iterator[str]:
    for name, trials in _open_cases(run).items():
        due = sorted(t.recording.due_ns for t in trials)
        sent = sorted(t.recording.sent_ns for t in trials)
        planned, actual = due[-1] - due[0], sent[-1] - sent[0]
        if planned / 1e9 >= SHORTEST_CASE and abs(actual / planned - 1) > MOST_RATE_ERROR:
            yield f"{name}: sent in {actual / 1e9:.1f} s what was due within {planned / 1e9:.1f} s"


def _claims(run: Run) -> Iterator[str]:
    """What servers say of their times and their cache."""
    wrong = sum(total > seen + CLOCK_TOLERANCE for seen, total in _first_bytes(run))
    if wrong:
        yield f"the server claims more time than its client saw pass, in {wrong} requests"
    wrong = 0
    for trial in measured(run):
        stages = parse_server_timing(trial.recording.server_timing)
        total = stages.pop("total", None)
        if total is not None and stages:
            allowed = max(CLOCK_TOLERANCE, STAGE_TOLERANCE * total)
            wrong += abs(sum(stages.values()) - total) > allowed
    if wrong:
        yield f"the server's stages do not add up to its total, in {wrong} requests"
    hits = sum("hit" in trial.recording.cache for trial in measured(run))
    if hits:
        yield f"{hits} answers came from a cache that was to be off or cold"


def _same_for_all(run: Run) -> Iterator[str]:
    spoken: dict[tuple[str, str], set[str]] = defaultdict(set)
    for trial in measured(run):
        if trial.recording.outcome is RequestOutcome.COMPLETE:
            spoken[trial.ask.arm, trial.recording.sha256].add(trial.ask.text)
    for (arm, _), texts in spoken.items():
        if len(texts) > 1:
            yield f"{arm} gave {len(texts)} different texts the very same audio"


def _noisy_host(run: Run) -> Iterator[str]:
    probes = [s.probe_seconds for s in run.system if s.probe_seconds is not None]
    if len(probes) > 1 and max(probes) > (1 + MOST_PROBE_SPREAD) * min(probes):
        spread = max(probes) / min(probes) - 1
        yield f"noisy host: the same computation took up to {spread:.0%} longer during the run"


def _transit(run: Run) -> Iterator[str]:
    unseen = sorted(seen - total for seen, total in _first_bytes(run))
    if unseen and (median := unseen[len(unseen) // 2]) > MOST_TRANSIT:
        yield f"{1e3 * median:.0f} ms (median) pass before or after what the server itself counts"


def _first_bytes(run: Run) -> Iterator[tuple[float, float]]:
    """Seconds to the first byte, as the client saw them and as the server counts them."""
    for trial in measured(run):
        seen, total = ttfb(trial.recording), server_ttfa(trial.recording)
        if seen is not None and total is not None:
            yield seen, total


def _not_repeatable(run: Run) -> Iterator[str]:
    digests: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for trial in measured(run):
        if trial.recording.outcome is RequestOutcome.COMPLETE:
            ask = trial.ask
            key = (ask.arm, ask.text, ask.voice, ask.speed, ask.format, ask.exact, ask.scenario)
            digests[*key, ask.case].add(trial.recording.sha256)
    changed = sum(len(audio) > 1 for audio in digests.values())
    if changed:
        yield f"the same request gave other audio when repeated, for {changed} texts"


def _open_cases(run: Run) -> Mapping[str, Sequence[Trial]]:
    shapes = {(s.name, c.name): c.shape for s in run.manifest.scenarios for c in s.cases}
    cases: dict[str, list[Trial]] = defaultdict(list)
    for trial in measured(run):
        scenario, case = trial.ask.scenario, trial.ask.case
        if shapes.get((scenario, case)) is LoadShape.OPEN:
            cases[f"{scenario}, {case}"].append(trial)
    return cases


def _p99(values: Sequence[float]) -> float | None:
    """Nearest rank; of few values the largest."""
    return sorted(values)[nearest_rank(len(values), 0.99)] if values else None
