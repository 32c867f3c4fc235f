"""The values of SSML's attributes: times, strengths, rates."""

import re

from onset.errors import InvalidRequest
from onset.text.normalize import LONGEST_SILENCE

STRENGTHS = {
    "none": 0.0, "x-weak": 0.25, "weak": 0.5, "medium": 0.75, "strong": 1.0, "x-strong": 1.25,
}  # fmt: skip
"""Seconds of silence by strength, as Azure documents them."""

RATES = {
    "x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0,
}  # fmt: skip
"""Times the speed of the request, as Azure documents them."""

VOLUMES = {
    "silent": 0.0, "x-soft": 0.25, "soft": 0.5, "medium": 1.0, "default": 1.0, "loud": 2.0,
    "x-loud": 4.0,
}  # fmt: skip
"""Times as loud; a step is 6 dB, as in SSML 1.1, where +6dB is twice the amplitude."""

LOUDEST = 10.0
"""Times as loud at most: 20 dB, as `volume_multiplier`."""

TIME = re.compile(r"\+?(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*(ms|s)")
FACTOR = re.compile(r"(\d{1,3}(?:\.\d{1,6})?|\.\d{1,6})")
DECIBELS = re.compile(r"([+-]\d{1,3}(?:\.\d{1,6})?)\s*db")
PERCENT = re.compile(r"([+-]?)(\d{1,4}(?:\.\d{1,6})?)\s*%")


def silence_seconds(time: str, where: str = "break") -> float:
    """Seconds of a time, as `500ms` and `1.5s`. Raises InvalidRequest beyond LONGEST_SILENCE."""
    match = TIME.fullmatch(time.strip().lower())
    if match is None:
        raise InvalidRequest(f"{where}: {time!r} is no time, such as 500ms or 1.5s.", "input")
    seconds = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if seconds > LONGEST_SILENCE:
        message = f"{where}: {time} is longer than {LONGEST_SILENCE:g} seconds."
        raise InvalidRequest(message, "input")
    return seconds


def break_seconds(time: str | None, strength: str | None) -> float:
    """Seconds of a `break`; a time is stronger than a strength; without either it is medium."""
    if time is not None:
        return silence_seconds(time)
    strength = strength or "medium"
    if strength not in STRENGTHS:
        choices = ", ".join(STRENGTHS)
        raise InvalidRequest(f"break: no strength {strength!r}. Choices: {choices}.", "input")
    return STRENGTHS[strength]


def rate_factor(rate: str) -> float:
    """How many times faster: a name, `1.2`, `120%`, `+20%` or `-20%`. Raises InvalidRequest."""
    rate = rate.strip().lower()
    if rate in RATES:
        return RATES[rate]
    if match := FACTOR.fullmatch(rate):
        factor = float(match[1])
    elif match := PERCENT.fullmatch(rate):
        share = float(match[2]) / 100
        factor = 1 + share if match[1] == "+" else 1 - share if match[1] == "-" else share
    else:
        choices = ", ".join([*RATES, "1.2", "120%", "+20%"])
        raise InvalidRequest(f"prosody: no rate {rate!r}. Choices: {choices}.", "input")
    if factor <= 0:
        raise InvalidRequest(f"prosody: the rate {rate!r} is not above 0.", "input")
    return factor


def volume_factor(volume: str) -> float:
    """How many times as loud: a name, `+6dB`, 0 to 100, `50%`, `+20%`. Raises InvalidRequest."""
    volume = volume.strip().lower()
    factor: float | None = VOLUMES.get(volume)
    if match := DECIBELS.fullmatch(volume):
        factor = 10.0 ** (float(match[1]) / 20)
    elif match := FACTOR.fullmatch(volume):
        factor = float(match[1]) / 100
    elif match := PERCENT.fullmatch(volume):
        share = float(match[2]) / 100
        factor = 1 + share if match[1] == "+" else 1 - share if match[1] == "-" else share
    if factor is None or not 0 <= factor <= LOUDEST:
        choices = ", ".join([*VOLUMES, "+6dB", "-6dB", "0 to 100", "50%", "+20%"])
        message = f"prosody: no volume {volume!r}, up to {LOUDEST:g} times. Choices: {choices}."
        raise InvalidRequest(message, "input")
    return factor
