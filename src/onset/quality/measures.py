"""The table of measures: what is measured of every pair of renditions.

A new measure is a module that defines it and its result, a field of that type in
`results.ItemResult`, and a row here. What decides is in `thresholds`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from onset.model.voice_styles import language
from onset.quality import dnsmos, wer
from onset.quality.boundaries import boundary_levels
from onset.quality.discontinuities import border_ranks
from onset.quality.gate_items import GateItem
from onset.quality.log_mel import streaming_distance
from onset.quality.renditions import Renditions

Function = Callable[[Renditions], Any]
"""A pair -> the measure's result, which is the same whenever the pair is."""


@dataclass(frozen=True, slots=True)
class Measure:
    """load: gives the function, which may use so many threads. AssetError without its packages.

    applies: whether the item is measured. packages: those of the extra `quality` that it needs.
    """

    load: Callable[[int], Function]
    applies: Callable[[GateItem], bool] = lambda item: True
    packages: tuple[str, ...] = ()


def _whole_text(item: GateItem) -> bool:
    """Listeners judge whole texts at speed 1."""
    return item.group == "voice" and item.request.speed == 1.0


def _english_text(item: GateItem) -> bool:
    return _whole_text(item) and language(item.request.voice).startswith("en")


def _word_errors(threads: int) -> Function:
    return partial(wer.transcript_errors, transcribe=wer.Transcriber(threads).transcribe)


MEASURES: Mapping[str, Measure] = {
    "rmse": Measure(lambda threads: streaming_distance),
    "seams": Measure(lambda threads: border_ranks),
    "edges": Measure(lambda threads: boundary_levels),
    "wer": Measure(_word_errors, _english_text, wer.PACKAGES),
    "mos": Measure(lambda threads: dnsmos.opinion_scores, _whole_text, dnsmos.PACKAGES),
}
"""By the part's name, which is its field of ItemResult and what `onset quality --only` calls it."""
