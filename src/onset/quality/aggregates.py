"""What the results of many requests say together: distances by group, tests, paired differences.

Both the thresholds and the report are made of these. Conventions:

- A distance is a log-mel RMSE in dB. Only held-out texts count.
- Percentiles are nearest-rank: of fewer than 20 values the 95th is the largest.
- Paired differences have a 95 % interval by a paired bootstrap over requests.
"""

from collections.abc import Callable, Sequence

import numpy as np

from onset.quality.discontinuities import BorderTest, border_test
from onset.quality.gate_items import GateItem
from onset.quality.results import ItemResult
from onset.stats.bootstrap import PairedDifference, paired_difference

SENTENCE_WORDS = 3
"""Fewest words of a text whose transcript is counted."""

Results = Sequence[ItemResult]

Distances = dict[str, list[float]]
"""By voice, speed, mix or group."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    return float(np.quantile(values, share, method="inverted_cdf"))


def by_voice(results: Results) -> Distances:
    """Distances at speed 1 of each voice that has any, in alphabetical order."""
    return dict(sorted(_held_out(results, lambda item: item.request.voice, "voice").items()))


def by_speed(results: Results) -> Distances:
    """Distances of all voices at each speed that has any, slowest first."""
    ordered = sorted(results, key=lambda r: r.item.request.speed)
    return _held_out(ordered, lambda item: f"{item.request.speed:g}", "voice", "speed")


def by_mix(results: Results) -> Distances:
    """Distances of each voice mix that has any, in the order of the results."""
    return _held_out(results, lambda item: item.request.voice, "mix")


def by_group(results: Results) -> Distances:
    """Distances of each group of items that has any."""
    return _held_out(results, lambda item: item.group, "voice", "speed", "mix", "edge")


def by_kind(results: Results) -> dict[tuple[str, bool], list[float]]:
    """Distances of the edges by what kind of text it is and whether it is held out."""
    grouped: dict[tuple[str, bool], list[float]] = {}
    for r in results:
        if r.item.group == "edge" and r.rmse:
            key = _kind(r.item.request.text), r.item.held_out
            grouped.setdefault(key, []).append(r.rmse.log_mel_rmse)
    return grouped


def _kind(text: str) -> str:
    if len(text) > 1:
        return "some 400 phonemes in one breath" if len(text) > 100 else f"“{text}”"
    return "a digit" if text.isdigit() else "a letter"


def _held_out(results: Results, key: Callable[[GateItem], str], *groups: str) -> Distances:
    """Distances of the held-out items of these groups by `key`."""
    grouped: Distances = {}
    for r in results:
        if r.rmse and r.item.held_out and r.item.group in groups:
            grouped.setdefault(key(r.item), []).append(r.rmse.log_mel_rmse)
    return grouped


def word_errors(results: Results) -> PairedDifference | None:
    """Word error rates of streaming and exact in percent, English sentences; None without any."""
    found = [r.wer for r in results if r.wer and r.wer.words >= SENTENCE_WORDS]
    return paired_difference(
        [100.0 * w.streaming for w in found],
        [100.0 * w.exact for w in found],
        [float(w.words) for w in found],
    )


def opinions(results: Results) -> PairedDifference | None:
    """DNSMOS overall of exact and streaming: what streaming loses. None without any."""
    found = [r.mos for r in results if r.mos]
    exact, streaming = [m.overall_exact for m in found], [m.overall for m in found]
    return paired_difference(exact, streaming, [1.0] * len(found))


def border(results: Results, kind: str, measure: str) -> BorderTest | None:
    """The test of one measure at one kind of border; None for too few requests."""
    return border_test([r.seams[kind] for r in results if r.seams], measure)
