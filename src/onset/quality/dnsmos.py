"""Opinion: the mean opinion scores of both renditions that DNSMOS predicts.

DNSMOS P.835 overall quality and P.808 (Reddy et al. 2022; the package speechmos), from 1 to 5, of
16 kHz audio; shorter audio is repeated to 9 s. The networks were made to judge noise suppression:
only the difference between the two renditions means something.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from onset.quality.extra import require
from onset.quality.renditions.renditions import Renditions
from onset.quality.wer import RATE, resampled
from onset.types import Floats

PACKAGES = ("speechmos", "librosa")

Predict = Callable[[Floats], Mapping[str, float]]
"""24 kHz samples -> "ovrl_mos" and "p808_mos", as `predicted_scores`."""


@dataclass(frozen=True, slots=True)
class OpinionScores:
    """Predicted mean opinion scores of both renditions."""

    overall: float
    overall_exact: float
    p808: float
    p808_exact: float


def predicted_scores(samples: Floats) -> Mapping[str, float]:
    """The scores of 24 kHz samples. Raises AssetError without the extra `quality`."""
    require("DNSMOS needs", PACKAGES)
    from speechmos import dnsmos  # noqa: PLC0415  an optional extra

    scores = dnsmos.run(np.clip(resampled(samples), -1.0, 1.0), RATE)
    return {name: float(scores[name]) for name in ("ovrl_mos", "p808_mos")}


def opinion_scores(pair: Renditions, predict: Predict = predicted_scores) -> OpinionScores:
    """Score both renditions."""
    streaming, exact = predict(pair.streaming), predict(pair.exact)
    return OpinionScores(
        streaming["ovrl_mos"], exact["ovrl_mos"], streaming["p808_mos"], exact["p808_mos"]
    )
