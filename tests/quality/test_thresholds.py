"""The gate: what it speaks, what it decides; and the fast part of it on the real model."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources

import pytest

from onset.calibration.collect import blends, corpus
from onset.cli.calibrate import MIXES as MEASURED
from onset.config import Settings
from onset.engine.engine import Engine
from onset.model.kokoro import KokoroBackend
from onset.model.voice_styles import VOICES, parse
from onset.quality.evaluate import Evaluator
from onset.quality.log_mel import StreamingDistance
from onset.quality.renditions import MemoizingBackend
from onset.quality.results import PARTS, GateItem, ItemResult
from onset.quality.thresholds import (
    BREATH,
    EDGES,
    ENGLISH_SENTENCES,
    LINES,
    MIXES,
    PACE,
    RULES,
    SHARE,
    SPEEDS,
    ThresholdState,
    ThresholdVerdict,
    plan,
    quantile,
    verdicts,
)
from onset.quality.wer import TranscriptErrors
from onset.types import Request

LANGUAGES = sorted({voice.language for voice in VOICES.values()})
HELD_OUT = {code: corpus("heldout", code) for code in LANGUAGES}
FITTED = [line for code in LANGUAGES for line in corpus("corpus", code)]
ALL = plan(list(VOICES), SPEEDS, LINES, HELD_OUT, FITTED)


def same(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def data(name: str) -> Iterator[str]:
    """The lines of every file of this name, in any language."""
    for file in (resources.files("onset") / "data").iterdir():
        if re.fullmatch(rf"{name}(-\w+)?\.txt", file.name):
            lines = file.read_text(encoding="utf-8").splitlines()
            yield from (line for line in lines if line and not line.startswith("#"))


def test_no_held_out_line_is_in_a_corpus() -> None:
    fitted, held_out = list(data("corpus")), list(data("heldout"))
    assert len(fitted) > 400 and len(held_out) > 120
    assert not {same(line) for line in fitted} & {same(line) for line in held_out}


def test_no_held_out_sentence_is_in_a_corpus() -> None:
    """Of those long enough to be somebody's: twenty letters."""

    def sentences(name: str) -> set[str]:
        parts = (same(part) for line in data(name) for part in re.split(r"[.!?。！？।]", line))
        return {part for part in parts if len(part) >= 20}

    assert not sentences("corpus") & sentences("heldout")


def test_every_voice_is_spoken_at_every_speed() -> None:
    spoken = {(i.request.voice, i.request.speed) for i in ALL if i.group in ("voice", "speed")}
    assert spoken == {(voice, speed) for voice in VOICES for speed in SPEEDS}
    assert len(set(ALL)) == len(ALL) > 2000


def test_each_voice_has_its_lines_and_they_are_held_out() -> None:
    own = Counter(item.request.voice for item in ALL if item.group == "voice")
    for name, voice in VOICES.items():
        assert own[name] == min(LINES, len(HELD_OUT[voice.language]))
    for item in ALL:
        if item.group in ("voice", "speed"):
            assert item.request.text in HELD_OUT[VOICES[item.request.voice].language]


def test_the_first_round_has_seen_every_voice() -> None:
    assert {item.request.voice for item in ALL[: len(VOICES)]} == set(VOICES)


def test_lines_run_from_short_to_long_and_differ_between_voices() -> None:
    texts = {v: [i.request.text for i in ALL if i.group == "voice" and i.request.voice == v]
             for v in ("af_heart", "am_michael")}  # fmt: skip
    lengths = [len(text) for text in texts["af_heart"]]
    assert lengths == sorted(lengths) and lengths[0] < 15 and lengths[-1] > 150
    assert texts["af_heart"] != texts["am_michael"]


def test_enough_english_sentences_are_heard() -> None:
    english = [i for i in ALL if i.group == "voice" and i.request.voice[0] in "ab"]
    assert sum(len(i.request.text.split()) >= 3 for i in english) >= ENGLISH_SENTENCES


def voices_of(mix: str) -> frozenset[str]:
    """The voices of a mix, whatever their shares."""
    return frozenset(name for name, _ in parse(mix))


def test_mixes_were_never_fitted_and_are_spoken() -> None:
    lines = {voice.language: ["a line"] for voice in VOICES.values()}
    fitted = {voices_of(r.voice) for r in blends(list(VOICES), lines, MEASURED)}
    assert len(fitted) > 100
    assert not fitted & set(map(voices_of, MIXES))
    spoken = Counter(item.request.voice for item in ALL if item.group == "mix")
    assert spoken == dict.fromkeys(MIXES, LINES // SHARE)
    assert max(len(parse(mix)) for mix in MIXES) > 2


def test_the_edges_are_spoken_and_none_was_fitted() -> None:
    edges = {item.request.text: item.held_out for item in ALL if item.group == "edge"}
    assert set(edges) == {*EDGES, BREATH}
    assert all(edges.values())


def test_an_edge_that_was_fitted_is_told() -> None:
    items = plan(list(VOICES), SPEEDS, LINES, HELD_OUT, ["Yes!", "Something else."])
    assert {i.request.text for i in items if not i.held_out} == {"Yes."}


def test_a_part_of_the_voices_speaks_only_its_own() -> None:
    items = plan(["ef_dora", "af_heart"], [0.5], 2, HELD_OUT, FITTED)
    assert {item.request.voice for item in items} == {"ef_dora", "af_heart"}
    assert {item.group for item in items} == {"speed"}


def test_quantiles_are_nearest_rank() -> None:
    assert quantile([3, 1, 2], 0.5) == 2
    assert quantile(list(range(12)), 0.95) == 11
    assert quantile(list(range(1, 101)), 0.95) == 95


GOOD = StreamingDistance(1.0, 24_000, 0.5, 5.0, 0.1, (0, 0), True, 0.001)


def finding(group: str = "voice", speed: float = 1.0, **changes: object) -> ItemResult:
    item = GateItem(group, Request("Something.", "af_heart", speed))
    return ItemResult(item, rmse=replace(GOOD, **changes))  # type: ignore[arg-type]


def judged(findings: list[ItemResult], name: str) -> ThresholdVerdict:
    (found,) = [v for v in verdicts(findings, PARTS) if v.threshold.name == name]
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
    assert judged([finding(**good)], name).state is ThresholdState.PASS  # type: ignore[arg-type]
    assert judged([finding(**{**good, **bad})], name).state is ThresholdState.FAIL  # type: ignore[arg-type]
    assert judged([], name).state is ThresholdState.NOT_MEASURED


def test_a_voice_that_does_not_stream_fails_the_gate() -> None:
    lost = ItemResult(
        GateItem("voice", Request("Something.", "zm_yunxi")), "exact (not calibrated)"
    )
    found = judged([finding(), lost], "requests that do not stream or failed")
    assert found.state is ThresholdState.FAIL and "zm_yunxi" in found.detail


def test_too_few_sentences_are_not_a_word_error_rate() -> None:
    one = replace(finding(), wer=TranscriptErrors(4, 0, 0, "", ""))
    name = "word error rate, English, worse by"
    assert judged([one] * (ENGLISH_SENTENCES - 1), name).state is ThresholdState.NOT_MEASURED
    assert judged([one] * ENGLISH_SENTENCES, name).state is ThresholdState.PASS
    worse = replace(one, wer=TranscriptErrors(4, 1, 0, "", ""))
    mostly = [one] * (ENGLISH_SENTENCES - 10) + [worse] * 10
    assert judged(mostly, name).state is ThresholdState.FAIL  # 0.5 points


def test_only_what_was_asked_for_is_judged() -> None:
    assert {v.threshold.part for v in verdicts([finding()], ["mos"])} == {"mos"}
    assert {threshold.part for threshold, _ in RULES} == set(PARTS)


def fast(names: list[str]) -> list[GateItem]:
    """Per voice a sentence at each of three speeds and one in a mix: half a minute of audio."""
    lines = [line for line in HELD_OUT["en-us"] if 40 <= len(line) <= 70]
    items = [
        GateItem("voice" if speed == 1.0 else "speed", Request(lines[3 * k + n], name, speed))
        for k, name in enumerate(names)
        for n, speed in enumerate((1.0, 0.5, 2.0))
    ]
    return [
        *items,
        GateItem("mix", Request(lines[-1], MIXES[0])),
        GateItem("edge", Request("7", names[0])),
    ]


@pytest.fixture(scope="module")
def spoken(settings: Settings, backend: KokoroBackend) -> list[ItemResult]:
    """The fast part, measured; all as one voice: a line of each is no median."""
    judged = settings.model_copy(update={"pace": PACE})
    inspector = Evaluator(Engine(judged, backend=MemoizingBackend(backend)), ("rmse", "edges"))
    items = fast(["af_heart", "am_michael", "bf_emma"])
    found = [inspector.inspect(item, ItemResult(item)) for item in items]
    return [_as(f, replace(f.item.request, text=f.item.request.voice, voice="all")) for f in found]


def _as(found: ItemResult, request: Request) -> ItemResult:
    return replace(found, item=replace(found.item, request=request))


def missed(found: list[ItemResult]) -> list[str]:
    """The thresholds that are not kept."""
    return [
        f"{v.threshold.name}: {v.measured} > {v.threshold.limit}"
        for v in verdicts(found, ("rmse", "edges"))
        if v.state is not ThresholdState.PASS
    ]


def test_streaming_keeps_every_threshold_of_the_gate(spoken: list[ItemResult]) -> None:
    assert not missed(spoken)


def test_a_machine_that_only_keeps_up_is_no_farther_than_it_was(
    settings: Settings, backend: KokoroBackend
) -> None:
    """What prediction alone has reached, which is what begins every answer."""
    slow = settings.model_copy(update={"pace": 1.0})
    inspector = Evaluator(Engine(slow, backend=MemoizingBackend(backend)), ("rmse",))
    items = fast(["af_heart", "am_michael"])
    found = [inspector.inspect(item, ItemResult(item)) for item in items]
    every = [f.rmse.log_mel_rmse for f in found if f.rmse and f.item.group != "edge"]
    assert len(every) == 7
    assert quantile(every, 0.5) <= 1.25 and max(every) <= 2.0, every
