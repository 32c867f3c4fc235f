"""What the gate decides; and the fast part of it on the real model."""

from dataclasses import replace

import pytest

from onset.calibration.collect import corpus
from onset.config import Settings
from onset.engine.engine import Engine
from onset.model.kokoro import KokoroBackend
from onset.quality.aggregates import percentile
from onset.quality.evaluate import Evaluator
from onset.quality.gate_items import MIXES, GateItem
from onset.quality.log_mel import StreamingDistance
from onset.quality.measures import MEASURES
from onset.quality.melody.melodies import KINDS, JoinDifference, KindMelody, MelodyDistance
from onset.quality.renditions.memoizing_backend import MemoizingBackend
from onset.quality.results import PARTS, ItemResult
from onset.quality.thresholds import (
    ENGLISH_SENTENCES,
    PACE,
    THRESHOLDS,
    ThresholdState,
    ThresholdVerdict,
    verdicts,
)
from onset.quality.wer import TranscriptErrors
from onset.types import Request

HELD_OUT = corpus("heldout")

GOOD = StreamingDistance(1.0, 24_000, 0.5, 5.0, 0.1, (0, 0), True, 0.001)


def result(group: str = "voice", speed: float = 1.0, **changes: object) -> ItemResult:
    item = GateItem(group, Request("Something.", "af_heart", speed))
    return ItemResult(item, rmse=replace(GOOD, **changes))  # type: ignore[arg-type]


def judged(results: list[ItemResult], name: str) -> ThresholdVerdict:
    (found,) = [v for v in verdicts(results, PARTS) if v.threshold.name == name]
    return found


@pytest.mark.parametrize(
    "name, good, bad",
    [
        ("log-mel RMSE, each voice at speed 1, median", {}, {"log_mel_rmse": 0.81}),
        ("log-mel RMSE, each voice at speed 1, p95", {}, {"log_mel_rmse": 1.51}),
        ("log-mel RMSE, each speed, all voices, median", {"speed": 2.0}, {"log_mel_rmse": 1.01}),
        ("log-mel RMSE, each speed, all voices, p95", {}, {"log_mel_rmse": 2.01, "speed": 0.5}),
        ("log-mel RMSE, voice mixes, median", {"group": "mix"}, {"log_mel_rmse": 1.51}),
        ("level difference, 95 % within", {"level": -0.5}, {"level": -0.51}),
        ("runs clipped that exact does not clip", {"clipped": (2, 2)}, {"clipped": (2, 1)}),
        ("answers with NaN or infinity", {}, {"finite": False}),
        ("DC offset", {}, {"offset": 0.011}),
    ],
)
def test_a_threshold_is_kept_or_missed(
    name: str, good: dict[str, object], bad: dict[str, object]
) -> None:
    assert judged([result(**good)], name).state is ThresholdState.PASS  # type: ignore[arg-type]
    assert judged([result(**{**good, **bad})], name).state is ThresholdState.FAIL  # type: ignore[arg-type]
    assert judged([], name).state is ThresholdState.NOT_MEASURED


def test_a_voice_that_does_not_stream_fails_the_gate() -> None:
    lost = ItemResult(
        GateItem("voice", Request("Something.", "zm_yunxi")), "exact (not calibrated)"
    )
    found = judged([result(), lost], "requests that do not stream or failed")
    assert found.state is ThresholdState.FAIL and "zm_yunxi" in found.detail


def test_the_melody_of_the_worst_pace_decides() -> None:
    name = "word before a join, duration: p90"
    whole = KindMelody(0.0, 1.0, 0, [], [])
    for ratio, state in ((1.15, ThresholdState.PASS), (1.2, ThresholdState.FAIL)):
        cut = replace(whole, joins=[JoinDifference(ratio, 0.0, 1.0, 0.0, 0.0)])
        kinds = {kind: whole for kind in KINDS} | {"0.4": cut}
        read = replace(result(), melody=MelodyDistance(1, 9, kinds))
        assert judged([read], name).state is state
        assert judged([read], "pitch of all words, rms, median").state is ThresholdState.PASS
    none = replace(result(), melody=MelodyDistance(1, 9, {kind: whole for kind in KINDS}))
    found = judged([none], name)
    assert found.state is ThresholdState.NOT_MEASURED and found.detail.endswith("0, 0, 0")


def test_too_few_sentences_are_not_a_word_error_rate() -> None:
    one = replace(result(), wer=TranscriptErrors(4, 0, 0, "", ""))
    name = "word error rate, English, worse by"
    assert judged([one] * (ENGLISH_SENTENCES - 1), name).state is ThresholdState.NOT_MEASURED
    assert judged([one] * ENGLISH_SENTENCES, name).state is ThresholdState.PASS
    worse = replace(one, wer=TranscriptErrors(4, 1, 0, "", ""))
    mostly = [one] * (ENGLISH_SENTENCES - 10) + [worse] * 10
    assert judged(mostly, name).state is ThresholdState.FAIL  # 0.5 points


def test_only_what_was_asked_for_is_judged() -> None:
    assert {v.threshold.part for v in verdicts([result()], ["mos"])} == {"mos"}
    assert {threshold.part for threshold in THRESHOLDS} == set(PARTS)


def fast(names: list[str]) -> list[GateItem]:
    """Per voice a sentence at each of three speeds, shorter when it is slow, and one in a mix."""
    lines, short = ([x for x in HELD_OUT if a <= len(x) < b] for a, b in ((40, 71), (25, 40)))
    items = []
    for k, name in enumerate(names):
        items += [
            GateItem("voice", Request(lines[3 * k], name)),
            GateItem("speed", Request(short[k], name, 0.5)),
            GateItem("speed", Request(lines[3 * k + 2], name, 2.0)),
        ]
    mix = GateItem("mix", Request(lines[-1], MIXES[0]))
    return [*items, mix, GateItem("edge", Request("7", names[0]))]


class KeepingBackend(MemoizingBackend):
    """Keeps what it computed, so that the same texts at another pace cost only their streaming."""

    new = True

    def forget(self) -> None:
        """Only when it is new: half a minute of audio fits."""
        if self.new:
            super().forget()
        self.new = False


@pytest.fixture(scope="module")
def keeping(backend: KokoroBackend) -> KeepingBackend:
    return KeepingBackend(backend)


def evaluated(
    backend: KeepingBackend, settings: Settings, pace: float, voices: list[str], *parts: str
) -> list[ItemResult]:
    engine = Engine(settings.model_copy(update={"pace": pace}), backend=backend)
    evaluator = Evaluator(engine, {part: MEASURES[part] for part in parts})
    return [evaluator.evaluate(ItemResult(item)) for item in fast(voices)]


def missed(results: list[ItemResult]) -> list[str]:
    """The thresholds that are not kept."""
    return [
        f"{v.threshold.name}: {v.measured} > {v.threshold.limit}"
        for v in verdicts(results, ("rmse", "edges"))
        if not v.passed
    ]


def test_streaming_keeps_every_threshold_of_the_gate(
    settings: Settings, keeping: KeepingBackend
) -> None:
    """All are judged as one voice: a line of each is no median. 22 requests have a 95th percentile
    that is not their largest."""
    voices = ["af_heart", "am_michael", "bf_emma", "bm_george", "af_bella", "am_puck", "af_nova"]
    assert not missed(
        [as_one(r) for r in evaluated(keeping, settings, PACE, voices, "rmse", "edges")]
    )


def as_one(result: ItemResult) -> ItemResult:
    request = result.item.request
    request = replace(request, text=request.voice, voice="all")
    return replace(result, item=replace(result.item, request=request))


def test_a_machine_that_only_keeps_up_is_no_farther_than_it_was(
    settings: Settings, keeping: KeepingBackend
) -> None:
    """What prediction alone has reached, which is what begins every answer."""
    results = evaluated(keeping, settings, 1.0, ["af_heart", "am_michael"], "rmse")
    every = [r.rmse.log_mel_rmse for r in results if r.rmse and r.item.group != "edge"]
    assert len(every) == 7
    assert percentile(every, 0.5) <= 1.25 and max(every) <= 2.0, every
