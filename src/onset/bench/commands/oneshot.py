"""What streaming costs: the same texts streamed and decoded whole, by one server, in turns.

Knows nothing of first sounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from onset.bench.analysis.metrics import audio_seconds, request_duration
from onset.bench.records.recording import Recording
from onset.bench.records.run_folder import Run
from onset.bench.report.formatting import ABSENT
from onset.stats.quantiles import quantile

SCENARIO = "oneshot"

MOST = 1.10
"""Promised: streaming takes at most this much of the time that decoding whole takes."""


@dataclass(frozen=True, slots=True)
class StreamedAndWhole:
    """One text both ways."""

    streamed: Recording
    whole: Recording

    @property
    def ratio(self) -> float | None:
        """Time of the streamed answer over time of the whole one; None unless both were heard."""
        streamed, whole = request_duration(self.streamed), request_duration(self.whole)
        return None if streamed is None or not whole else streamed / whole


def pairs(run: Run) -> list[StreamedAndWhole]:
    """The answers of a run's two arms, of which one decodes whole, by their number."""
    found: dict[int, dict[bool, Recording]] = {}
    for trial in run.trials:
        if trial.ask.scenario == SCENARIO:
            found.setdefault(trial.ask.number, {})[trial.ask.exact] = trial.recording
    return [StreamedAndWhole(pair[False], pair[True]) for pair in found.values() if len(pair) == 2]


def table(found: Sequence[StreamedAndWhole]) -> Table:
    """Every pair, and the median."""
    made = Table(title="Streamed against decoded whole (seconds of audio, RTF of the request)")
    for column in ("audio s", "streamed RTF", "whole RTF", "streamed / whole"):
        made.add_column(column, justify="right")
    for pair in found:
        made.add_row(
            _shown(audio_seconds(pair.streamed)),
            _shown(_rtf(pair.streamed)),
            _shown(_rtf(pair.whole)),
            _shown(pair.ratio),
        )
    made.add_section()
    medians = (_median(found, True), _median(found, False), _ratio(found))
    made.add_row("median", *map(_shown, medians))
    return made


def summary(found: Sequence[StreamedAndWhole]) -> dict[str, object]:
    """The figures for machines."""
    ratio = _ratio(found)
    return {
        "schema": 1,
        "bench": "oneshot",
        "n": len(found),
        "failed": sum(pair.ratio is None for pair in found),
        "rtf_streamed_p50": _median(found, True),
        "rtf_whole_p50": _median(found, False),
        "streamed_over_whole_ratio_p50": ratio,
        "promised_ratio": MOST,
        "passed": ratio is not None and ratio <= MOST,
    }


def _rtf(recording: Recording) -> float | None:
    duration, audio = request_duration(recording), audio_seconds(recording)
    return None if duration is None or not audio else duration / audio


def _median(found: Sequence[StreamedAndWhole], streamed: bool) -> float | None:
    rtfs = [_rtf(pair.streamed if streamed else pair.whole) for pair in found]
    return quantile([rtf for rtf in rtfs if rtf is not None], 0.5)


def _ratio(found: Sequence[StreamedAndWhole]) -> float | None:
    return quantile([pair.ratio for pair in found if pair.ratio is not None], 0.5)


def _shown(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.3f}"
