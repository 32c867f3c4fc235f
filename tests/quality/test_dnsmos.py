"""Opinions of both renditions, with a network that likes loud ones."""

import numpy as np

from onset.quality.dnsmos import OpinionScores, opinion_scores
from onset.quality.renditions.renditions import Renditions
from onset.types import Floats, Request


def test_both_renditions_are_scored() -> None:
    loud, quiet = np.full(9, 0.5, np.float32), np.full(9, 0.25, np.float32)
    pair = Renditions(Request("Hm."), loud, quiet, True, (), (), ())

    def predict(samples: Floats) -> dict[str, float]:
        return {"ovrl_mos": 4 * float(samples[0]), "p808_mos": 2 * float(samples[0])}

    assert opinion_scores(pair, predict) == OpinionScores(2.0, 1.0, 1.0, 0.5)
