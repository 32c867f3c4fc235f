"""The texts have the length of their class, none comes twice, and a seed always gives the same."""

from itertools import chain

import pytest

from onset.bench.workload.texts import (
    DISTINCT,
    LENGTHS,
    WARM_UP,
    TextClass,
    TextSupply,
    digest,
    first_clause,
    workload,
)

WORKLOAD = workload()
EVERY = workload(classes=tuple(TextClass))


@pytest.mark.parametrize("text_class", TextClass)
def test_texts_are_distinct_and_of_their_length(text_class: TextClass) -> None:
    texts, (least, most) = EVERY.texts[text_class], LENGTHS[text_class]
    assert len(set(texts)) == len(texts) == DISTINCT >= 200
    assert all(least <= len(text) <= most for text in texts)


def test_no_clause_begins_two_sentences_of_a_run() -> None:
    sentences = [
        sentence
        for text in chain.from_iterable(WORKLOAD.texts.values())
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
    assert all(len(text.split()) == 2 for text in WORKLOAD.texts[TextClass.TWO_WORDS])


def test_forty_is_one_clause() -> None:
    assert all(first_clause(text) == text for text in WORKLOAD.texts[TextClass.FORTY])


@pytest.mark.parametrize("text_class", [TextClass.SENTENCE, TextClass.PARAGRAPH, TextClass.LONG])
def test_longer_texts_begin_with_a_comma_clause(text_class: TextClass) -> None:
    assert all(first_clause(text).endswith(",") for text in WORKLOAD.texts[text_class])


def test_warm_up_is_not_measured() -> None:
    assert not set(WARM_UP) & set(chain.from_iterable(WORKLOAD.texts.values()))


@pytest.mark.parametrize(
    ("seed", "sha256"),
    [
        (0, "a6de1c6d59b320ee618b17f2fd7c322b926f52982d1909c7b17b2861efb284eb"),
        (1, "d27028faffefaa7ae21ed1d085f6a447213f04c97d6c880e938835a996a537ce"),
        (2, "6c11201f49cc0752a815902ae97b330dbeecf1747118d493afa5e7bab0552bf7"),
        (3, "4dc786554bdf075f4d9b4fe5487c4d3584607eb59fb7974af668e474c8559c15"),
    ],
)
def test_a_seed_gives_the_same_texts_on_every_machine_and_in_every_version(
    seed: int, sha256: str
) -> None:
    texts = workload(seed, classes=tuple(TextClass)).texts
    assert digest(chain.from_iterable(texts[text_class] for text_class in TextClass)) == sha256


def test_fewer_texts_are_the_first_of_more() -> None:
    few = workload(count=3)
    assert few.texts[TextClass.LONG] == WORKLOAD.texts[TextClass.LONG][:3]


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
