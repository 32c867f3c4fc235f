"""What the parameters of SET mean: rate, pitch, volume, and which voice."""

import pytest

from onset.model.voice_styles import VOICES
from onset.screen_reader.speech_settings import (
    SpeechSettings,
    chosen_voice,
    known_language,
    spoken_manner,
    voice_lines,
)


def settings(**parameters: str) -> SpeechSettings:
    result = SpeechSettings()
    for name, value in parameters.items():
        result = result.updated(name, value)
    return result


@pytest.mark.parametrize(
    ("rate", "speed", "stretch"),
    [(-100, 0.5, 1.0), (-50, 0.707, 1.0), (0, 1.0, 1.0), (63, 1.998, 1.0), (100, 2.0, 1.5)],
)
def test_rate(rate: int, speed: float, stretch: float) -> None:
    manner = spoken_manner(settings(rate=str(rate)), "af_heart")
    assert manner.speed == pytest.approx(speed, abs=1e-3) and manner.stretch == stretch


def test_pitch_keeps_the_pace() -> None:
    high, low = (spoken_manner(settings(pitch=pitch), "af_heart") for pitch in ("100", "-100"))
    assert high.rate == round(24_000 * 2 ** (4 / 12)) and low.rate < 24_000
    for manner in (high, low):
        assert manner.speed * manner.rate / 24_000 == pytest.approx(1.0, abs=0.001)


def test_volume_is_a_factor() -> None:
    gains = [spoken_manner(settings(volume=v), "af_heart").gain for v in ("-100", "0", "100")]
    assert gains == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", "101"),
        ("pitch", "x"),
        ("volume", "-101"),
        ("punctuation_mode", "loud"),
        ("spelling_mode", "yes"),
        ("cap_let_recogn", "shout"),
    ],
)
def test_bad_values_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError):
        settings(**{name: value})


def test_unknown_parameters_are_passed_over() -> None:
    assert settings(pitch_range="5", wishes="many") == SpeechSettings()


@pytest.mark.parametrize(
    ("code", "known"),
    [("en", "en-us"), ("en-GB", "en-gb"), ("pt_BR", "pt-br"), ("fr-CA", "fr"), ("de", None)],
)
def test_languages(code: str, known: str | None) -> None:
    assert known_language(code) == known


VOICE_CASES = [
    ({}, "af_heart"),
    ({"voice": "MALE1"}, "af_heart"),
    ({"voice": "male1", "language": "en-US"}, "af_heart"),
    ({"voice": "female1"}, "af_heart"),
    ({"voice": "female2"}, "af_bella"),
    ({"voice": "male2"}, "am_michael"),
    ({"voice": "male1", "language": "fr"}, "ff_siwis"),
    ({"voice": "male2", "language": "fr"}, "ff_siwis"),
    ({"voice": "male1", "language": "it"}, "if_sara"),
    ({"voice": "male1", "language": "de"}, "af_heart"),
    ({"synthesis_voice": "bf_emma", "language": "fr"}, "bf_emma"),
    ({"synthesis_voice": "nobody"}, "af_heart"),
    ({"synthesis_voice": "NULL"}, "af_heart"),
]


@pytest.mark.parametrize(("parameters", "voice"), VOICE_CASES)
def test_voices(parameters: dict[str, str], voice: str) -> None:
    assert chosen_voice(settings(**parameters), "af_heart") == voice


def test_a_mix_may_be_the_default() -> None:
    manner = spoken_manner(settings(language="en"), "af_heart(2)+am_michael(1)")
    assert (manner.voice, manner.lang) == ("af_heart(2)+am_michael(1)", "en-us")


def test_a_voice_reads_another_accent_of_its_language_and_no_other_language() -> None:
    assert spoken_manner(settings(language="en-gb"), "af_heart").lang == "en-gb"
    french = settings(language="fr", synthesis_voice="af_heart")
    assert spoken_manner(french, "af_heart").lang == "en-us"


def test_every_voice_is_listed_with_language_and_variant() -> None:
    lines = voice_lines()
    assert len(lines) == len(VOICES)
    assert "pf_dora\tpt-BR\tfemale1" in lines
    assert all(line.count("\t") == 2 for line in lines)
