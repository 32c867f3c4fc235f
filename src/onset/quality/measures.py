"""The table of measures: what is measured of every request.

A new measure is a module that defines it (its docstring is printed in the report) and its result, a
field of that type in `results.ItemResult`, and a row here. What decides is in `thresholds`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from onset.engine.engine import Engine
from onset.model.voice_styles import language
from onset.quality import boundaries, discontinuities, dnsmos, log_mel, wer
from onset.quality.gate_items import EDGES, GateItem
from onset.quality.melody import first_part, melodies
from onset.quality.renditions.renditions import speak_twice
from onset.types import Request

Subject = Callable[[Engine, Request], Any]
"""Speaks or reads a request: gives what a measure looks at."""

Function = Callable[[Any], Any]
"""What a subject gives -> the measure's result, which is the same whenever that is."""


@dataclass(frozen=True, slots=True)
class Measure:
    """load: gives the function, which may use so many threads. AssetError without its packages.

    definition: for the report, the measure's docstring: a title, a blank line, Markdown. applies:
    whether the item is measured. packages: those of the extra `quality` that it needs. subject:
    gives what the function takes; measures that have the same share it.
    """

    definition: str | None
    load: Callable[[int], Function]
    applies: Callable[[GateItem], bool] = lambda item: True
    packages: tuple[str, ...] = ()
    subject: Subject = speak_twice


def _sentence(item: GateItem) -> bool:
    """One word alone has no melody that could be cut."""
    return item.request.text not in EDGES


def _whole_text(item: GateItem) -> bool:
    """Listeners judge whole texts at speed 1."""
    return item.group == "voice" and item.request.speed == 1.0


def _english_text(item: GateItem) -> bool:
    return _whole_text(item) and language(item.request.voice).startswith("en")


def _word_errors(threads: int) -> Function:
    return partial(wer.transcript_errors, transcribe=wer.transcriber(threads))


MEASURES: Mapping[str, Measure] = {
    "rmse": Measure(log_mel.__doc__, lambda threads: log_mel.streaming_distance),
    "seams": Measure(discontinuities.__doc__, lambda threads: discontinuities.border_ranks),
    "edges": Measure(boundaries.__doc__, lambda threads: boundaries.boundary_levels),
    "melody": Measure(
        melodies.__doc__,
        lambda threads: melodies.melody_distance,
        _sentence,
        subject=melodies.read_melodies,
    ),
    "first": Measure(
        first_part.__doc__,
        lambda threads: first_part.first_part_distance,
        _sentence,
        subject=first_part.speak_first_parts,
    ),
    "wer": Measure(wer.__doc__, _word_errors, _english_text, wer.PACKAGES),
    "mos": Measure(
        dnsmos.__doc__, lambda threads: dnsmos.opinion_scores, _whole_text, dnsmos.PACKAGES
    ),
}
"""By the part's name, which is its field of ItemResult and what `onset quality --only` calls it."""
