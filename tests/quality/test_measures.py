"""The table of measures: each part has one, and it says which items it applies to."""

import pytest

from onset.errors import AssetError
from onset.quality.extra import missing
from onset.quality.gate_items import GateItem
from onset.quality.measures import MEASURES
from onset.quality.renditions.renditions import speak_twice
from onset.quality.results import PARTS
from onset.types import Request


def test_every_part_of_a_result_has_its_measure() -> None:
    assert tuple(MEASURES) == PARTS


@pytest.mark.parametrize(
    "group, voice, speed, parts",
    [
        ("voice", "bf_emma", 1.0, {"wer", "mos"}),
        ("voice", "jf_alpha", 1.0, {"mos"}),
        ("speed", "bf_emma", 2.0, set()),
        ("edge", "bf_emma", 1.0, set()),
        ("mix", "bf_emma+jf_alpha", 1.0, set()),
    ],
)
def test_listeners_hear_whole_texts_at_speed_one_and_words_of_english(
    group: str, voice: str, speed: float, parts: set[str]
) -> None:
    item = GateItem(group, Request("Hm.", voice, speed))
    applying = {part for part, measure in MEASURES.items() if measure.applies(item)}
    assert applying == {"rmse", "seams", "edges", "melody", "first"} | parts


def test_a_word_alone_has_no_melody() -> None:
    item = GateItem("edge", Request("Yes."))
    applying = {part for part, measure in MEASURES.items() if measure.applies(item)}
    assert applying == {"rmse", "seams", "edges"}


def test_measures_of_audio_take_the_same_audio() -> None:
    shared = {part: measure.subject for part, measure in MEASURES.items()}
    assert {shared[part] for part in ("rmse", "seams", "edges", "wer", "mos")} == {speak_twice}
    assert len(set(shared.values())) == 3


@pytest.mark.skipif(not missing(MEASURES["wer"].packages), reason="the extra is installed")
def test_a_measure_without_its_packages_is_refused_when_it_is_loaded() -> None:
    with pytest.raises(AssetError, match=r"onset-tts\[quality\]"):
        MEASURES["wer"].load(1)
