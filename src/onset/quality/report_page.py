"""The gate's report for people, in Markdown, and its one line for machines.

Knows nothing of how anything was measured; gate.py decides what is kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from onset.model.voice_styles import VOICES
from onset.quality.discontinuities import MATCHED, PLACES
from onset.quality.results import ItemResult
from onset.quality.thresholds import (
    ENGLISH_SENTENCES,
    FAMILY,
    SEAMS,
    SENTENCE_WORDS,
    ThresholdState,
    ThresholdVerdict,
    border,
    by_speed,
    by_voice,
    distances,
    opinions,
    quantile,
    word_errors,
)
from onset.stats.bootstrap import RESAMPLES

ABSENT = "-"

INTRODUCTION = """\
# Quality: does streaming cost any?

Onset speaks before a segment is decoded, with predicted statistics instead of the true ones
([how](streaming.md)), and decodes exactly what will be heard later, as far as there is time. This
page says how far what is heard lies from the exact decode of the same segments. It is written by
`make quality`; no figure is entered by hand.
"""

METHOD = f"""\
## What was measured, and how

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
  of {FAMILY:g} in all shared by {len(SEAMS)} tests (Bonferroni). Silence is left out.
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


def report(
    findings: Sequence[ItemResult],
    verdicts: Sequence[ThresholdVerdict],
    circumstances: RunConditions,
) -> str:
    """The whole page."""
    sections = (
        _head(findings, verdicts, circumstances),
        _thresholds(verdicts),
        [METHOD],
        _voices(findings),
        _speeds(findings),
        _mixes(findings),
        _edges(findings),
        _seams(findings),
        _listeners(findings),
        _pictures(circumstances),
        _circumstances(circumstances),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def summary(
    findings: Sequence[ItemResult],
    verdicts: Sequence[ThresholdVerdict],
    circumstances: RunConditions,
) -> dict[str, object]:
    """The same for machines; None where nothing was measured."""
    return {
        "schema": 2,
        "bench": "quality",
        "whole": circumstances.whole,
        "requests": len(findings),
        "audio_seconds": round(_seconds(findings), 1),
        "model_sha256": circumstances.model,
        "asset_sha256": circumstances.asset,
        "code_sha256": circumstances.code,
        "pace": circumstances.pace,
        "verdicts": [
            {
                "threshold": v.threshold.name,
                "limit": round(v.threshold.limit, 4),
                "unit": v.threshold.unit,
                "measured": None if v.measured is None else round(float(v.measured), 4),
                "state": v.state,
                "detail": v.detail,
            }
            for v in verdicts
        ],
        "passed": sum(v.state is ThresholdState.PASS for v in verdicts),
        "failed": [v.threshold.name for v in verdicts if v.state is not ThresholdState.PASS],
    }


def rows(verdicts: Sequence[ThresholdVerdict]) -> Iterator[tuple[str, ...]]:
    """Threshold, limit, measured, state and detail of each verdict, as text."""
    for v in verdicts:
        limit = f"<= {_number(v.threshold.limit)} {v.threshold.unit}".strip()
        yield v.threshold.name, limit, _number(v.measured), v.state.value, v.detail


def _number(value: float | None) -> str:
    if value is None:
        return ABSENT
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3g}"


def _seconds(findings: Sequence[ItemResult]) -> float:
    return sum(f.rmse.seconds for f in findings if f.rmse)


def _head(
    findings: Sequence[ItemResult],
    verdicts: Sequence[ThresholdVerdict],
    circumstances: RunConditions,
) -> Iterator[str]:
    kept = sum(v.state is ThresholdState.PASS for v in verdicts)
    good = kept == len(verdicts)
    yield INTRODUCTION
    yield (
        f"**{'Passed' if good else 'Not passed'}: {kept} of {len(verdicts)} thresholds kept**, "
        f"{len(findings)} requests, {_seconds(findings) / 60:.1f} minutes of audio both ways."
    )
    yield ""
    yield (
        f"Judged for a machine that takes {circumstances.pace:g} s for a second of speech. A "
        "faster one does better, a slower one worse: it decodes exactly what it has time for."
    )
    if not circumstances.whole:
        yield ""
        yield "This was a partial run: not every voice, speed, line or part was asked for."
    for note in circumstances.notes:
        yield ""
        yield f"Not measured: {note}"


def _thresholds(verdicts: Sequence[ThresholdVerdict]) -> Iterator[str]:
    yield "## Thresholds"
    yield ""
    yield from _table(("", "allowed", "measured", "", "of what"), rows(verdicts))
    yield ""
    yield "What is not measured is not kept. A table below has the figures behind each row."


def _voices(findings: Sequence[ItemResult]) -> Iterator[str]:
    """One row a voice, those that do not stream included."""
    yield "## Voices at speed 1"
    yield ""
    found = by_voice(findings)
    asked = {f.item.request.voice for f in findings if f.item.group == "voice"}
    table = [
        _distances(name, [f for f in findings if f.item.request.voice == name], found.get(name))
        for name in VOICES
        if name in asked
    ]
    columns = ("voice", "n", "RMSE p50 dB", "p95", "largest", "control p50", "level p50 dB")
    yield from _table((*columns, "level p95"), table)


def _distances(
    name: str, own: Sequence[ItemResult], found: Sequence[float] | None
) -> tuple[str, ...]:
    if not found:
        reasons = sorted({f.failure for f in own if f.failure})
        return (name, "0", *[ABSENT] * 5, "; ".join(reasons) or ABSENT)
    rmse = [f.rmse for f in own if f.rmse and f.item.group == "voice"]
    control = float(np.median([r.control for r in rmse]))
    levels = [r.level for r in rmse]
    level, tail = float(np.median(levels)), quantile([abs(x) for x in levels], 0.95)
    return (name, *_spread(found), f"{control:.1f}", f"{level:+.2f}", f"{tail:.2f}")


def _spread(found: Sequence[float]) -> tuple[str, ...]:
    p50, p95 = quantile(found, 0.5), quantile(found, 0.95)
    return str(len(found)), f"{p50:.2f}", f"{p95:.2f}", f"{max(found):.2f}"


def _speeds(findings: Sequence[ItemResult]) -> Iterator[str]:
    yield "## Speeds, all voices"
    yield ""
    table = [(f"{speed:g}", *_spread(found)) for speed, found in by_speed(findings).items()]
    yield from _table(("speed", "n", "RMSE p50 dB", "p95", "largest"), table)


def _mixes(findings: Sequence[ItemResult]) -> Iterator[str]:
    yield "## Voice mixes, none of them fitted"
    yield ""
    own: dict[str, list[ItemResult]] = {}
    for finding in findings:
        if finding.item.group == "mix":
            own.setdefault(finding.item.request.voice, []).append(finding)
    table = [(f"`{n}`", *_spread(d)) for n, f in own.items() if (d := distances(f, "mix"))]
    yield from _table(("mix", "n", "RMSE p50 dB", "p95", "largest"), table)


def _edges(findings: Sequence[ItemResult]) -> Iterator[str]:
    """Short texts and the breath, then what was found at ends and pauses of everything."""
    yield "## Edges"
    yield ""
    yield "Texts at the edge. Those that the corpus has too are shown and not counted."
    yield ""
    yield from _table(("text", "n", "held out", "RMSE p50 dB", "largest"), _texts(findings))
    yield ""
    yield "Ends, joins and pauses of all requests, in dB."
    yield ""
    found = [f.edges for f in findings if f.edges]
    figures: tuple[tuple[str, list[float]], ...] = (
        ("largest step at an end or join, dBFS", [e.click for e in found]),
        ("cut off behind the end", [e.cut for e in found]),
        ("cut off before the beginning", [e.cut_before for e in found]),
        ("last 200 ms, distance in level", [abs(e.ending) for e in found if e.ending is not None]),
        ("loudest pause, streaming, dBFS", [e.pause for e in found if e.pause is not None]),
        (
            "the same pause, exact, dBFS",
            [e.pause_exact for e in found if e.pause_exact is not None],
        ),
    )
    table = [(name, *_spread(values)) for name, values in figures if values]
    yield from _table(("", "n", "p50", "p95", "largest"), table)


def _texts(findings: Sequence[ItemResult]) -> Iterator[tuple[str, ...]]:
    kinds: dict[tuple[str, bool], list[float]] = {}
    for f in findings:
        if f.item.group == "edge" and f.rmse:
            key = _kind(f.item.request.text), f.item.held_out
            kinds.setdefault(key, []).append(f.rmse.log_mel_rmse)
    for (kind, held_out), found in kinds.items():
        n, p50, _, largest = _spread(found)
        yield kind, n, "yes" if held_out else "no", p50, largest


def _kind(text: str) -> str:
    if len(text) > 1:
        return "some 400 phonemes in one breath" if len(text) > 100 else f"“{text}”"
    return "a digit" if text.isdigit() else "a letter"


def _seams(findings: Sequence[ItemResult]) -> Iterator[str]:
    yield "## Borders of steps and chunks"
    yield ""
    table = []
    for kind, measure in SEAMS:
        if seam := border(findings, kind, measure):
            shown = f"{seam.share:.4f}", f"{seam.p:.3f}"
            table.append((kind, measure, str(seam.borders), str(seam.requests), *shown))
    columns = ("border", "measure", "borders", "requests", "larger than elsewhere", "p")
    yield from _table(columns, table)


def _listeners(findings: Sequence[ItemResult]) -> Iterator[str]:
    yield "## Listeners that are not people"
    yield ""
    table = []
    if words := word_errors(findings):
        interval = f"{words.low:+.2f} to {words.high:+.2f}"
        shown = f"{words.first:.2f}", f"{words.second:.2f}", f"{words.difference:+.2f}", interval
        table.append(("word error rate, %", str(words.n), *shown))
    if found := opinions(findings):
        interval = f"{-found.high:+.3f} to {-found.low:+.3f}"
        shown = f"{found.second:.3f}", f"{found.first:.3f}", f"{-found.difference:+.3f}", interval
        table.append(("DNSMOS overall", str(found.n), *shown))
    scores = [f.mos for f in findings if f.mos]
    if scores:
        p808, exact = (
            float(np.mean([getattr(m, k) for m in scores])) for k in ("p808", "p808_exact")
        )
        shown = f"{p808:.3f}", f"{exact:.3f}", f"{p808 - exact:+.3f}", ABSENT
        table.append(("DNSMOS P.808", str(len(scores)), *shown))
    columns = ("", "n", "streaming", "exact", "streaming less exact", "95 % interval")
    yield from _table(columns, table)


def _pictures(circumstances: RunConditions) -> Iterator[str]:
    yield "## Pictures"
    yield ""
    yield "Held-out lines at speed 1. Above streaming, then exact, below their difference."
    for title, path in circumstances.pictures:
        yield ""
        yield f"![{title}]({path})"


def _circumstances(circumstances: RunConditions) -> Iterator[str]:
    yield "## To get the same"
    yield ""
    yield "```sh"
    yield circumstances.command
    yield "```"
    yield ""
    yield "Results are kept in the cache folder by model, asset and code, so a run that was stopped"
    yield "goes on. Everything drawn is drawn from fixed seeds."
    yield ""
    facts = {
        "model sha256": circumstances.model,
        "asset sha256": circumstances.asset,
        "code sha256": circumstances.code,
        **circumstances.environment,
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
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in table:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
