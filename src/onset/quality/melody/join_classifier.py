"""Whether a join can be told from other word borders: the area under a classifier's ROC curve."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from onset.quality.melody.melodies import BorderCues

RIDGE = 1.0
"""Penalty on squared weights of standardised cues, as much as one border weighs."""

ROUNDS = 25
"""Newton steps; the loss is convex, and ten are enough."""

LEAST_JOINS = 40
"""Fewest joins, half of them in either half of the requests, of which an area is given: that of as
many borders without any difference is off by 0.05 (one standard deviation)."""

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def told_apart(requests: Sequence[Sequence[BorderCues]], *, one_shot: bool = False) -> float | None:
    """Area under the ROC curve, each half of the requests judged by the other; 0.5 is chance.

    requests: the borders of each, in the order of the results; those without any count in no half.

    one_shot: by what one-shot has at the same borders. None for too few joins or nothing else.
    """
    joined = [each for each in requests if each]
    halves = [[cues for each in joined[k::2] for cues in each] for k in range(2)]
    for half in halves:
        joins = sum(cues.join for cues in half)
        if joins < LEAST_JOINS // 2 or joins == len(half):
            return None
    (one, one_joins), (two, two_joins) = (_arrays(half, one_shot=one_shot) for half in halves)
    areas = [
        _area(_judged(two, two_joins, one), one_joins),
        _area(_judged(one, one_joins, two), two_joins),
    ]
    return float(np.average(areas, weights=[one_joins.sum(), two_joins.sum()]))


def _arrays(borders: Sequence[BorderCues], *, one_shot: bool) -> tuple[Values, Flags]:
    heard = [cues.one_shot if one_shot else cues.heard for cues in borders]
    return np.array(heard, float), np.array([cues.join for cues in borders])


def _judged(cues: Values, joins: Flags, others: Values) -> Values:
    """How much the borders `others` [m, k] look like joins to a fit on `cues` [n, k].

    Both classes weigh the same, however many there are; squares are cues too, for a join may be too
    low or too high.
    """
    mean, spread = cues.mean(0), cues.std(0) + 1e-9

    def columns(values: Values) -> Values:
        standard = np.clip((values - mean) / spread, -4, 4)
        return np.column_stack([np.ones(len(values)), standard, standard**2 - 1])

    design = columns(cues)
    shares = np.where(joins, 0.5 / joins.mean(), 0.5 / (1 - joins.mean()))
    penalty = RIDGE * np.diag([1e-6, *np.ones(design.shape[1] - 1)])
    weights = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (shares * (joins - chance)) - penalty @ weights
        curve = (design.T * (shares * chance * (1 - chance))) @ design + penalty
        weights = weights + np.linalg.solve(curve, slope)
    scores: Values = columns(others) @ weights
    return scores


def _area(scores: Values, joins: Flags) -> float:
    """The chance that a join has a higher score than another border, ties counting half."""
    higher = scores[joins][:, None] - scores[~joins]
    return float(np.mean((higher > 0) + 0.5 * (higher == 0)))
