"""Charts as SVG text: axes with round ticks, lines, bars, marks; colours come from the page.

A chart has a description in words for those who do not see it, and lines differ by their dashes
too. Coordinates have one decimal, so equal input gives equal text.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 720, 64, 20, 16, 46
"""Of a picture and its margins, in the units of its viewBox."""

SERIES = 6
"""Number of colours and dashes that the page has."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps data to the picture: `low` to `high` onto `begin` to `end`; linear or logarithmic."""

    label: str
    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The position of a value, clipped to the axis."""
        low, high, value = (self._scaled(v) for v in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.begin + (self.end - self.begin) * min(max(share, 0.0), 1.0)

    def ticks(self, most: int = 8) -> list[float]:
        """Round values within the axis."""
        return _log_ticks(self.low, self.high) if self.log else _ticks(self.low, self.high, most)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.log else value


class Picture:
    """Collects marks; `svg` is the whole. Screen readers read title and description."""

    def __init__(self, title: str, description: str, height: int = 300) -> None:
        self.height = height
        self._title, self._description = title, description
        self._parts: list[str] = []

    def axes(self, x: Axis, y: Axis | None) -> None:
        """Draw grid, ticks and labels."""
        bottom = self.height - BOTTOM
        for value in x.ticks():
            at = x.at(value)
            self._line((at, TOP), (at, bottom), "grid")
            self.text(at, bottom + 16, number(value), "tick middle")
        self.text((LEFT + WIDTH - RIGHT) / 2, self.height - 8, x.label, "label middle")
        for value in y.ticks(6) if y else ():
            assert y is not None  # there are no ticks otherwise
            self._line((LEFT, y.at(value)), (WIDTH - RIGHT, y.at(value)), "grid")
            self.text(LEFT - 6, y.at(value) + 4, number(value), "tick end")
        if y:
            middle = (TOP + bottom) / 2
            turn = f'transform="rotate(-90 14 {middle:.1f})"'
            self.text(14, middle, y.label, "label middle", turn)

    def path(self, points: Iterable[Point], series: int, css: str = "line") -> None:
        """A line through points of the picture."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        if places:
            self._parts.append(f'<polyline class="{css} s{series % SERIES}" points="{places}"/>')

    def bar(self, x: float, y: float, width: float, height: float, css: str, hint: str) -> None:
        """A filled box; hint: shown when pointed at."""
        self._parts.append(
            f'<rect class="{css}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" '
            f'height="{height:.1f}"><title>{escape(hint)}</title></rect>'
        )

    def dot(self, x: float, y: float, series: int, hint: str) -> None:
        """A mark; hint: shown when pointed at."""
        self._parts.append(
            f'<circle class="dot s{series % SERIES}" cx="{x:.1f}" cy="{y:.1f}" r="4">'
            f"<title>{escape(hint)}</title></circle>"
        )

    def rule(self, begin: Point, end: Point, css: str) -> None:
        """A straight line with a meaning, such as a limit."""
        self._line(begin, end, css)

    def text(self, x: float, y: float, words: str, css: str, more: str = "") -> None:
        """Words at a position."""
        space = f" {more}" if more else ""
        self._parts.append(
            f'<text class="{css}" x="{x:.1f}" y="{y:.1f}"{space}>{escape(words)}</text>'
        )

    def key(self, names: Sequence[str]) -> str:
        """A legend for series 0, 1, ... as HTML."""
        items = "".join(
            f'<li><svg width="30" height="10" aria-hidden="true">'
            f'<line class="line s{i % SERIES}" x1="1" x2="29" y1="5" y2="5"/></svg> '
            f"{escape(name)}</li>"
            for i, name in enumerate(names)
        )
        return f'<ul class="key">{items}</ul>' if names else ""

    @property
    def svg(self) -> str:
        """The picture."""
        return (
            f'<svg role="img" viewBox="0 0 {WIDTH} {self.height}" '
            f'aria-label="{escape(self._title, quote=True)}">'
            f"<title>{escape(self._title)}</title><desc>{escape(self._description)}</desc>"
            f"{''.join(self._parts)}</svg>"
        )

    def _line(self, begin: Point, end: Point, css: str) -> None:
        self._parts.append(
            f'<line class="{css}" x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" '
            f'x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
        )


def horizontal(label: str, low: float, high: float, log: bool = False) -> Axis:
    """An axis along the bottom."""
    return Axis(label, low, high, LEFT, WIDTH - RIGHT, log)


def vertical(label: str, low: float, high: float, height: int) -> Axis:
    """An axis up the left side."""
    return Axis(label, low, high, height - BOTTOM, TOP)


def steps(points: Sequence[Point], at: Callable[[Point], Point]) -> list[Point]:
    """A staircase through data points, in the picture: across first, then up."""
    corners: list[Point] = []
    for (x, y), (after, _) in zip(points, [*points[1:], points[-1]], strict=True):
        corners += [at((x, y)), at((after, y))]
    return corners


def number(value: float) -> str:
    """A tick's number, short, with commas between thousands."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _ticks(low: float, high: float, most: int) -> list[float]:
    raw = (high - low) / most if high > low else 1.0
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    all_ = [m * 10.0**power for power in range(first, last + 1) for m in (1, 2, 5)]
    return [round(value, 12) for value in all_ if low <= value <= high]
