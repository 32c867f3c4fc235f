"""The bar of `onset say --timing`: every stage once, in order, adding up to the whole."""

import io

import pytest

from onset.cli.speaking.timing_bar import bar, stages

STARTED = {
    "asked_ns": 5_000_000,
    "heard_ns": 105_000_000,
    "first_ms": 60.0,
    "onset_ms": 70.0,
    "taken_ms": 80.0,
    "heard_ms": 100.0,
    "stages_ms": {"headers": 55.0, "queue": 10.0, "front": 40.0, "total": 50.0},
}


def test_stages_are_in_order_and_add_up() -> None:
    found = stages(STARTED, 0)
    assert [name for name, _ in found] == [
        "call", "queue", "front", "wire", "silence", "buffer", "device",
    ]  # fmt: skip
    assert sum(ms for _, ms in found) == pytest.approx(105.0)


def test_the_bar_tells_the_whole_and_every_stage() -> None:
    out = io.StringIO()
    out.write(bar(stages(STARTED, 0)).plain)
    drawn, legend = out.getvalue().splitlines()
    assert "heard after 105 ms" in drawn
    assert "front 40" in legend and "device 20" in legend
