"""What listeners would say of both renderings, as DNSMOS predicts it.

DNSMOS P.835 (Reddy et al. 2022) overall quality and P.808, from 1 to 5, by the package speechmos,
which carries the networks. They were made to judge noise suppression: only the difference between
the two renderings of the same texts means something. Knows nothing of thresholds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

import numpy as np

from onset.errors import AssetError
from onset.quality.renditions import Renditions
from onset.quality.wer import INSTALL, RATE, missing, resampled
from onset.types import Floats

PACKAGES = ("speechmos", "librosa", "soxr")

Judge = Callable[[Floats], Mapping[str, float]]
"""24 kHz samples -> "ovrl_mos" and "p808_mos", as `judge`."""


@dataclass(frozen=True, slots=True)
class OpinionScores:
    """Predicted mean opinion scores of both renderings."""

    overall: float
    overall_exact: float
    p808: float
    p808_exact: float


def judge(samples: Floats) -> Mapping[str, float]:
    """The scores of 24 kHz samples; shorter than 9 s are repeated (speechmos, `dnsmos.py`).

    Raises AssetError without the extra `quality`.
    """
    if absent := missing(PACKAGES):
        raise AssetError(f"DNSMOS needs {', '.join(absent)}: {INSTALL}")
    wide = np.clip(resampled(samples), -1.0, 1.0)
    scores = import_module("speechmos.dnsmos").run(wide, RATE)
    return {name: float(scores[name]) for name in ("ovrl_mos", "p808_mos")}


def opinion(pair: Renditions, judge: Judge = judge) -> OpinionScores:
    """Judge both renderings."""
    streaming, exact = judge(pair.streaming), judge(pair.exact)
    return OpinionScores(
        streaming["ovrl_mos"], exact["ovrl_mos"], streaming["p808_mos"], exact["p808_mos"]
    )
