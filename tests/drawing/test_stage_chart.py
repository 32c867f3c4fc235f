"""Bars of answers: what is drawn adds up, and is told in words too."""

import re

import pytest

from onset.drawing.chart_style import chart_css
from onset.drawing.stage_chart import StageBar, shortened, stage_chart
from onset.protocol.http_api import STAGES

BAR = StageBar("p50", "median", {"queue": 0.2, "front": 40.0, "step": 60.0}, 104.0)


def test_without_an_answer_there_is_nothing_to_draw() -> None:
    assert stage_chart([], "ms", "") is None


def test_bars_are_as_long_as_their_stages_and_lie_end_to_end() -> None:
    figure = stage_chart([BAR], "ms", "caption")
    assert figure is not None and figure.caption == "caption"
    boxes = re.findall(
        r'<rect class="box b\d" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', figure.svg
    )
    (begin, front), (after, step) = [(float(x), float(width)) for x, width in boxes]
    assert after == pytest.approx(begin + front, abs=0.11)
    assert step / front == pytest.approx(1.5, abs=0.01)
    assert "<desc>median: front 40 ms, step 60 ms</desc>" in figure.svg


def test_a_stage_has_its_colour_whichever_others_there_are() -> None:
    figure = stage_chart([BAR], "ms", "")
    assert figure is not None
    assert figure.key == tuple((f"box b{STAGES.index(n)}", n) for n in ("front", "step"))


def test_a_stage_of_another_server_has_a_colour_of_its_own() -> None:
    stages = dict.fromkeys(("front", "trunk", "generator", "wait"), 40.0)
    figure = stage_chart([StageBar("p50", "median", stages, 160.0)], "ms", "")
    assert figure is not None and len({css for css, _ in figure.key}) == 4


def test_every_colour_of_a_stage_is_in_the_style_sheet() -> None:
    assert all(f"svg .b{i} {{" in chart_css() for i in range(len(STAGES)))
    assert chart_css().count("--paper:") == 2, "light and dark"


def test_long_names_are_cut() -> None:
    assert shortened("a" * 22) == "a" * 22
    assert shortened("a" * 23) == "a" * 21 + "…"
