"""Axes map values correctly, and no text can leave its picture."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.drawing.svg import Axis, Picture, steps, vertical


@given(st.floats(0, 1e6), st.floats(0.01, 1e6))
def test_ticks_are_few_round_and_within(low: float, width: float) -> None:
    axis = Axis("x", low, low + width, 0, 100)
    ticks = axis.ticks()
    assert len(ticks) <= 10
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    assert ticks == sorted(ticks)


@given(st.floats(-1e3, 1e6))
def test_nothing_is_drawn_outside_the_axis(value: float) -> None:
    assert 10 <= Axis("x", 0, 100, 10, 90).at(value) <= 90
    assert 10 <= Axis("x", 1, 100, 10, 90, log=True).at(value) <= 90


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors() -> None:
    axis = Axis("ms", 10, 1000, log=True)
    assert axis.at(100) - axis.at(10) == pytest.approx(axis.at(1000) - axis.at(100))
    assert axis.ticks() == [10, 20, 50, 100, 200, 500, 1000]


def test_up_is_more() -> None:
    axis = vertical("%", 0, 100)
    assert axis.at(100) < axis.at(0)


def test_a_staircase_goes_across_before_it_goes_up() -> None:
    assert steps([(0, 0), (1, 5), (2, 6)]) == [
        (0, 0), (1, 0), (1, 5), (2, 5), (2, 6), (2, 6),
    ]  # fmt: skip


def test_words_from_outside_are_escaped() -> None:
    picture = Picture('a "title" <b>', "</desc><script>", Axis("<i>", 0, 1))
    picture.text(1, 2, "<script>alert(1)</script>", "label")
    picture.dot(1, 2, 0, "<b>")
    picture.bar(1, 2, 3, 4, "box", "a & b")
    root = ET.fromstring(picture.svg)
    assert {element.tag for element in root.iter()} == {
        "svg", "title", "desc", "line", "text", "circle", "rect",
    }  # fmt: skip
