"""The gate's report for people, drawn from report_page.md.jinja, and its line for machines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from onset.model.voice_styles import VOICES
from onset.quality import aggregates, thresholds
from onset.quality.aggregates import Results
from onset.quality.measures import MEASURES
from onset.quality.melody import melody_figures
from onset.quality.melody.melodies import KINDS
from onset.quality.thresholds import ThresholdVerdict
from onset.stats.bootstrap import RESAMPLES


@dataclass(frozen=True, slots=True)
class GateRun:
    """All that is reported of a run. model, asset, code: sha256 of what it was made of.

    pace: seconds of work for a second of speech, of the machine that is judged. environment: of the
    one that judges. whole: whether every voice, speed, line and part was asked for. notes: what
    could not be done and why.
    """

    results: Results
    verdicts: Sequence[ThresholdVerdict]
    model: str
    asset: str
    code: str
    pace: float
    environment: Mapping[str, object]
    whole: bool
    notes: Sequence[str] = ()

    @property
    def seconds(self) -> float:
        """Of audio that was compared."""
        return sum(r.rmse.seconds for r in self.results if r.rmse)

    @property
    def passed(self) -> int:
        """How many thresholds are kept."""
        return sum(v.passed for v in self.verdicts)


def report(run: GateRun, pictures: Iterable[tuple[str, str]] = ()) -> str:
    """The whole page. pictures: title and path, relative to the page."""
    return _template().render(
        run=run,
        pictures=pictures,
        columns=COLUMNS,
        rows=rows(run.verdicts),
        aggregates=aggregates,
        thresholds=thresholds,
        melody_figures=melody_figures,
        KINDS=KINDS,
        number=number,
        VOICES=VOICES,
        measures=MEASURES.values(),
        RESAMPLES=RESAMPLES,
    )


def summary(run: GateRun) -> dict[str, object]:
    """The same for machines; None where nothing was measured."""
    return {
        "schema": 3,
        "bench": "quality",
        "whole": run.whole,
        "requests": len(run.results),
        "audio_seconds": round(run.seconds, 1),
        "model_sha256": run.model,
        "asset_sha256": run.asset,
        "code_sha256": run.code,
        "pace": run.pace,
        "verdicts": [
            {
                "threshold": v.threshold.name,
                "limit": round(v.threshold.limit, 4),
                "unit": v.threshold.unit,
                "measured": None if v.measured is None else round(float(v.measured), 4),
                "state": v.state,
                "detail": v.detail,
            }
            for v in run.verdicts
        ],
        "melody": melody_table(run.results),
        "passed": run.passed,
        "failed": [v.threshold.name for v in run.verdicts if not v.passed],
    }


def melody_table(results: Results) -> dict[str, dict[str, float | None]]:
    """Every figure of the melody by kind, the control included; None where nothing was measured."""
    table: dict[str, dict[str, float | None]] = {}
    for figure in melody_figures.MELODY_FIGURES:
        values = {kind: figure.of(results, kind)[0] for kind in KINDS}
        table[figure.name] = {
            kind: None if value is None else round(value, 4) for kind, value in values.items()
        }
    return table


COLUMNS = ("", "allowed", "measured", "", "of what")
"""Of the table of thresholds."""


def rows(verdicts: Sequence[ThresholdVerdict]) -> Iterator[tuple[str, ...]]:
    """Its rows: threshold, limit, measured, state and detail of each verdict, as text."""
    for v in verdicts:
        limit = f"<= {number(v.threshold.limit)} {v.threshold.unit}".strip()
        yield v.threshold.name, limit, number(v.measured), v.state.value, v.detail


def number(value: float | None) -> str:
    """A figure as the tables show it, "-" where there is none."""
    if value is None:
        return "-"
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3g}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("onset.quality", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["median"] = median
    return environment.get_template("report_page.md.jinja")
