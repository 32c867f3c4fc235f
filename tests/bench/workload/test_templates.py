"""Sentence templates: every kind holds what its name says."""

import random
from collections.abc import Callable

import pytest

from onset.bench.workload.templates import (
    complex_sentence,
    plain_sentence,
    run_on_sentence,
    sentence_with_comma,
    unicode_sentence,
)

Template = Callable[[random.Random], str]


def sentences(template: Template) -> list[str]:
    """A hundred of them."""
    rng = random.Random(1)
    return [template(rng) for _ in range(100)]


def test_complex_sentences_hold_numbers() -> None:
    assert all(any(mark.isdigit() for mark in text) for text in sentences(complex_sentence))


def test_unicode_sentences_hold_what_ascii_cannot_say() -> None:
    assert not any(text.isascii() for text in sentences(unicode_sentence))


@pytest.mark.parametrize(
    ("template", "commas"),
    [(plain_sentence, {0}), (run_on_sentence, {0}), (sentence_with_comma, {1})],
)
def test_commas_are_where_the_name_says(template: Template, commas: set[int]) -> None:
    assert {text.count(",") for text in sentences(template)} == commas
