"""Words that bring their pronunciation, for tests: a text as it reads without the sounds."""

from onset.text.given_sounds import PARTS


def without_sounds(text: str) -> str:
    """The text with only the words themselves, as they stand in the words of a reading."""
    return PARTS.sub(r"\1", text)
