"""The texts have the length of their class, none comes twice, and a seed always gives the same."""

from itertools import chain

import pytest

from onset.bench.workload.texts import (
    COMPARED,
    DISTINCT,
    LENGTHS,
    WARM_UP,
    TextClass,
    TextSupply,
    digest,
    first_clause,
)


def made(seed: int) -> dict[TextClass, tuple[str, ...]]:
    """As many texts of every class as a command may ask for."""
    supply = TextSupply(seed)
    return {one: supply.texts("pinned", one, DISTINCT) for one in TextClass}


TEXTS = made(1)


@pytest.mark.parametrize("text_class", TextClass)
def test_texts_are_distinct_and_of_their_length(text_class: TextClass) -> None:
    texts, (least, most) = TEXTS[text_class], LENGTHS[text_class]
    assert len(set(texts)) == len(texts) == DISTINCT >= 200
    assert all(least <= len(text) <= most for text in texts)


def test_no_clause_begins_two_sentences_of_a_run() -> None:
    sentences = [
        sentence
        for text in chain.from_iterable(TEXTS[text_class] for text_class in COMPARED)
        for sentence in text.rstrip(".").split(". ")
    ]
    assert len({first_clause(sentence) for sentence in sentences}) == len(sentences)


def test_a_run_never_says_a_text_twice() -> None:
    supply = TextSupply(1)
    made = [text for name in "abc" for text in supply.texts(name, TextClass.SENTENCE, 120)]
    assert len({first_clause(text) for text in made}) == len(made)
    assert first_clause(supply.prose("d", 900)) not in {first_clause(text) for text in made}


def test_a_scenario_says_the_same_texts_beside_others() -> None:
    alone, beside = TextSupply(1), TextSupply(1)
    beside.texts("before", TextClass.LONG, 2)
    assert alone.texts("a", TextClass.COMPLEX, 3) == beside.texts("a", TextClass.COMPLEX, 3)


def test_two_words_are_two() -> None:
    assert all(len(text.split()) == 2 for text in TEXTS[TextClass.TWO_WORDS])


def test_forty_is_one_clause() -> None:
    assert all(first_clause(text) == text for text in TEXTS[TextClass.FORTY])


@pytest.mark.parametrize("text_class", [TextClass.SENTENCE, TextClass.PARAGRAPH, TextClass.LONG])
def test_longer_texts_begin_with_a_comma_clause(text_class: TextClass) -> None:
    assert all(first_clause(text).endswith(",") for text in TEXTS[text_class])


def test_warm_up_is_not_measured() -> None:
    assert not set(WARM_UP) & set(chain.from_iterable(TEXTS.values()))


@pytest.mark.parametrize(
    ("seed", "sha256"),
    [
        (0, "95a601948cba812659daebd73e3c8a8b18a497a02227929342d1b85b356f0cbd"),
        (1, "3becb783dce1aa3db30c43a637d6b4a9db0cb07e8272d9c5bf93b6e1aca13013"),
        (2, "6dc97e7e8a148309fef46ae8504dab76b0531b788a91737919d3866ad7271298"),
        (3, "836b1b6425fa6ce889dc74c239165970152b59366289ebd509fcd0aecfe5d483"),
    ],
)
def test_a_seed_gives_the_same_texts_on_every_machine_and_in_every_version(
    seed: int, sha256: str
) -> None:
    assert digest(chain.from_iterable(made(seed).values())) == sha256


def test_fewer_texts_are_the_first_of_more() -> None:
    few = TextSupply(1).texts("a", TextClass.LONG, 3)
    assert few == TextSupply(1).texts("a", TextClass.LONG, 9)[:3]


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("Well, no.", "Well,"),
        ("Stop; then go.", "Stop;"),
        ("Why? Because.", "Why?"),
        ("no mark at all", "no mark at all"),
    ],
)
def test_first_clause(text: str, clause: str) -> None:
    assert first_clause(text) == clause


def test_prose_is_as_long_as_asked() -> None:
    assert 900 <= len(TextSupply(1).prose("stream", 900)) <= 1_060
