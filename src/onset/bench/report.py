"""A run told to people (tables) and to machines (one JSON object, units in the keys).

Knows nothing of how anything was measured.
"""

from collections.abc import Iterable, Mapping

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from onset.bench.analyse import Analysis, Cell, Ratio, Spread, analyse
from onset.bench.quantiles import MINIMUM_FOR_P95
from onset.bench.result import Result
from onset.bench.texts import TextClass
from onset.bench.verdict import State, Verdict, verdicts

WIDTH = 132
"""Columns of the report where there is no terminal to ask."""

ABSENT = "-"

_COLORS = {State.PASS: "green", State.FAIL: "red", State.NOT_MEASURED: "yellow"}


def console() -> Console:
    """Standard output, wide enough for the tables."""
    out = Console()
    return out if out.is_terminal else Console(width=WIDTH)


def tell(result: Result) -> Iterable[RenderableType]:
    """The report for people."""
    analysis = analyse(result.trials)
    yield _latencies(analysis)
    yield _smoothness(analysis)
    yield from _reasons(analysis)
    yield from _surroundings(result)
    yield from map(_line, verdicts(analysis))


def summary(result: Result) -> dict[str, object]:
    """The report for machines."""
    analysis = analyse(result.trials)
    found = verdicts(analysis)
    return {
        "schema": result.schema,
        "bench": "ttfa",
        "classes": _classes(analysis),
        "flatness_ratio": _rounded(analysis.flatness),
        "verdicts": [
            {"target": v.target, "measured_ratio": _rounded(v.measured), "state": v.state}
            for v in found
        ],
        "passed": sum(v.state is State.PASS for v in found),
        "harness_floor_ms": milliseconds(result.floor_seconds),
        "seed": result.seed,
        "texts_sha256": result.texts_sha256,
        "environment": result.environment,
    }


def milliseconds(seconds: float | None) -> float | None:
    """Rounded to a tenth of a microsecond; None stays None."""
    return None if seconds is None else round(1e3 * seconds, 4)


def shown(seconds: float | None, digits: int = 0) -> str:
    """Seconds as milliseconds for a table."""
    return ABSENT if seconds is None else f"{1e3 * seconds:.{digits}f}"


def _latencies(analysis: Analysis) -> Table:
    title = "Latency in ms, median over all attempts (a failure is infinitely late)"
    figures = ("n", "failed", "audible TTFA", "95 % CI", "p95", "heard", "first byte")
    table = _table(title, (*figures, "first audio", "silence", "peer / onset (min - max)"))
    before: TextClass | None = None
    for (text_class, side), cell in analysis.cells.items():
        if before not in (None, text_class):
            table.add_section()
        before = text_class
        ratio = analysis.ratios.get((text_class, side))
        table.add_row(text_class, side, *_latency_row(cell), _ratio_shown(ratio))
    return table


def _table(title: str, figures: Iterable[str]) -> Table:
    table = Table(title=title)
    for column in ("class", "side"):
        table.add_column(column, no_wrap=True)
    for column in figures:
        table.add_column(column, justify="right")
    return table


def _latency_row(cell: Cell) -> list[str]:
    audible = cell.spreads["ttfa_audible"]
    others = ("ttfa_heard", "ttfb", "ttfa_wire", "leading_silence")
    confidence = "-".join(map(shown, audible.interval)) if audible.interval else "none"
    tail = shown(audible.p95) if audible.n >= MINIMUM_FOR_P95 else f"n < {MINIMUM_FOR_P95}"
    medians = [shown(cell.spreads[key].p50) for key in others]
    return [str(cell.n), str(cell.failures), shown(audible.p50), confidence, tail, *medians]


def _ratio_shown(ratio: Ratio | None) -> str:
    if ratio is None or ratio.median is None:
        return ABSENT
    return f"{ratio.median:.1f}x ({ratio.least:.1f} - {ratio.most:.1f})"


def _smoothness(analysis: Analysis) -> Table:
    title = "Answers heard to their end, by a player without prebuffer that pauses"
    figures = ("heard", "underruns", "stalled s", "prebuffer needed ms", "stream RTF p50")
    table = _table(title, figures)
    for (text_class, side), cell in analysis.cells.items():
        if cell.whole:
            stalled = ABSENT if cell.stall_seconds is None else f"{cell.stall_seconds:.3f}"
            rtf = ABSENT if cell.rtf.p50 is None else f"{cell.rtf.p50:.2f}"
            needed = shown(cell.prebuffer_seconds)
            table.add_row(text_class, side, str(cell.whole), str(cell.stalls), stalled, needed, rtf)
    return table


def _reasons(analysis: Analysis) -> Iterable[Text]:
    for (text_class, side), cell in analysis.cells.items():
        for reason, count in cell.reasons.items():
            yield Text(f"failed: {text_class}, {side}, {count} times: {reason}", style="red")


def _surroundings(result: Result) -> Iterable[Text]:
    for name, value in result.environment.items():
        yield Text(f"{name}: {value}")
    floor = shown(result.floor_seconds, 1)
    yield Text(f"harness floor: {floor} ms (part of every latency above)")
    yield Text(
        "warm server, caches on, texts never repeated, one request at a time, new connection"
    )
    yield Text(
        f"p95 is a point estimate, from n = {MINIMUM_FOR_P95} on; CI none: too few or failed"
    )


def _line(verdict: Verdict) -> Text:
    measured = ABSENT if verdict.measured is None else f"{verdict.measured:.2f}x"
    state = verdict.state.upper()
    return Text(f"{state:12} {verdict.target}, measured {measured}", style=_COLORS[verdict.state])


def _classes(analysis: Analysis) -> dict[str, dict[str, dict[str, object]]]:
    classes: dict[str, dict[str, dict[str, object]]] = {}
    for (text_class, side), cell in analysis.cells.items():
        told = _cell(cell) | _ratio(analysis.ratios.get((text_class, side)))
        classes.setdefault(text_class, {})[side] = told
    return classes


def _cell(cell: Cell) -> dict[str, object]:
    told: dict[str, object] = {"n": cell.n, "failures": cell.failures}
    for key, spread in cell.spreads.items():
        told |= _spread(key, spread)
    return told | {
        "whole_answers": cell.whole,
        "underruns": cell.stalls,
        "stall_seconds": _rounded(cell.stall_seconds),
        "required_prebuffer_ms_max": milliseconds(cell.prebuffer_seconds),
        "rtf_stream_p50": _rounded(cell.rtf.p50),
    }


def _spread(key: str, spread: Spread) -> Mapping[str, object]:
    low, high = spread.interval or (None, None)
    return {
        f"{key}_ms_p50": milliseconds(spread.p50),
        f"{key}_ms_p50_low": milliseconds(low),
        f"{key}_ms_p50_high": milliseconds(high),
        f"{key}_ms_p95": milliseconds(spread.p95),
    }


def _ratio(ratio: Ratio | None) -> dict[str, object]:
    if ratio is None:
        return {}
    return {
        "peer_over_onset_ratio_median": _rounded(ratio.median),
        "peer_over_onset_ratio_min": _rounded(ratio.least),
        "peer_over_onset_ratio_max": _rounded(ratio.most),
        "pairs": ratio.pairs,
        "pairs_lost": ratio.lost,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
