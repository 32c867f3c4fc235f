"""Options that are lists with commas: voices and speeds, each checked against the choices."""

from onset.errors import InvalidRequest
from onset.model.voice_styles import VOICES
from onset.types import FASTEST, SLOWEST


def listed(given: str) -> list[str]:
    """The items between the commas, without spaces around them; empty ones are left out."""
    return [item.strip() for item in given.split(",") if item.strip()]


def voice_names(given: str | None) -> list[str]:
    """Single voices, all of them where none is given. Raises InvalidRequest for an unknown one."""
    names = listed(given) if given else list(VOICES)
    for name in names:
        if name not in VOICES:
            raise InvalidRequest(f"No voice {name!r}. Choices: {', '.join(VOICES)}.", "voices")
    return names


def speed_values(given: str) -> list[float]:
    """At least one speed. Raises InvalidRequest for what the model cannot speak at."""
    try:
        speeds = [float(speed) for speed in listed(given)]
    except ValueError:
        speeds = []
    if not speeds or not all(SLOWEST <= speed <= FASTEST for speed in speeds):
        choices = f"Speeds are numbers from {SLOWEST} to {FASTEST}, with commas"
        raise InvalidRequest(f"{choices}, not {given!r}.", "speeds")
    return speeds
