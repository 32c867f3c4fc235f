"""Bars of single answers: how the time to the first audio divides into stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onset.drawing.svg import BOTTOM, TOP, Axis, Picture
from onset.protocol.http_api import STAGES

LONGEST_NAME = 22
"""Most characters of a name beside a bar."""

ROW = 30
"""Height of a bar with the space around it."""

NAMES_END, BARS = 182, 190
"""Where the names beside bars end, and where the bars begin."""

COLOURS = 11
"""Of bars, in the style sheet."""

SHOWN_FROM = 1.0
"""Milliseconds; a stage that is shorter in every answer has no colour of its own in the key."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart as SVG, its legend as (class of the mark, name), and a caption."""

    svg: str
    key: tuple[tuple[str, str], ...]
    caption: str


@dataclass(frozen=True, slots=True)
class StageBar:
    """One answer. name: beside its bar; described: in words; heard_ms: when it was audible."""

    name: str
    described: str
    stages_ms: Mapping[str, float]
    heard_ms: float


def stage_chart(bars: Sequence[StageBar], axis: str, caption: str) -> Figure | None:
    """The bars one below another, with a mark where each was audible; None for no bars.

    axis: says what its milliseconds count from.
    """
    if not bars:
        return None
    names = list(dict.fromkeys(name for bar in bars for name in bar.stages_ms))
    names = [n for n in names if any(bar.stages_ms.get(n, 0) >= SHOWN_FROM for bar in bars)]
    names.sort(key=lambda n: STAGES.index(n) if n in STAGES else len(STAGES))
    boxes = {name: f"box b{colour}" for name, colour in _colours(names).items()}
    most = max(max(bar.heard_ms, sum(bar.stages_ms.values())) for bar in bars)
    x = Axis(axis, 0, most * 1.02, BARS)
    described = "; ".join(f"{bar.described}: {_stages_text(bar)}" for bar in bars)
    height = TOP + ROW * len(bars) + BOTTOM
    picture = Picture("Stages up to the first audio", described, x, height=height)
    for i, bar in enumerate(bars):
        top, at = TOP + ROW * i, 0.0
        picture.text(NAMES_END, top + ROW / 2 + 4, bar.name, "tick end")
        for name, css in boxes.items():
            length = bar.stages_ms.get(name, 0.0)
            width = x.at(at + length) - x.at(at)
            picture.bar(x.at(at), top + 4, width, ROW - 10, css, f"{name}: {length:.1f} ms")
            at += length
        mark = x.at(bar.heard_ms)
        picture.line((mark, top + 1), (mark, top + ROW - 3), "heard")
    return Figure(picture.svg, tuple((css, name) for name, css in boxes.items()), caption)


def shortened(name: str) -> str:
    """The name, cut so that it fits beside its bar."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}\u2026"


def _colours(stages: Sequence[str]) -> dict[str, int]:
    """One of COLOURS for each; a stage of Onset has the same one in every chart."""
    own = {stage: STAGES.index(stage) % COLOURS for stage in stages if stage in STAGES}
    free = [colour for colour in range(COLOURS) if colour not in own.values()] or [0]
    others = [stage for stage in stages if stage not in own]
    return own | {stage: free[i % len(free)] for i, stage in enumerate(others)}


def _stages_text(bar: StageBar) -> str:
    shown = (f"{name} {ms:.0f} ms" for name, ms in bar.stages_ms.items() if ms >= SHOWN_FROM)
    return ", ".join(shown)
