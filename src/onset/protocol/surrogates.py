"""Halves of characters in JSON: clients cut text anywhere, also within an emoji."""

import re

_ESCAPES = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])"  # a pair; no \\u
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def without_halves(text: bytes) -> bytes:
    """JSON without the escapes of surrogates that have no other half, which say nothing."""
    return _ESCAPES.sub(lambda found: found[1] or b"", text)
