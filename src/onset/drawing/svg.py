"""Charts as SVG text: axes with round ticks, lines, bars, marks; colours come from the page.

A chart has a description in words for those who do not see it, and lines differ by their dashes
too. Coordinates have one decimal, so equal input gives equal text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 720, 64, 20, 16, 46
"""Of a picture and its margins, in the units of its viewBox."""

HEIGHT = 300
"""Of a picture with an axis up its left side."""

SERIES = 6
"""Number of colours and dashes that the page has."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps data to the picture: `low` to `high` onto `begin` to `end`; linear or logarithmic."""

    label: str
    low: float
    high: float
    begin: float = LEFT
    end: float = WIDTH - RIGHT
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


def vertical(label: str, low: float, high: float, log: bool = False) -> Axis:
    """An axis up the left side."""
    return Axis(label, low, high, HEIGHT - BOTTOM, TOP, log)


class Picture:
    """Axes and marks; `svg` is the whole. Screen readers read title and description."""

    def __init__(
        self, title: str, description: str, x: Axis, y: Axis | None = None, height: int = HEIGHT
    ) -> None:
        self.bottom = height - BOTTOM
        self._title, self._description, self._height = title, description, height
        self._x, self._y = x, y
        self._parts: list[str] = []
        for value in x.ticks():
            self.line((x.at(value), TOP), (x.at(value), self.bottom), "grid")
            self.text(x.at(value), self.bottom + 16, number(value), "tick middle")
        self.text((LEFT + WIDTH - RIGHT) / 2, height - 8, x.label, "label middle")
        if y:
            self._draw_left(y)

    def path(self, points: Sequence[Point], series: int) -> None:
        """A line through points of the data."""
        assert self._y is not None  # the picture has data on both axes
        corners = ((self._x.at(x), self._y.at(y)) for x, y in points)
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        if places:
            self._add("polyline", f"line s{series % SERIES}", points=places)

    def bar(self, x: float, y: float, width: float, height: float, css: str, hint: str) -> None:
        """A filled box; hint: shown when pointed at."""
        self._add("rect", css, _titled(hint), x=x, y=y, width=max(width, 0.5), height=height)

    def dot(self, x: float, y: float, series: int, hint: str) -> None:
        """A mark; hint: shown when pointed at."""
        self._add("circle", f"dot s{series % SERIES}", _titled(hint), cx=x, cy=y, r="4")

    def line(self, begin: Point, end: Point, css: str) -> None:
        """A straight line between places of the picture."""
        self._add("line", css, x1=begin[0], y1=begin[1], x2=end[0], y2=end[1])

    def text(self, x: float, y: float, words: str, css: str, **more: str) -> None:
        """Words at a place of the picture. more: other attributes."""
        self._add("text", css, escape(words), x=x, y=y, **more)

    @property
    def svg(self) -> str:
        """The picture."""
        return (
            f'<svg role="img" viewBox="0 0 {WIDTH} {self._height}" '
            f'aria-label="{escape(self._title, quote=True)}">'
            f"{_titled(self._title)}<desc>{escape(self._description)}</desc>"
            f"{''.join(self._parts)}</svg>"
        )

    def _draw_left(self, y: Axis) -> None:
        for value in y.ticks(6):
            self.line((LEFT, y.at(value)), (WIDTH - RIGHT, y.at(value)), "grid")
            self.text(LEFT - 6, y.at(value) + 4, number(value), "tick end")
        middle = (TOP + self.bottom) / 2
        turned = f"rotate(-90 14 {middle:.1f})"
        self.text(14, middle, y.label, "label middle", transform=turned)

    def _add(self, tag: str, css: str, content: str = "", **attributes: float | str) -> None:
        places = "".join(
            f' {key}="{value}"' if isinstance(value, str) else f' {key}="{value:.1f}"'
            for key, value in attributes.items()
        )
        end = f">{content}</{tag}>" if content else "/>"
        self._parts.append(f'<{tag} class="{css}"{places}{end}')


def steps(points: Sequence[Point]) -> list[Point]:
    """A staircase through points: across first, then up."""
    corners: list[Point] = []
    for (x, y), (after, _) in zip(points, [*points[1:], points[-1]], strict=True):
        corners += [(x, y), (after, y)]
    return corners


def number(value: float) -> str:
    """A tick's number, short, with commas between thousands."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _titled(hint: str) -> str:
    return f"<title>{escape(hint)}</title>"


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
