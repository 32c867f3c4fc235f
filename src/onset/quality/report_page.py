"""The gate's report for people, in Markdown, and its one line for machines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from onset.model.voice_styles import VOICES
from onset.quality import aggregates
from onset.quality.aggregates import SENTENCE_WORDS, Results, percentile
from onset.quality.discontinuities import MATCHED, PLACES
from onset.quality.thresholds import BORDER_TESTS, ENGLISH_SENTENCES, FAMILY, ThresholdVerdict
from onset.stats.bootstrap import RESAMPLES, PairedDifference

ABSENT = "-"

INTRODUCTION = """\
# Quality: does streaming cost any?

Onset speaks before a segment is decoded, with predicted statistics instead of the true ones
([how](streaming.md)), and decodes exactly what will be heard later, as far as there is time. This
page says how far what is heard lies from the exact decode of the same segments. It is written by
`make quality`; no figure is entered by hand.
"""

METHOD = f"""\
- **Texts.** Lines of `data/heldout*.txt` in each voice's language, from short to long. None is in
  a corpus that anything was fitted on; a test holds that.
- **Pairs.** Each request is spoken through the engine's own path, streaming and exact. The prosody
  is the same, so both have the same number of samples; if not, the request has failed.
- **Log-mel RMSE.** Root mean square difference of log-mel spectrograms: Hann windows of 1024
  samples every 256 at 24 kHz, 80 HTK mel bands to 12 kHz, power in dB with 1e-4 added (about
  -76 dBFS), over all bands and frames. The *control* is the exact audio resynthesised with its
  magnitudes and random phases: how far noise of the same spectrum is, for scale.
- **Level.** Root mean square of streaming less that of exact, over the answer, in dB.
- **Seams.** At each border inside a segment, between two steps of the generator or only two chunks
  of 50 ms, two measures of streaming, less the same of exact at the same place: the *jump* (largest
  third difference of the samples across it, dB) and the *flux* (root mean square change between the
  spectra of the 5 ms on either side, dB). Each is ranked among those at {MATCHED} other places of
  the same audio: the nearest in loudness of {PLACES} drawn, 5 ms or more from any border. If a
  border is like any other place, the mean rank is 1/2. Test: a sign-flip test of the requests'
  sums of (rank - 1/2), which is a Mann-Whitney test whose unit is the request; two-sided, a chance
  of {FAMILY:g} in all shared by {len(BORDER_TESTS)} tests (Bonferroni). Silence is left out.
- **Ends and joins.** Clicks: largest step between neighbouring samples within 2 ms of a segment's
  ends or the answer's. Cut off: energy of the whole exact decode behind the last sample kept (what
  rings out under the next segment is kept), of all from 200 ms before it on, taken as -50 dBFS at
  least; and the same of the beginning. The last 200 ms are those before the last 10 ms that exact
  has above -50 dBFS. Pauses: 150 ms or more inside a segment below -50 dBFS in exact; what
  streaming adds is counted from -60 dBFS up.
- **Clipping.** Runs of four samples or more that are flat against the limiter's ceiling, 0.002
  below full scale.
- **Words.** Whisper tiny.en (int8, beam 5, no sampling) hears both. Errors against the text after
  Whisper's own English normalisation, texts of {SENTENCE_WORDS} words or more, at least
  {ENGLISH_SENTENCES} of them. It is a small recogniser: only the difference means something.
  Interval: paired bootstrap over utterances, {RESAMPLES} draws.
- **Opinion.** DNSMOS P.835 overall (and P.808) of both at 16 kHz, shorter texts repeated to 9 s.
  Only the difference means something; the same kind of interval.
- **Speaker similarity** is not measured: the packages that carry their own weights need PyTorch,
  gigabytes for one figure; the others download a model when they run."""


@dataclass(frozen=True, slots=True)
class RunConditions:
    """What a run was made of. model, asset, code: sha256. pace: seconds of work for a second of
    speech, of the machine that is judged. environment: of the one that judges.

    whole: whether every voice, speed, line and part was asked for. notes: what could not be done
    and why. pictures: title and path, relative to the report.
    """

    model: str
    asset: str
    code: str
    pace: float
    command: str
    environment: Mapping[str, object]
    whole: bool
    notes: Sequence[str] = ()
    pictures: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class GateRun:
    """All that is reported of a run."""

    results: Results
    verdicts: Sequence[ThresholdVerdict]
    conditions: RunConditions

    @property
    def seconds(self) -> float:
        """Of audio that was compared."""
        return sum(r.rmse.seconds for r in self.results if r.rmse)

    @property
    def passed(self) -> int:
        """How many thresholds are kept."""
        return sum(v.passed for v in self.verdicts)


def report(run: GateRun) -> str:
    """The whole page."""
    sections: dict[str, Iterable[str]] = {
        "Thresholds": _thresholds(run.verdicts),
        "What was measured, and how": [METHOD],
        "Voices at speed 1": _voices(run.results),
        "Speeds, all voices": _speeds(run.results),
        "Voice mixes, none of them fitted": _mixes(run.results),
        "Edges": _edges(run.results),
        "Borders of steps and chunks": _borders(run.results),
        "Listeners that are not people": _listeners(run.results),
        "Pictures": _pictures(run.conditions),
        "To get the same": _conditions(run.conditions),
    }
    parts = ["\n".join(_head(run))]
    parts += ["\n".join([f"## {title}", "", *lines]) for title, lines in sections.items()]
    return "\n\n".join(parts) + "\n"


def summary(run: GateRun) -> dict[str, object]:
    """The same for machines; None where nothing was measured."""
    return {
        "schema": 2,
        "bench": "quality",
        "whole": run.conditions.whole,
        "requests": len(run.results),
        "audio_seconds": round(run.seconds, 1),
        "model_sha256": run.conditions.model,
        "asset_sha256": run.conditions.asset,
        "code_sha256": run.conditions.code,
        "pace": run.conditions.pace,
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
        "passed": run.passed,
        "failed": [v.threshold.name for v in run.verdicts if not v.passed],
    }


COLUMNS = ("", "allowed", "measured", "", "of what")
"""Of the table of thresholds."""


def rows(verdicts: Sequence[ThresholdVerdict]) -> Iterator[tuple[str, ...]]:
    """Its rows: threshold, limit, measured, state and detail of each verdict, as text."""
    for v in verdicts:
        limit = f"<= {_number(v.threshold.limit)} {v.threshold.unit}".strip()
        yield v.threshold.name, limit, _number(v.measured), v.state.value, v.detail


def _number(value: float | None) -> str:
    if value is None:
        return ABSENT
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3g}"


def _head(run: GateRun) -> Iterator[str]:
    verdict = "Passed" if run.passed == len(run.verdicts) else "Not passed"
    yield INTRODUCTION
    yield (
        f"**{verdict}: {run.passed} of {len(run.verdicts)} thresholds kept**, "
        f"{len(run.results)} requests, {run.seconds / 60:.1f} minutes of audio both ways."
    )
    yield ""
    yield (
        f"Judged for a machine that takes {run.conditions.pace:g} s for a second of speech. A "
        "faster one does better, a slower one worse: it decodes exactly what it has time for."
    )
    if not run.conditions.whole:
        yield "\nThis was a partial run: not every voice, speed, line or part was asked for."
    for note in run.conditions.notes:
        yield f"\nNot measured: {note}"


def _thresholds(verdicts: Sequence[ThresholdVerdict]) -> Iterator[str]:
    yield from _table(COLUMNS, rows(verdicts))
    yield "\nWhat is not measured is not kept. A table below has the figures behind each row."


def _voices(results: Results) -> Iterator[str]:
    """One row a voice, those that do not stream included."""
    distances = aggregates.by_voice(results)
    own: dict[str, Results] = {
        name: [r for r in results if r.item.request.voice == name and r.item.group == "voice"]
        for name in VOICES
    }
    columns = ("voice", "n", "RMSE p50 dB", "p95", "largest", "control p50", "level p50 dB")
    table = [_voice(name, own[name], distances.get(name)) for name in VOICES if own[name]]
    yield from _table((*columns, "level p95"), table)


def _voice(name: str, own: Results, distances: Sequence[float] | None) -> tuple[str, ...]:
    if not distances:
        reasons = sorted({r.failure for r in own if r.failure})
        return (name, "0", *[ABSENT] * 5, "; ".join(reasons) or ABSENT)
    measured = [r.rmse for r in own if r.rmse]
    control = float(np.median([m.control for m in measured]))
    level = float(np.median([m.level for m in measured]))
    tail = percentile([abs(m.level) for m in measured], 0.95)
    return (name, *_spread(distances), f"{control:.1f}", f"{level:+.2f}", f"{tail:.2f}")


def _spread(values: Sequence[float]) -> tuple[str, ...]:
    """How many, median, 95th percentile, largest."""
    shown = percentile(values, 0.5), percentile(values, 0.95), max(values)
    return str(len(values)), *(f"{value:.2f}" for value in shown)


def _speeds(results: Results) -> Iterator[str]:
    table = [(speed, *_spread(values)) for speed, values in aggregates.by_speed(results).items()]
    return _table(("speed", "n", "RMSE p50 dB", "p95", "largest"), table)


def _mixes(results: Results) -> Iterator[str]:
    table = [(f"`{mix}`", *_spread(values)) for mix, values in aggregates.by_mix(results).items()]
    return _table(("mix", "n", "RMSE p50 dB", "p95", "largest"), table)


def _edges(results: Results) -> Iterator[str]:
    """Short texts and the breath, then what was found at ends and pauses of everything."""
    yield "Texts at the edge. Those that the corpus has too are shown and not counted.\n"
    yield from _table(("text", "n", "held out", "RMSE p50 dB", "largest"), _texts(results))
    yield "\nEnds, joins and pauses of all requests, in dB.\n"
    levels = [r.edges for r in results if r.edges]
    figures: dict[str, list[float | None]] = {
        "largest step at an end or join, dBFS": [e.click for e in levels],
        "cut off behind the end": [e.cut for e in levels],
        "cut off before the beginning": [e.cut_before for e in levels],
        "last 200 ms, distance in level": [
            None if e.ending is None else abs(e.ending) for e in levels
        ],
        "loudest pause, streaming, dBFS": [e.pause for e in levels],
        "the same pause, exact, dBFS": [e.pause_exact for e in levels],
    }
    there = {name: [v for v in values if v is not None] for name, values in figures.items()}
    table = [(name, *_spread(values)) for name, values in there.items() if values]
    yield from _table(("", "n", "p50", "p95", "largest"), table)


def _texts(results: Results) -> Iterator[tuple[str, ...]]:
    kinds: dict[tuple[str, bool], list[float]] = {}
    for r in results:
        if r.item.group == "edge" and r.rmse:
            key = _kind(r.item.request.text), r.item.held_out
            kinds.setdefault(key, []).append(r.rmse.log_mel_rmse)
    for (kind, held_out), distances in kinds.items():
        n, p50, _, largest = _spread(distances)
        yield kind, n, "yes" if held_out else "no", p50, largest


def _kind(text: str) -> str:
    if len(text) > 1:
        return "some 400 phonemes in one breath" if len(text) > 100 else f"“{text}”"
    return "a digit" if text.isdigit() else "a letter"


def _borders(results: Results) -> Iterator[str]:
    columns = ("border", "measure", "borders", "requests", "larger than elsewhere", "p")
    table = [
        (kind, measure, f"{test.borders}", f"{test.requests}", f"{test.share:.4f}", f"{test.p:.3f}")
        for kind, measure in BORDER_TESTS
        if (test := aggregates.border(results, kind, measure))
    ]
    return _table(columns, table)


def _listeners(results: Results) -> Iterator[str]:
    table = []
    if words := aggregates.word_errors(results):
        table.append(("word error rate, %", *_difference(words, 2)))
    if lost := aggregates.opinions(results):
        table.append(("DNSMOS overall", *_difference(lost.swapped(), 3)))
    scores = [r.mos for r in results if r.mos]
    if scores:
        p808 = float(np.mean([m.p808 for m in scores]))
        exact = float(np.mean([m.p808_exact for m in scores]))
        shown = f"{p808:.3f}", f"{exact:.3f}", f"{p808 - exact:+.3f}", ABSENT
        table.append(("DNSMOS P.808", str(len(scores)), *shown))
    return _table(("", "n", "streaming", "exact", "streaming less exact", "95 % interval"), table)


def _difference(found: PairedDifference, digits: int) -> tuple[str, ...]:
    means = f"{found.first:.{digits}f}", f"{found.second:.{digits}f}"
    interval = f"{found.low:+.{digits}f} to {found.high:+.{digits}f}"
    return str(found.n), *means, f"{found.difference:+.{digits}f}", interval


def _pictures(conditions: RunConditions) -> Iterator[str]:
    yield "Held-out lines at speed 1. Above streaming, then exact, below their difference."
    for title, path in conditions.pictures:
        yield f"\n![{title}]({path})"


def _conditions(conditions: RunConditions) -> Iterator[str]:
    yield f"""\
```sh
{conditions.command}
```

Results are kept in the cache folder by model, asset and code, so a run that was stopped
goes on. Everything drawn is drawn from fixed seeds.
"""
    facts = {
        "model sha256": conditions.model,
        "asset sha256": conditions.asset,
        "code sha256": conditions.code,
        **conditions.environment,
    }
    yield from _table(("", ""), ((name, _plain(value)) for name, value in facts.items()))


def _plain(value: object) -> str:
    """A fact as people write it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(map(_plain, value))
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _table(columns: Sequence[str], table: Iterable[Sequence[str]]) -> Iterator[str]:
    """In Markdown."""
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in table:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
