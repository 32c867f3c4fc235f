"""Rules are applied in their order."""

import re

from onset.text.rewrite_rules import (
    alternatives,
    compiled,
    is_date,
    rewrite,
    spoken_address,
)

RULES = compiled([("a", "b"), ("b+", lambda m: str(len(m[0])))])


def test_rules_are_applied_in_order() -> None:
    assert rewrite(RULES, "ab c") == "2 c"


def test_the_longest_alternative_is_found_first() -> None:
    assert re.findall(alternatives(["m", "m²", "km"]), "km m² m") == ["km", "m²", "m"]


def test_an_address_is_dictated_without_the_marks_of_the_sentence() -> None:
    match = re.fullmatch(".*", "http://a.b-c/d.")
    assert match is not None
    assert spoken_address(match, {".": "dot", "-": "dash"}) == "http a dot b dash c/d."


def test_a_date_has_a_day_and_a_month() -> None:
    assert is_date(31, 12) and not is_date(32, 1) and not is_date(1, 13) and not is_date(0, 1)
