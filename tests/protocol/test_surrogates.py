"""Halves of characters are left out of JSON, and nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.protocol.surrogates import without_halves


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"Good \ud83e"', "Good "),
        (rb'"\udd8a fox"', " fox"),
        (rb'"\ud83e\udd8a fox"', "\U0001f98a fox"),
        (rb'"\uD83E\uD83E\uDD8A"', "\U0001f98a"),
        (rb'"a \\ud83e b"', r"a \ud83e b"),
        (rb'"a \\\ud83e b"', "a \\ b"),
        (rb'"caf\u00e9 \u20ac"', "caf\u00e9 \u20ac"),
    ],
)
def test_halves_are_left_out(written: bytes, read: str) -> None:
    assert json.loads(without_halves(written)) == read


@given(st.text())
def test_whole_characters_stay(text: str) -> None:
    for ascii_only in (True, False):
        written = json.dumps(text, ensure_ascii=ascii_only).encode()
        assert without_halves(written) == written
