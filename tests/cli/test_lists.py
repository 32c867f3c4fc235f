"""Lists with commas: what is read, and what is refused with the choices."""

import pytest

from onset.cli.lists import listed, speed_values, voice_names
from onset.errors import InvalidRequest
from onset.model.voice_styles import VOICES


def test_spaces_and_empty_items_do_not_count() -> None:
    assert listed(" a, b ,,c,") == ["a", "b", "c"]
    assert listed(" , ") == []


def test_no_list_means_every_voice() -> None:
    assert voice_names(None) == list(VOICES)
    assert voice_names("bf_emma, af_heart") == ["bf_emma", "af_heart"]


@pytest.mark.parametrize("given", ["af_heart,nobody", "af_heart+nobody", "af_heart(2)+af_sky"])
def test_an_unknown_voice_or_a_mix_is_refused_with_the_choices(given: str) -> None:
    with pytest.raises(InvalidRequest, match="Choices: af_alloy") as refusal:
        voice_names(given)
    assert refusal.value.param == "voices"


def test_speeds_are_numbers() -> None:
    assert speed_values("0.5, 1,2") == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("given", ["1,fast", "3", "0.4", ",", "", "nan"])
def test_what_is_no_speed_is_refused_with_the_range(given: str) -> None:
    with pytest.raises(InvalidRequest, match=r"from 0\.5 to 2\.0") as refusal:
        speed_values(given)
    assert refusal.value.param == "speeds"
