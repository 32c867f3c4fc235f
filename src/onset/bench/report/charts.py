"""The charts of a report: distributions, stages, timelines of single streams, load, ratios.

Axes of time begin at zero, unless the largest value is LOG_FROM times the smallest; then they are
logarithmic and say so. A curve with failed requests ends below 100 %.
"""

from collections.abc import Sequence

from onset.bench.analysis.comparison import PRIMARY, ComparisonCell
from onset.bench.analysis.metrics import pieces
from onset.bench.analysis.simulated_player import play
from onset.bench.analysis.summary import CaseSummary, StageTimes
from onset.bench.records.recording import Recording
from onset.drawing.stage_chart import (
    BARS,
    NAMES_END,
    ROW,
    Figure,
    StageBar,
    shortened,
    stage_chart,
)
from onset.drawing.svg import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    SERIES,
    TOP,
    WIDTH,
    Axis,
    Picture,
    number,
    steps,
    vertical,
)

LOG_FROM = 30
"""Largest over smallest value: from this ratio on an axis of time is logarithmic."""

LABEL = 110
"""Units that the words beside a limit take; nearer to the edge they stand on its other side."""

Curve = tuple[str, Sequence[float | None]]
"""Name, and values of one arm in one case; None: a failure."""


def distribution(
    title: str, curves: Sequence[Curve], limits: Sequence[tuple[float, str]] = ()
) -> Figure | None:
    """Share of all attempts that were audible by a time in ms; limits: (ms, label)."""
    known = [value for _, values in curves for value in values if value is not None]
    if not known:
        return None
    x = _time_axis("audible TTFA, ms", [*known, *(limit for limit, _ in limits)])
    y = vertical("share of all attempts, %", 0, 100)
    picture = Picture(title, _curves_text(curves), x, y)
    for i, (_, values) in enumerate(curves):
        points = [(value, 100 * (j + 1) / len(values)) for j, value in enumerate(_known(values))]
        if points:
            picture.path(steps([(x.low, 0.0), *points, (x.high, points[-1][1])]), i)
    for limit, label in limits:
        at = x.at(limit)
        picture.line((at, TOP), (at, picture.bottom), "limit")
        beyond = at > WIDTH - RIGHT - LABEL
        place, css = (at - 5, "limit-text end") if beyond else (at + 5, "limit-text")
        picture.text(place, HEIGHT / 2, label, css)
    scale = "logarithmic axis" if x.log else "axis from zero"
    caption = f"{title}. A curve that ends below 100 % had failures; {scale}."
    return Figure(picture.svg, _lines_key([name for name, _ in curves]), caption)


def stage_bars(rows: Sequence[tuple[str, StageTimes]]) -> Figure | None:
    """How the time to the first audio divides into stages, for single requests.

    rows: (case, stages).
    """
    bars = [
        StageBar(
            name=f"{shortened(case)}, {times.quantile}",
            described=f"{case} {times.quantile}",
            stages_ms=times.stages_ms,
            heard_ms=times.ttfa_audible_ms,
        )
        for case, times in rows
    ]
    caption = (
        "Server-Timing of the request at the median and at the 95th percentile of the audible "
        "TTFA; the mark is when the listener could hear it."
    )
    return stage_chart(bars, "ms since the request was due", caption)


def timeline(title: str, recording: Recording) -> Figure | None:
    """One stream: audio received and audio played, in seconds, over seconds since sent."""
    parts = pieces(recording)
    played = play(parts, 0.0)
    if played is None:
        return None
    total, count = sum(seconds for _, seconds in parts), len(played.stalls)
    end = max(played.start + total + played.stall_seconds, parts[-1][0])
    described = (
        f"{len(parts)} pieces, playing from {1e3 * played.start:.0f} ms on, "
        f"{total:.1f} s of audio, {count} stalls"
    )
    x = Axis("seconds since the request was sent", 0, end * 1.02)
    picture = Picture(title, described, x, vertical("seconds of audio", 0, total * 1.05))
    received = [(0.0, 0.0)]
    for arrival, seconds in parts:
        received.append((arrival, received[-1][1] + seconds))
    picture.path(steps(received), 0)
    playing = [(played.start, 0.0)]
    for when, length in played.stalls:
        position = playing[-1][1] + when - playing[-1][0]
        playing += [(when, position), (when + length, position)]
        left, width = x.at(when), x.at(when + length) - x.at(when)
        hint = f"stall of {1e3 * length:.0f} ms at {when:.2f} s"
        picture.bar(left, TOP, width, picture.bottom - TOP, "stall", hint)
    playing.append((playing[-1][0] + total - playing[-1][1], total))
    picture.path(playing, 1)
    stalls = f"{count} stall{'' if count == 1 else 's'} (shaded)" if count else "no stall"
    caption = f"{title}: {len(parts)} pieces, {total:.1f} s of audio, {stalls}."
    return Figure(picture.svg, _lines_key(["received", "played without prebuffer"]), caption)


def load(title: str, cases: Sequence[CaseSummary], limit: float | None) -> Figure | None:
    """Audible TTFA of the first arm over listeners at once or requests in a second."""
    measured = [case for case in cases if case.arms and case.arms[0].figures]
    by_rate = all(case.rate_per_second is not None for case in measured)
    spreads = {
        (case.rate_per_second or 0.0) if by_rate else float(case.concurrency): (
            case.arms[0].figures["ttfa_audible"]
        )
        for case in measured
    }
    points = sorted(spreads.items(), key=lambda point: point[0])
    known = [v for _, s in points for v in (s.p50, s.p95, s.most) if v is not None]
    if len(points) < max(2, len(measured)) or not known:
        return None
    described = "; ".join(
        f"{number(at)}: median {_number(s.p50)} ms, most {_number(s.most)} ms" for at, s in points
    )
    label = "requests a second, offered" if by_rate else "listeners at once"
    x = Axis(label, 0, points[-1][0] * 1.08)
    y = vertical("audible TTFA, ms", 0, max([*known, limit or 0.0]) * 1.05)
    picture = Picture(title, described, x, y)
    for series, key in enumerate(("p50", "p95", "most")):
        found = [(at, getattr(spread, key)) for at, spread in points]
        marks = [(at, value) for at, value in found if value is not None]
        picture.path(marks, series)
        for at, value in marks:
            hint = f"{key} at {number(at)}: {number(value)} ms"
            picture.dot(x.at(at), y.at(value), series, hint)
    if limit is not None:
        picture.line((LEFT, y.at(limit)), (WIDTH - RIGHT, y.at(limit)), "limit")
        picture.text(WIDTH - RIGHT - 4, y.at(limit) - 4, f"{limit:g} ms", "limit-text end")
    caption = f"{title}. A 95th percentile is only there from 20 requests on; axes from zero."
    return Figure(picture.svg, _lines_key(["median", "95th percentile", "slowest"]), caption)


def ratios(cells: Sequence[ComparisonCell], a: str, b: str) -> Figure | None:
    """B over A of the primary metric in every case, with the intervals; logarithmic."""
    primary = [cell for cell in cells if cell.metric == PRIMARY and cell.effect.median.value]
    if not primary:
        return None
    medians = [cell.effect.median for cell in primary]
    ends = [1.0, *(end for m in medians for end in (m.value, m.low, m.high) if end)]
    height = TOP + ROW * len(primary) + BOTTOM
    label = f"audible TTFA of {b} over that of {a} (right of 1: {a} is faster), logarithmic"
    x = Axis(label, min(ends) / 1.2, max(ends) * 1.2, BARS, log=True)
    described = "; ".join(f"{cell.case}: {cell.text}" for cell in primary)
    picture = Picture(f"{b} over {a}", described, x, height=height)
    picture.line((x.at(1), TOP), (x.at(1), picture.bottom), "limit")
    for i, (cell, median) in enumerate(zip(primary, medians, strict=True)):
        y = TOP + ROW * i + ROW / 2
        picture.text(NAMES_END, y + 4, shortened(cell.case), "tick end")
        if median.low is not None and median.high is not None:
            picture.line((x.at(median.low), y), (x.at(median.high), y), "whisker")
        assert median.value is not None  # asked above
        picture.dot(x.at(median.value), y, 0, cell.text)
    caption = "Median of the ratios of the same text, with its 95 % interval (bootstrap)."
    return Figure(picture.svg, (), caption)


def _lines_key(names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"line s{i % SERIES}", name) for i, name in enumerate(names))


def _time_axis(label: str, values: Sequence[float]) -> Axis:
    least, most = min(values), max(values)
    if least > 0 and most / least >= LOG_FROM:
        return Axis(f"{label} (logarithmic)", least / 1.2, most * 1.1, log=True)
    return Axis(label, 0, most * 1.05)


def _known(values: Sequence[float | None]) -> list[float]:
    return sorted(value for value in values if value is not None)


def _curves_text(curves: Sequence[Curve]) -> str:
    sorted_curves = [(name, _known(values)) for name, values in curves]
    return "; ".join(
        f"{name}: about half by {known[len(known) // 2]:.0f} ms, all by {known[-1]:.0f} ms"
        for name, known in sorted_curves
        if known
    )


def _number(value: float | None) -> str:
    return "none" if value is None else number(value)
