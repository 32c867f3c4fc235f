"""What scripts/workers.py concludes from what it measured."""

import re
import runpy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "workers.py"
Figures = Mapping[str, float | None]
verdict: Callable[[Sequence[Mapping[str, Figures]], str], tuple[str | None, str]]
verdict = runpy.run_path(str(SCRIPT))["verdict"]


def figures(first: float, one: float, two: float | None) -> Figures:
    return {"ttfa_1": first, "ttfa_2": None, "speed_1": one, "speed_2": two}


def rounds(*pairs: tuple[Figures, Figures]) -> list[dict[str, Figures]]:
    return [{"1x2": one, "2x1": two} for one, two in pairs]


SOON, LATE = figures(0.15, 1.8, 1.7), figures(0.25, 1.2, 2.0)
ALONE = figures(0.1, 1.0, 2.5)


@pytest.mark.parametrize(
    ("measured", "default", "best", "why"),
    [
        (rounds((SOON, LATE)), "2x1", "1x2", "1x2 is better in first sound"),
        (rounds((SOON, LATE), (LATE, SOON)), "2x1", "2x1", "No setting is better in audio"),
        (rounds((SOON, LATE), (figures(0.3, 1.8, 1.7), LATE)), "1x2", "2x1", "2x1 .* audio for"),
        (rounds((SOON, ALONE)), "2x1", "1x2", "it is out"),
        (rounds((ALONE, ALONE)), "1x2", "1x2", "it is out"),
        (rounds((SOON, figures(0.1, 1.8, None))), "1x2", None, "No verdict"),
    ],
)
def test_first_sound_decides_among_those_who_keep_up(
    measured: Sequence[Mapping[str, Figures]], default: str, best: str | None, why: str
) -> None:
    found, told = verdict(measured, default)
    assert found == best
    assert re.search(why, told)
