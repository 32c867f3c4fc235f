"""The few figures that a report leads with: of the first scenario that was measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onset.bench.analysis.summary import ArmSummary, CaseSummary, RunSummary, ScenarioSummary
from onset.bench.records.plan import Target
from onset.bench.report.formatting import percent, three_digits

UNKNOWN = "not measured"
"""As the server's page says it."""

FIRST_SOUND = "ttfa_audible"

FEWEST_FOR_TAIL = 20
"""Requests that a 95th percentile takes."""


@dataclass(frozen=True, slots=True)
class HeadlineFigure:
    """A figure in large print. good: whether it is within its promise; None where there is none."""

    name: str
    value: str
    note: str
    good: bool | None = None


def led_by(summary: RunSummary) -> tuple[ScenarioSummary, CaseSummary, ArmSummary] | None:
    """The scenario, case and arm that the headline is of; None if nothing was measured.

    Of the first scenario whose first sound was measured, the case with most requests.
    """
    for scenario in summary.scenarios:
        cases = [
            (case, case.arms[0]) for case in scenario.cases if case.arms and case.arms[0].figures
        ]
        if cases:
            return scenario, *max(cases, key=lambda pair: pair[1].n)
    return None


def headline(summary: RunSummary, targets: Sequence[Target]) -> tuple[HeadlineFigure, ...]:
    """First sound, smoothness and failures. targets: of the scenario that `led_by` chooses."""
    found = led_by(summary)
    return () if found is None else tuple(_figures(found[1], found[2], targets))


def _figures(
    case: CaseSummary, arm: ArmSummary, targets: Sequence[Target]
) -> Iterator[HeadlineFigure]:
    first = arm.figures[FIRST_SOUND]
    limit = next(
        (1e3 * t.most for t in targets if t.metric == FIRST_SOUND and t.most is not None), None
    )
    promised = f", promised {limit:g} ms" if limit is not None else ""
    named = f"{case.name}, " if case.name else ""
    where = f"{named}{arm.n} requests"
    tail = "" if first.p95 is not None else f", takes {FEWEST_FOR_TAIL}"
    for name, value, needs in (("median", first.p50, ""), ("95th percentile", first.p95, tail)):
        good = None if value is None or limit is None else value <= limit
        yield HeadlineFigure(f"First sound, {name}", _ms(value), f"{where}{needs}{promised}", good)
    player = arm.players[0] if arm.players else None
    smooth = player.smooth_ratio if player is not None and player.answers else None
    heard = f"{named}{player.answers} answers heard to the end" if player is not None else ""
    words = UNKNOWN if smooth is None else percent(smooth)
    yield HeadlineFigure("Answers without a stall", words, heard, _whole(smooth))
    failed = f"{arm.failures} of {arm.n}"
    late = f"{named}each infinitely late"
    yield HeadlineFigure("Failed requests", failed, late, arm.failures == 0)


def _ms(value: float | None) -> str:
    return UNKNOWN if value is None else f"{three_digits(value)} ms"


def _whole(share: float | None) -> bool | None:
    return None if share is None else share == 1
