"""What `onset quality` refuses before it loads anything, and what it does without its extra."""

import pytest

from onset.cli.quality import _items, _possible, quality
from onset.errors import InvalidRequest
from onset.model.voice_styles import VOICES
from onset.quality.extra import missing
from onset.quality.gate_items import LINES, SPEEDS
from onset.quality.measures import MEASURES
from onset.quality.results import PARTS


@pytest.mark.parametrize(
    "options, told",
    [
        ({"voices": "af_heart,nobody"}, "'nobody'. Choices: af_alloy"),
        ({"speeds": "1,fast"}, "from 0.5 to 2"),
        ({"speeds": "3"}, "from 0.5 to 2"),
        ({"speeds": ","}, "from 0.5 to 2"),
        ({"only": "rmse,taste"}, "rmse, seams, edges, melody, first, wer, mos"),
    ],
)
def test_what_cannot_be_judged_is_refused(options: dict[str, str], told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        quality(**{"speeds": "1", "only": "rmse", **options})  # type: ignore[arg-type]


def test_parts_without_their_packages_are_left_out_and_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    parts, notes = _possible(PARTS)
    absent = [part for part, measure in MEASURES.items() if missing(measure.packages)]
    assert parts == [part for part in PARTS if part not in absent]
    assert len(notes) == len(absent)
    assert all("pip install onset-tts[quality]" in note for note in notes)
    assert capsys.readouterr().err.count("onset-tts[quality]") == len(absent)


def test_the_plan_is_made_of_every_language() -> None:
    items = _items(list(VOICES), SPEEDS, LINES)
    assert {item.request.voice for item in items} >= set(VOICES)
    assert all(item.request.text for item in items)
