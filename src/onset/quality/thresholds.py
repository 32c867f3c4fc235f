"""The quality gate: what is spoken, and which figures decide. Not measured is never kept.

The thresholds are those of the release; docs/quality.md is the report. Knows nothing of how the
requests are run or how the report looks.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import numpy as np

from onset.model.voice_styles import VOICES, language, parse
from onset.quality.discontinuities import BorderTest, seam
from onset.quality.results import GateItem, ItemResult
from onset.stats.bootstrap import PairedDifference, paired_difference
from onset.types import Request

SPEEDS = (0.5, 0.75, 1.0, 1.5, 2.0)

PACE = 0.25
"""Seconds of work for a second of speech, of the machine that is judged, whichever one judges.

What two cores of 2025 do, or four older ones; the report says so.
"""

LINES = 24
"""Held-out lines for each voice at speed 1, as far as its language has so many."""

SHARE = 4
"""Of these, one in SHARE at each other speed and for each mix."""

MIXES = (
    "af_heart(2)+am_michael(1)",
    "bf_emma+bm_george",
    "af_bella(3)+ff_siwis(1)",
    "am_fenrir+am_puck",
    "af_nicole+bm_lewis",
    "bf_isabella(1)+af_sky(4)",
    "am_onyx(1)+af_kore(1)+bm_fable(1)",
    "af_heart(5)+af_bella(3)+bf_lily(2)",
    "am_eric(2)+hm_omega(1)",
    "af_nova+zf_xiaoxiao",
)
"""Voice mixes, none of them ever fitted: two and three voices, of one and of several languages."""

BREATH = (
    "when the last of the visitors had finally gone down to the harbour and the lamps along the "
    "quay were being put out one after another the old ferryman who had not spoken a single word "
    "all evening stood up from his barrel and told whoever was still there to hear it that the "
    "island across the sound had once been joined to the town by a road so narrow that two goats "
    "meeting in the middle had to decide which of them would learn to swim before the tide came in"
)
"""Some 400 phonemes without a mark."""

EDGES = ("Yes.", "No?", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ", *"0123456789")

GOLDEN = 0.618034

SENTENCE_WORDS = 3
"""Fewest words of a text whose transcript is counted."""


class ThresholdState(StrEnum):
    """Only PASS keeps a threshold."""

    PASS = "pass"
    FAIL = "fail"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Threshold:
    """measured <= limit keeps it. part: what must be measured (findings.PARTS). unit: printed."""

    name: str
    part: str
    limit: float
    unit: str


@dataclass(frozen=True, slots=True)
class ThresholdVerdict:
    """What was measured against a threshold, None if nothing was; detail tells where or how."""

    threshold: Threshold
    measured: float | None
    detail: str

    @property
    def state(self) -> ThresholdState:
        if self.measured is None or not np.isfinite(self.measured):
            return ThresholdState.NOT_MEASURED
        return ThresholdState.PASS if self.measured <= self.threshold.limit else ThresholdState.FAIL


FAMILY = 0.01
"""Chance that all seam tests together see a seam where there is none."""

SEAMS = tuple((kind, measure) for kind in ("step", "chunk") for measure in ("jump", "flux"))

ENGLISH_SENTENCES = 500


def plan(
    voices: Sequence[str],
    speeds: Sequence[float],
    count: int,
    lines: Mapping[str, Sequence[str]],
    corpus: Collection[str],
) -> list[GateItem]:
    """Every request of the gate, voices in turn, so that a run that is stopped has seen them all.

    lines: held-out lines by language as voices.VOICES has it; corpus: lines used for fitting.
    Mixes and edges are spoken only by voices that were asked for.
    """
    turns = [_voice(voice, k, speeds, count, lines) for k, voice in enumerate(voices)]
    items = list(_in_turn(turns))
    if 1.0 in speeds:
        known = [mix for mix in MIXES if {name for name, _ in parse(mix)} <= set(voices)]
        turns = [_lines("mix", mix, 1.0, k, count // SHARE, lines) for k, mix in enumerate(known)]
        items += [*_in_turn(turns), *_edges(voices, count, set(corpus))]
    return items


def _voice(
    voice: str, k: int, speeds: Sequence[float], count: int, lines: Mapping[str, Sequence[str]]
) -> list[GateItem]:
    found = []
    for speed in sorted(speeds, key=lambda speed: abs(speed - 1.0)):
        group, size = ("voice", count) if speed == 1.0 else ("speed", count // SHARE)
        found += _lines(group, voice, speed, k + round(100 * speed), size, lines)
    return found


def _lines(
    group: str, voice: str, speed: float, k: int, count: int, lines: Mapping[str, Sequence[str]]
) -> list[GateItem]:
    """`count` (at least one) held-out lines of the voice's language, from short to long."""
    own = sorted(lines.get(language(voice), ()), key=lambda line: (len(line), line))
    count = min(max(1, count), len(own))
    # One of each of `count` equal parts, another for every voice: multiples of the golden ratio
    # spread evenly.
    within = [(GOLDEN * (k + i * len(VOICES))) % 1.0 for i in range(count)]
    chosen = [own[int((i + share) * len(own) / count)] for i, share in enumerate(within)]
    return [GateItem(group, Request(line, voice, speed)) for line in chosen]


def _in_turn(turns: Sequence[Sequence[GateItem]]) -> Iterator[GateItem]:
    for i in range(max(map(len, turns), default=0)):
        yield from (turn[i] for turn in turns if i < len(turn))


def _edges(voices: Sequence[str], count: int, corpus: Collection[str]) -> Iterator[GateItem]:
    """Letters, digits, "Yes." and "No?", two English voices each; the breath by four.

    Fewer of them where fewer lines than LINES are wanted.
    """
    english = [voice for voice in voices if VOICES[voice].language.startswith("en")]
    if not english:
        return
    fewer = max(1, LINES // count)
    for k, text in enumerate(EDGES[::fewer]):
        for voice in {english[(2 * k + n) % len(english)] for n in range(2)}:
            fitted = any(text.strip(".?") == line.strip(".?!") for line in corpus)
            yield GateItem("edge", Request(text, voice), not fitted)
    for voice in english[:: fewer * ceil(len(english) / 4)]:
        yield GateItem("edge", Request(BREATH, voice))


Figure = tuple[float | None, str]
"""What was measured and its detail."""


def verdicts(findings: Sequence[ItemResult], parts: Collection[str]) -> list[ThresholdVerdict]:
    """One for every threshold that `parts` can decide, in the order of the report."""
    found = [ThresholdVerdict(threshold, *figure(findings)) for threshold, figure in RULES]
    return [verdict for verdict in found if verdict.threshold.part in parts]


def quantile(values: Sequence[float], share: float) -> float:
    """Nearest rank: of fewer than 20 values the 95th percentile is the largest."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def distances(findings: Sequence[ItemResult], *groups: str) -> list[float]:
    """The log-mel RMSE of held-out items of these groups."""
    chosen = (f for f in findings if f.item.group in groups and f.item.held_out)
    return [f.rmse.log_mel_rmse for f in chosen if f.rmse]


def by_voice(findings: Sequence[ItemResult]) -> dict[str, list[float]]:
    """Distances at speed 1 of each voice that has any."""
    voices = sorted({f.item.request.voice for f in findings if f.item.group == "voice"})
    own = {v: [f for f in findings if f.item.request.voice == v] for v in voices}
    return {v: found for v in voices if (found := distances(own[v], "voice"))}


def by_speed(findings: Sequence[ItemResult]) -> dict[float, list[float]]:
    """Distances of all voices at each speed that has any."""
    speeds = sorted({f.item.request.speed for f in findings})
    own = {s: [f for f in findings if f.item.request.speed == s] for s in speeds}
    return {s: found for s in speeds if (found := distances(own[s], "voice", "speed"))}


def word_errors(findings: Sequence[ItemResult]) -> PairedDifference | None:
    """Word error rate of streaming and exact in points, English sentences."""
    found = [f.wer for f in findings if f.wer and f.wer.words >= SENTENCE_WORDS]
    return paired_difference(
        [100.0 * w.streaming for w in found],
        [100.0 * w.exact for w in found],
        [float(w.words) for w in found],
    )


def opinions(findings: Sequence[ItemResult]) -> PairedDifference | None:
    """DNSMOS overall of exact and streaming: what streaming loses."""
    found = [f.mos for f in findings if f.mos]
    exact, streaming = [m.overall_exact for m in found], [m.overall for m in found]
    return paired_difference(exact, streaming, [1.0] * len(found))


def border(findings: Sequence[ItemResult], kind: str, measure: str) -> BorderTest | None:
    """The seam test of one measure at one kind of border."""
    return seam([f.seams[kind] for f in findings if f.seams], measure)


def _failures(findings: Sequence[ItemResult]) -> Figure:
    failed = [f for f in findings if f.failure]
    voices = sorted({f.item.request.voice for f in failed})
    named = ", ".join(voices[:3]) + (", ..." if len(voices) > 3 else "")
    return float(len(failed)), named or f"of {len(findings)} requests"


def _worst(groups: Mapping[str, Sequence[float]], share: float) -> Figure:
    found = {name: quantile(values, share) for name, values in groups.items()}
    if not found:
        return None, "nothing"
    name = max(found, key=lambda name: found[name])
    return found[name], f"worst of {len(found)}: {name}"


def _speed_groups(findings: Sequence[ItemResult]) -> dict[str, list[float]]:
    return {f"speed {speed:g}": values for speed, values in by_speed(findings).items()}


def _median(values: Sequence[float]) -> Figure:
    return (quantile(values, 0.5) if values else None), f"n = {len(values)}"


def _levels(findings: Sequence[ItemResult]) -> Figure:
    found = [abs(f.rmse.level) for f in findings if f.rmse and f.item.group != "edge"]
    return (quantile(found, 0.95) if found else None), f"95 % of {len(found)}"


def _most(pick: Callable[[ItemResult], float | None]) -> Callable[[Sequence[ItemResult]], Figure]:
    def figure(findings: Sequence[ItemResult]) -> Figure:
        found = [(value, f) for f in findings if (value := pick(f)) is not None]
        if not found:
            return None, "nothing"
        value, worst = max(found, key=lambda pair: pair[0])
        return value, f"largest of {len(found)}: {worst.item.request.voice}"

    return figure


def _sum(pick: Callable[[ItemResult], float | None]) -> Callable[[Sequence[ItemResult]], Figure]:
    def figure(findings: Sequence[ItemResult]) -> Figure:
        found = [value for f in findings if (value := pick(f)) is not None]
        return (sum(found) if found else None), f"in {len(found)} requests"

    return figure


def _clipped(f: ItemResult) -> float | None:
    return float(max(0, f.rmse.clipped[0] - f.rmse.clipped[1])) if f.rmse else None


def _noise(f: ItemResult) -> float | None:
    """What streaming adds to a pause, from -60 dBFS up."""
    if not f.edges or f.edges.pause is None or f.edges.pause_exact is None:
        return None
    return max(f.edges.pause, -60.0) - max(f.edges.pause_exact, -60.0)


def _endings(findings: Sequence[ItemResult]) -> Figure:
    found = [abs(f.edges.ending) for f in findings if f.edges and f.edges.ending is not None]
    return (quantile(found, 0.95) if found else None), f"95 % of {len(found)}"


def _seam(kind: str, measure: str) -> Callable[[Sequence[ItemResult]], Figure]:
    def figure(findings: Sequence[ItemResult]) -> Figure:
        found = border(findings, kind, measure)
        if found is None:
            return None, "too few requests"
        detail = f"p = {found.p:.3f}, share {found.share:.3f}, {found.borders} borders"
        return -np.log10(max(found.p, 1e-300)), detail

    return figure


def _wer(findings: Sequence[ItemResult]) -> Figure:
    found = word_errors(findings)
    if found is None or found.n < ENGLISH_SENTENCES:
        return None, f"{found.n if found else 0} of {ENGLISH_SENTENCES} sentences"
    return found.difference, _interval(found)


def _mos(findings: Sequence[ItemResult]) -> Figure:
    found = opinions(findings)
    return (found.difference, _interval(found)) if found else (None, "nothing")


def _interval(found: PairedDifference) -> str:
    return f"95 % interval {found.low:+.3f} to {found.high:+.3f}, n = {found.n}"


RULES: tuple[tuple[Threshold, Callable[[Sequence[ItemResult]], Figure]], ...] = (
    (Threshold("requests that do not stream or failed", "rmse", 0, ""), _failures),
    (
        Threshold("log-mel RMSE, each voice at speed 1, median", "rmse", 0.8, "dB"),
        lambda found: _worst(by_voice(found), 0.5),
    ),
    (
        Threshold("log-mel RMSE, each voice at speed 1, p95", "rmse", 1.5, "dB"),
        lambda found: _worst(by_voice(found), 0.95),
    ),
    (
        Threshold("log-mel RMSE, each speed, all voices, median", "rmse", 1.0, "dB"),
        lambda found: _worst(_speed_groups(found), 0.5),
    ),
    (
        Threshold("log-mel RMSE, each speed, all voices, p95", "rmse", 2.0, "dB"),
        lambda found: _worst(_speed_groups(found), 0.95),
    ),
    (
        Threshold("log-mel RMSE, voice mixes, median", "rmse", 1.5, "dB"),
        lambda found: _median(distances(found, "mix")),
    ),
    (
        Threshold("log-mel RMSE, letters, digits, one breath, median", "rmse", 1.5, "dB"),
        lambda found: _median(distances(found, "edge")),
    ),
    (Threshold("level difference, 95 % within", "rmse", 0.5, "dB"), _levels),
    (Threshold("runs clipped that exact does not clip", "rmse", 0, ""), _sum(_clipped)),
    (
        Threshold("answers with NaN or infinity", "rmse", 0, ""),
        _sum(lambda f: float(not f.rmse.finite) if f.rmse else None),
    ),
    (
        Threshold("DC offset", "rmse", 0.01, "of full scale"),
        _most(lambda f: f.rmse.offset if f.rmse else None),
    ),
    *(
        (
            Threshold(
                f"{kind} borders, {measure}: -log10 p",
                "seams",
                float(-np.log10(FAMILY / len(SEAMS))),
                "",
            ),
            _seam(kind, measure),
        )
        for kind, measure in SEAMS
    ),
    (
        Threshold("clicks at ends and joins", "edges", -40.0, "dBFS"),
        _most(lambda f: f.edges.click if f.edges else None),
    ),
    (
        Threshold("energy cut off behind the end", "edges", -20.0, "dB"),
        _most(lambda f: f.edges.cut if f.edges else None),
    ),
    (
        Threshold("energy cut off before the beginning", "edges", -20.0, "dB"),
        _most(lambda f: f.edges.cut_before if f.edges else None),
    ),
    (Threshold("level of the last 200 ms, 95 % within", "edges", 2.0, "dB"), _endings),
    (Threshold("noise added to pauses", "edges", 6.0, "dB"), _most(_noise)),
    (Threshold("word error rate, English, worse by", "wer", 0.3, "points"), _wer),
    (Threshold("DNSMOS overall, worse by", "mos", 0.03, ""), _mos),
)
"""Every threshold with how its figure is found."""
