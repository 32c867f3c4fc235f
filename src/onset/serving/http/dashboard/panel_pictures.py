"""The pictures of the page: the answers of the last hour, and the stages of two of them."""

import math
from collections.abc import Sequence

from onset.drawing.stage_chart import Figure, StageBar, stage_chart
from onset.drawing.svg import LEFT, RIGHT, WIDTH, Axis, Picture, vertical
from onset.monitoring.answer_record import TARGET, AnswerRecord
from onset.monitoring.live_window import answer_at
from onset.serving.http.dashboard.panel_values import clock

HOUR = 3600.0

MOST_DOTS = 200
"""Answers in the picture of the last hour; 100 bytes each, sent whenever one more is over."""

FASTEST, SLOWEST = 20.0, 3000.0
"""Milliseconds at the ends of the axis, unless an answer was slower. Logarithmic."""

CROSS = 4.0
"""Half the size of the mark of an answer that failed."""


def last_hour(records: Sequence[AnswerRecord], now: float) -> Figure | None:
    """One dot an answer, when and how soon it was audible; None without any in the last hour."""
    end = end_of_hour(now)
    shown = [r for r in records if r.at > end - HOUR and r.promise() in ("good", "bad")]
    if not shown:
        return None
    left_out = len(shown) - MOST_DOTS
    shown = shown[-MOST_DOTS:]
    times = [1e3 * record.ttfa for record in shown if record.ttfa is not None]
    late, failed = sum(t > 1e3 * TARGET for t in times), len(shown) - len(times)
    x = Axis("minutes ago", -60, 0)
    slowest = max([SLOWEST, *(1.1 * time for time in times)])
    y = vertical("audible TTFA, ms", FASTEST, slowest, log=True)
    described = f"{len(shown)} answers: {late} later than {1e3 * TARGET:g} ms, {failed} failed"
    picture = Picture("The last hour", described, x, y)
    for record in shown:
        _mark(picture, x.at((record.at - end) / 60), y, record)
    limit = y.at(1e3 * TARGET)
    picture.line((LEFT, limit), (WIDTH - RIGHT, limit), "limit")
    # Where the oldest ones are: the newest are at the other end, and there are always some.
    picture.text(LEFT + 4, limit - 4, f"promised {1e3 * TARGET:g} ms", "limit-text")
    rest = f" {left_out} earlier ones are not drawn." if left_out > 0 else ""
    caption = f"{described}. A dot is an answer, a cross one that failed; logarithmic axis.{rest}"
    return Figure(picture.svg, (), caption)


def end_of_hour(now: float) -> float:
    """When the hour ends that is shown, so that the picture is the same for a minute."""
    return 60.0 * math.ceil(now / 60.0)


def stages(records: Sequence[AnswerRecord]) -> Figure | None:
    """The stages of the one answer at the median of the TTFA, and of that at its p95."""
    bars = [
        StageBar(
            name=f"{name} answer",
            described=name,
            stages_ms={stage: 1e3 * seconds for stage, seconds in record.stages.items()},
            heard_ms=1e3 * record.ttfa,
        )
        for name, share in (("p50", 0.5), ("p95", 0.95))
        if (record := answer_at(records, share)) is not None
        and record.stages is not None
        and record.ttfa is not None
    ]
    caption = "Single answers, whose stages add up; the mark is where the audible onset was sent."
    return stage_chart(bars, "ms since the request was there", caption)


def _mark(picture: Picture, x: float, y: Axis, record: AnswerRecord) -> None:
    if record.ttfa is not None:
        at = 1e3 * record.ttfa
        picture.dot(x, y.at(at), 0, f"{clock(record.at)}: {at:.0f} ms")
        return
    top = y.at(y.high) + 2 * CROSS
    picture.line((x - CROSS, top - CROSS), (x + CROSS, top + CROSS), "failed")
    picture.line((x - CROSS, top + CROSS), (x + CROSS, top - CROSS), "failed")
