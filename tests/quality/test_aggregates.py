"""What results say together: distances by group, percentiles, differences."""

import pytest

from onset.quality.aggregates import (
    SENTENCE_WORDS,
    by_group,
    by_mix,
    by_speed,
    by_voice,
    opinions,
    percentile,
    word_errors,
)
from onset.quality.dnsmos import OpinionScores
from onset.quality.gate_items import GateItem
from onset.quality.log_mel import StreamingDistance
from onset.quality.results import ItemResult
from onset.quality.wer import TranscriptErrors
from onset.types import Request


def result(
    distance: float,
    group: str = "voice",
    voice: str = "af_heart",
    speed: float = 1.0,
    held_out: bool = True,
) -> ItemResult:
    measured = StreamingDistance(1.0, 24_000, distance, 5.0, 0.1, (0, 0), True, 0.001)
    return ItemResult(GateItem(group, Request("Hm.", voice, speed), held_out), rmse=measured)


def heard(words: int, streaming: int, exact: int) -> ItemResult:
    return ItemResult(
        GateItem("voice", Request("Hm.")), wer=TranscriptErrors(words, streaming, exact, "", "")
    )


def test_percentiles_are_nearest_rank() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(list(range(12)), 0.95) == 11
    assert percentile(list(range(1, 101)), 0.95) == 95


RESULTS = [
    result(0.5, voice="bf_emma"),
    result(0.3),
    result(0.4, "speed", speed=2.0),
    result(0.6, "speed", speed=0.5),
    result(0.7, "mix", "bf_emma+af_sky"),
    result(0.8, "mix", "af_heart+af_sky"),
    result(0.9, "edge"),
    result(9.0, "edge", held_out=False),
    ItemResult(GateItem("voice", Request("Hm.", "zm_yunxi")), "exact (not calibrated)"),
]


def test_texts_that_were_fitted_do_not_count() -> None:
    assert by_group(RESULTS)["edge"] == [0.9]


def test_distances_are_grouped_by_voice_speed_and_mix() -> None:
    assert list(by_voice(RESULTS).items()) == [("af_heart", [0.3]), ("bf_emma", [0.5])]
    assert list(by_speed(RESULTS).items()) == [("0.5", [0.6]), ("1", [0.5, 0.3]), ("2", [0.4])]
    assert list(by_mix(RESULTS)) == ["bf_emma+af_sky", "af_heart+af_sky"]


def test_word_errors_are_percent_of_all_words() -> None:
    errors = word_errors([heard(10, 2, 1), heard(30, 2, 1), heard(SENTENCE_WORDS - 1, 1, 0)])
    assert errors is not None and errors.n == 2
    assert (errors.first, errors.second, errors.difference) == (10.0, 5.0, 5.0)


def test_opinions_are_what_streaming_loses() -> None:
    scores = [OpinionScores(3.0, 3.0 + loss, 4.0, 4.0) for loss in (0.1, 0.2, 0.3)]
    loss = opinions([ItemResult(GateItem("voice", Request("Hm.")), mos=each) for each in scores])
    assert loss is not None and loss.difference == pytest.approx(0.2)
    gain = loss.swapped()
    assert (gain.first, gain.difference) == (3.0, -loss.difference)
    assert gain.low < gain.difference < gain.high


def test_nothing_measured_is_none() -> None:
    assert word_errors([]) is None and opinions([result(0.5)]) is None
