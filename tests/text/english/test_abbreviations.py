"""Titles, streets, states and references, and words that look like them."""

import pytest

from onset.text.normalize import clean

READ = [
    ("Gen. Lee, Gen Z", "General Lee, Gen Z"),
    ("Bob Jr. spoke.", "Bob Junior spoke."),
    ("Bob Jr.", "Bob Junior."),
    ("5 Elm Dr. Dr. Who", "five Elm Drive Doctor Who"),
    ("350 Fifth Ave, New York", "three fifty Fifth Avenue, New York"),
    ("St. Paul, Well, OK.", "Saint Paul, Well, OK."),
    ("Austin, TX 78701", "Austin, Texas seven eight seven zero one"),
    ("I know. No. 5 won.", "I know. Number five won."),
    ("AT&T and B&B", "A.T. and T and B and B"),
    ("how're you", "how are you"),
]


@pytest.mark.parametrize(("raw", "spoken"), READ)
def test_abbreviations_are_said_as_a_reader_says_them(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken
