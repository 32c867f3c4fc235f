"""The panel of the last days: how soon answers were heard, and since when that has been so."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from onset.drawing.stage_chart import Figure
from onset.drawing.svg import LEFT, RIGHT, TOP, WIDTH, Axis, Picture, vertical
from onset.monitoring.answer_record import TARGET
from onset.protocol.performance_api import (
    HistoryEvent,
    HistoryPoint,
    HistoryStart,
    PerformanceHistory,
)
from onset.serving.http.dashboard.panel_templates import templates
from onset.serving.http.dashboard.panel_values import day_and_clock
from onset.stats.changepoints import change_points

DAY = 86_400.0

COUNTED_IN = 10
"""The series is as long as a multiple of this: what chance makes is computed anew for a length."""

FASTEST, SLOWEST = 50.0, 2000.0
"""Milliseconds at the ends of the axis, unless answers were faster or slower. Logarithmic."""

SHOWN_EVENTS, SHOWN_STARTS = 10, 10
"""The newest alerts and starts that are listed."""


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """Since when answers are heard sooner or later. before, after: medians in ms. cause: what
    changed with it, as far as the history has it.
    """

    at: float
    before: float
    after: float
    cause: str


def history_html(history: PerformanceHistory, days: int, now: float) -> str:
    """The panel as HTML."""
    module = templates().get_template("history.html.jinja").module
    return str(
        module.panel(  # type: ignore[attr-defined]  # what the template defines
            history=history,
            days=days,
            figure=history_picture(history, days, now),
            steps=history_steps(history),
            starts=list(reversed(history.starts[-SHOWN_STARTS:])),
            told=_alerts(history.events),
        )
    ).strip()


def history_steps(history: PerformanceHistory) -> list[HistoryStep]:
    """Since when it is sooner or later. In a series without a step one is found once in a thousand.

    The values are the medians of the history's points, whatever the users of that time asked for:
    other voices and longer texts are no reason, since only the first audible sound counts.
    """
    points = [(point, 1e3 * point.p50) for point in history.points if point.p50 is not None]
    points = points[len(points) % COUNTED_IN :]
    starts = {start.id: start for start in history.starts}
    return [
        HistoryStep(
            at=points[step.index][0].at,
            before=step.before,
            after=step.after,
            cause=_cause(
                starts.get(points[step.index - 1][0].start),
                starts.get(points[step.index][0].start),
            ),
        )
        for step in change_points([ms for _, ms in points])
    ]


def _cause(before: HistoryStart | None, after: HistoryStart | None) -> str:
    if before is None or after is None:
        return "the start of the server is not known"
    changes = [
        f"{name} {old} became {new}"
        for name, old, new in (
            ("version", before.version, after.version),
            ("machine", before.machine, after.machine),
        )
        if old != new
    ]
    if changes:
        return " and ".join(changes)
    again = "the server was started anew" if before.id != after.id else "no start of the server"
    return f"{again}; version and machine are the same"


def history_picture(history: PerformanceHistory, days: int, now: float) -> Figure | None:
    """Medians and 95th percentiles over days, and the starts; None without answers."""
    shown = [point for point in history.points if point.p50 is not None]
    if not shown:
        return None
    times = [1e3 * t for point in shown for t in (point.p50, point.p95) if t is not None]
    n, good = sum(p.n for p in history.points), sum(p.good for p in history.points)
    words = f"{n} answers of users over HTTP, {n - good} later than {1e3 * TARGET:g} ms or failed"
    x = Axis("days ago", -days, 0)
    y = vertical(
        "audible TTFA, ms",
        min(FASTEST, 0.9 * min(times)),
        max(SLOWEST, 1.1 * max(times)),
        log=True,
    )
    picture = Picture(f"The last {days} days", words, x, y)
    for start in history.starts:
        place = x.at((start.at - now) / DAY)
        picture.line((place, TOP), (place, picture.bottom), "line s5")
    _draw_lines(picture, x, y, shown, now)
    limit = y.at(1e3 * TARGET)
    picture.line((LEFT, limit), (WIDTH - RIGHT, limit), "limit")
    key = (("box b1", "median"), ("box b2", "95th percentile, of 20 answers or more"))
    return Figure(picture.svg, key, f"{words}. Dotted verticals are starts; logarithmic axis.")


def _draw_lines(
    picture: Picture, x: Axis, y: Axis, points: Sequence[HistoryPoint], now: float
) -> None:
    """A line for each start and quantile; what stands alone is a dot."""
    for _, of_start in groupby(points, key=lambda point: point.start):
        own = list(of_start)
        for series, name in enumerate(("p50", "p95")):
            line = [
                ((point.at + point.width / 2 - now) / DAY, 1e3 * seconds)
                for point in own
                if (seconds := getattr(point, name)) is not None
            ]
            if len(line) > 1:
                picture.path(line, series)
            for days, ms in line if len(line) == 1 else ():
                picture.dot(x.at(days), y.at(ms), series, f"{ms:.0f} ms")


def _alerts(events: Sequence[HistoryEvent]) -> list[tuple[str, str, str, str]]:
    """When, which alert, what became of it, and its evidence; the newest first."""
    told = [event for event in events if event.kind == "alert"][-SHOWN_EVENTS:]
    return [
        (day_and_clock(e.at), e.name, e.state, str(e.facts.get("evidence") or ""))
        for e in reversed(told)
    ]
