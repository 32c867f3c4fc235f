"""The charts of a report: distributions, stages, timelines of single streams, load, ratios.

Axes of time begin at zero, unless the largest value is LOG_FROM times the smallest; then they are
logarithmic and say so. A curve with failed requests ends below 100 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from onset.bench.analysis.comparison import PRIMARY, ComparisonCell
from onset.bench.analysis.metrics import pieces
from onset.bench.analysis.simulated_player import play
from onset.bench.analysis.summary import CaseSummary, StageTimes
from onset.bench.records.recording import Recording
from onset.bench.report.svg import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    Picture,
    horizontal,
    number,
    steps,
    vertical,
)

LOG_FROM = 30
"""Largest over smallest value: from this ratio on an axis of time is logarithmic."""

STAGES = ("queue", "phonemes", "front", "trunk", "statistics", "generator", "encode", "other")
"""Stages of Onset's server, in the order of their colours; those of other servers come after."""

LONGEST_NAME = 22
"""Most characters of a case's name beside a bar."""

ROW = 30
"""Height of a bar with the space around it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and its legend, both HTML, and a caption."""

    svg: str
    key: str
    caption: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Values of one arm in one case; None: a failure."""

    name: str
    values: tuple[float | None, ...]


def distribution(
    title: str, curves: Sequence[Curve], limits: Sequence[tuple[float, str]] = ()
) -> Figure | None:
    """Share of all attempts that were audible by a time in ms; limits: (ms, label)."""
    known = [value for curve in curves for value in curve.values if value is not None]
    if not known:
        return None
    ends = [*known, *(limit for limit, _ in limits)]
    x = _time_axis("audible TTFA, ms", ends)
    picture = Picture(title, _curves_text(curves))
    y = vertical("share of all attempts, %", 0, 100, picture.height)
    picture.axes(x, y)
    for i, curve in enumerate(curves):
        points = [(x.low, 0.0), *_shares(curve.values)]
        if len(points) > 1:
            points.append((x.high, points[-1][1]))
            picture.path(steps(points, lambda p: (x.at(p[0]), y.at(p[1]))), i)
    for limit, label in limits:
        at = x.at(limit)
        picture.rule((at, TOP), (at, picture.height - BOTTOM), "limit")
        picture.text(at + 5, picture.height / 2, label, "limit-text")
    scale = "logarithmic axis" if x.log else "axis from zero"
    caption = f"{title}. A curve that ends below 100 % had failures; {scale}."
    return Figure(picture.svg, picture.key([curve.name for curve in curves]), caption)


def stage_bars(rows: Sequence[tuple[str, StageTimes]]) -> Figure | None:
    """How the time to the first audio divides into stages, for single requests.

    rows: (case, stages).
    """
    if not rows:
        return None
    names = list(dict.fromkeys(name for _, times in rows for name in times.stages_ms))
    names = [n for n in names if any(times.stages_ms.get(n, 0) >= 1 for _, times in rows)]
    names.sort(key=lambda n: STAGES.index(n) if n in STAGES else len(STAGES))
    height = TOP + ROW * len(rows) + BOTTOM
    most = max(max(times.ttfa_audible_ms, sum(times.stages_ms.values())) for _, times in rows)
    described = "; ".join(f"{case} {times.quantile}: {_stages_text(times)}" for case, times in rows)
    picture = Picture("Stages up to the first audio", described, height)
    left = 190
    x = Axis("ms since the request was due", 0, most * 1.02, left, WIDTH - RIGHT)
    picture.axes(x, None)
    for i, (case, times) in enumerate(rows):
        _stage_row(picture, x, TOP + ROW * i, case, times, names)
    caption = (
        "Server-Timing of the request at the median and at the 95th percentile of the audible "
        "TTFA; the mark is when the listener could hear it."
    )
    return Figure(picture.svg, _box_key(names), caption)


def timeline(title: str, recording: Recording, prebuffer: float = 0.0) -> Figure | None:
    """One stream: audio received and audio played, in seconds, over seconds since sent."""
    parts = pieces(recording)
    played = play(parts, prebuffer)
    if played is None:
        return None
    total = sum(seconds for _, seconds in parts)
    end = played.start + total + played.stall_seconds
    picture = Picture(title, _stream_text(recording, played.start, total, len(played.stalls)))
    x = horizontal("seconds since the request was sent", 0, max(end, parts[-1][0]) * 1.02)
    y = vertical("seconds of audio", 0, total * 1.05, picture.height)
    picture.axes(x, y)
    received, curve = 0.0, [(0.0, 0.0)]
    for arrival, seconds in parts:
        received += seconds
        curve.append((arrival, received))
    picture.path(steps(curve, lambda p: (x.at(p[0]), y.at(p[1]))), 0)
    playing = [(played.start, 0.0)]
    position, clock = 0.0, played.start
    for when, length in played.stalls:
        position += when - clock
        clock = when + length
        playing += [(when, position), (clock, position)]
        picture.bar(
            x.at(when), TOP, x.at(clock) - x.at(when), picture.height - TOP - BOTTOM, "stall",
            f"stall of {1e3 * length:.0f} ms at {when:.2f} s",
        )  # fmt: skip
    playing.append((clock + total - position, total))
    picture.path([(x.at(at), y.at(audio)) for at, audio in playing], 1)
    count = len(played.stalls)
    stalls = f"{count} stall{'' if count == 1 else 's'} (shaded)" if count else "no stall"
    caption = f"{title}: {len(parts)} pieces, {total:.1f} s of audio, {stalls}."
    return Figure(picture.svg, picture.key(["received", "played without prebuffer"]), caption)


def load(title: str, cases: Sequence[CaseSummary], limit: float | None) -> Figure | None:
    """Audible TTFA of the first arm over listeners at once or requests in a second."""
    measured = [case for case in cases if case.arms and case.arms[0].figures]
    by_rate = all(case.rate_per_second is not None for case in measured)
    loads = {(c.rate_per_second or 0.0) if by_rate else float(c.concurrency): c for c in measured}
    points = sorted(loads.items()) if len(loads) == len(measured) else []
    if len(points) < 2:
        return None
    return _load(title, points, by_rate, limit)


def ratios(cells: Sequence[ComparisonCell], a: str, b: str) -> Figure | None:
    """B over A of the primary metric in every case, with the intervals; logarithmic."""
    primary = [cell for cell in cells if cell.metric == PRIMARY and cell.effect.median.value]
    if not primary:
        return None
    ends = [1.0]
    for cell in primary:
        median = cell.effect.median
        ends += [end for end in (median.value, median.low, median.high) if end]
    height = TOP + ROW * len(primary) + BOTTOM
    label = f"audible TTFA of {b} over that of {a} (right of 1: {a} is faster), logarithmic"
    x = Axis(label, min(ends) / 1.2, max(ends) * 1.2, 190, WIDTH - RIGHT, log=True)
    described = "; ".join(f"{cell.case}: {cell.text}" for cell in primary)
    picture = Picture(f"{b} over {a}", described, height)
    picture.axes(x, None)
    picture.rule((x.at(1), TOP), (x.at(1), height - BOTTOM), "limit")
    for i, cell in enumerate(primary):
        y = TOP + ROW * i + ROW / 2
        median = cell.effect.median
        picture.text(182, y + 4, _short(cell.case), "tick end")
        if median.low is not None and median.high is not None:
            picture.rule((x.at(median.low), y), (x.at(median.high), y), "whisker")
        assert median.value is not None  # asked above
        picture.dot(x.at(median.value), y, 0, cell.text)
    caption = "Median of the ratios of the same text, with its 95 % interval (bootstrap)."
    return Figure(picture.svg, "", caption)


def _load(
    title: str, points: Sequence[tuple[float, CaseSummary]], by_rate: bool, limit: float | None
) -> Figure | None:
    spreads = [case.arms[0].figures["ttfa_audible"] for _, case in points]
    known = [v for s in spreads for v in (s.p50, s.p95, s.most) if v is not None]
    if not known:
        return None
    described = "; ".join(
        f"{_number(at)}: median {_number(s.p50)} ms, most {_number(s.most)} ms"
        for (at, _), s in zip(points, spreads, strict=True)
    )
    picture = Picture(title, described)
    label = "requests a second, offered" if by_rate else "listeners at once"
    x = horizontal(label, 0, points[-1][0] * 1.08)
    y = vertical("audible TTFA, ms", 0, max([*known, limit or 0.0]) * 1.05, picture.height)
    picture.axes(x, y)
    for series, key in enumerate(("p50", "p95", "most")):
        marks = [
            (x.at(at), y.at(value), f"{key} at {_number(at)}: {_number(value)} ms")
            for (at, _), spread in zip(points, spreads, strict=True)
            if (value := getattr(spread, key)) is not None
        ]
        picture.path([(px, py) for px, py, _ in marks], series)
        for px, py, hint in marks:
            picture.dot(px, py, series, hint)
    if limit is not None:
        picture.rule((LEFT, y.at(limit)), (WIDTH - RIGHT, y.at(limit)), "limit")
        picture.text(WIDTH - RIGHT - 4, y.at(limit) - 4, f"{limit:g} ms", "limit-text end")
    caption = f"{title}. A 95th percentile is only there from 20 requests on; axes from zero."
    return Figure(picture.svg, picture.key(["median", "95th percentile", "slowest"]), caption)


def _stage_row(
    picture: Picture, x: Axis, top: float, case: str, times: StageTimes, names: Sequence[str]
) -> None:
    picture.text(182, top + ROW / 2 + 4, f"{_short(case)}, {times.quantile}", "tick end")
    at = 0.0
    for i, stage in enumerate(names):
        length = times.stages_ms.get(stage, 0.0)
        hint = f"{stage}: {length:.1f} ms"
        picture.bar(
            x.at(at),
            top + 4,
            x.at(at + length) - x.at(at),
            ROW - 10,
            f"box b{_colour(stage, i)}",
            hint,
        )
        at += length
    mark = x.at(times.ttfa_audible_ms)
    picture.rule((mark, top + 1), (mark, top + ROW - 3), "heard")


def _colour(stage: str, place: int) -> int:
    """One of ten; a stage of Onset has the same one in every chart."""
    return STAGES.index(stage) if stage in STAGES else (len(STAGES) + place) % 10


def _short(case: str) -> str:
    """The name, cut so that it fits beside its bar."""
    return case if len(case) <= LONGEST_NAME else f"{case[: LONGEST_NAME - 1]}\u2026"


def _box_key(names: Sequence[str]) -> str:
    items = "".join(
        f'<li><svg width="14" height="12" aria-hidden="true">'
        f'<rect class="box b{_colour(name, i)}" width="12" height="12"/></svg> {escape(name)}</li>'
        for i, name in enumerate(names)
    )
    return f'<ul class="key">{items}</ul>'


def _time_axis(label: str, values: Sequence[float]) -> Axis:
    least, most = min(values), max(values)
    if least > 0 and most / least >= LOG_FROM:
        return horizontal(f"{label} (logarithmic)", least / 1.2, most * 1.1, log=True)
    return horizontal(label, 0, most * 1.05)


def _shares(values: Sequence[float | None]) -> list[tuple[float, float]]:
    known = sorted(value for value in values if value is not None)
    return [(value, 100 * (i + 1) / len(values)) for i, value in enumerate(known)]


def _curves_text(curves: Sequence[Curve]) -> str:
    sentences = []
    for curve in curves:
        known = sorted(value for value in curve.values if value is not None)
        if known:
            middle = known[len(known) // 2]
            ends = f"about half by {middle:.0f} ms, all by {known[-1]:.0f} ms"
            sentences.append(f"{curve.name}: {ends}")
    return "; ".join(sentences)


def _stages_text(times: StageTimes) -> str:
    parts = (f"{name} {value:.0f} ms" for name, value in times.stages_ms.items() if value >= 1)
    return ", ".join(parts)


def _stream_text(recording: Recording, start: float, total: float, stalls: int) -> str:
    return (
        f"{len(recording.arrivals)} pieces, playing from {1e3 * start:.0f} ms on, "
        f"{total:.1f} s of audio, {stalls} stalls"
    )


def _number(value: float | None) -> str:
    return "none" if value is None else number(value)
