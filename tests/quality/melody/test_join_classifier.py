"""The classifier is at chance where there is nothing, and sees what there is."""

import numpy as np
import pytest

from onset.quality.melody.join_classifier import LEAST_JOINS, told_apart
from onset.quality.melody.melodies import BorderCues


def requests(
    count: int, shift: float, seed: int = 0, spread: float = 1.0
) -> list[list[BorderCues]]:
    """Ten borders a request, the fifth a join whose first cue is higher, or more spread."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        borders = []
        for k in range(10):
            cues, same = random.normal(0, 1, (2, 5))
            if k == 4:
                cues[0] = shift + spread * cues[0]
            borders.append(BorderCues(k == 4, tuple(map(float, cues)), tuple(map(float, same))))
        found.append(borders)
    return found


def test_joins_like_all_others_are_at_chance() -> None:
    areas = [told_apart(requests(200, 0.0, seed)) for seed in range(5)]
    assert float(np.mean([area for area in areas if area is not None])) == pytest.approx(
        0.5, abs=0.04
    )


@pytest.mark.parametrize(
    "shift, spread, least", [(1.0, 1.0, 0.7), (3.0, 1.0, 0.95), (0, 3.0, 0.65)]
)
def test_joins_that_are_higher_or_wilder_are_told_apart(
    shift: float, spread: float, least: float
) -> None:
    area = told_apart(requests(200, shift, spread=spread))
    assert area is not None and area > least


def test_one_shot_is_judged_by_its_own_cues() -> None:
    area = told_apart(requests(400, 3.0), one_shot=True)
    assert area is not None and abs(area - 0.5) < 0.06


def test_too_few_joins_are_no_area() -> None:
    assert told_apart(requests(LEAST_JOINS - 2, 3.0)) is None
    assert told_apart(requests(LEAST_JOINS, 3.0)) is not None
    alone = [[cues for cues in each if cues.join] for each in requests(LEAST_JOINS, 3.0)]
    assert told_apart(alone) is None and told_apart([]) is None


def test_requests_without_joins_are_in_no_half() -> None:
    alternating = [each for one in requests(LEAST_JOINS, 3.0) for each in (one, [])]
    assert told_apart(alternating) == told_apart(requests(LEAST_JOINS, 3.0))
