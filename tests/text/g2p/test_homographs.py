"""Homographs are read by their context, and what is no homograph is left alone."""

import pytest

from onset.text.g2p.homographs import TaggedWord, distance, features, nearest, reading, within
from onset.text.g2p.phonemizer import Phonemizer


@pytest.fixture(scope="module")
def phonemizer() -> Phonemizer:
    return Phonemizer()


def sound(phonemizer: Phonemizer, text: str, word: str, lang: str = "en-us") -> str:
    """The phonemes of `word` in `text`."""
    return next(w.phonemes for w in phonemizer.words(text, lang) if w.text.strip(".,") == word)


PAIRS = [
    (
        "bass",
        "He plays the bass guitar in a band.",
        "They fish for bass and trout in the lake.",
        "A",
        "æ",
    ),
    ("lead", "Pipes were made of lead and copper.", "They will lead the group.", "ɛ", "i"),
    ("wind", "The wind blew from the north.", "You have to wind the clock.", "ɪ", "I"),
    ("live", "It was a live broadcast.", "They live in a small town.", "I", "ɪ"),
    ("close", "They stood close to the door.", "Please close the door.", "s", "z"),
    ("use", "There is no use for it.", "They use it every day.", "s", "z"),
    ("lives", "They saved many lives.", "She lives in Rome.", "I", "ɪ"),
    ("read", "Last year I read a book every week.", "I read books every day.", "ɛ", "i"),
    ("bow", "They hunted with bow and arrow.", "Take a bow.", "b", "W"),
    ("read", "Yesterday they had read the book.", "You should read the book.", "ɛ", "i"),
]


@pytest.mark.parametrize(("word", "one", "other", "here", "there"), PAIRS)
@pytest.mark.parametrize("lang", ["en-us", "en-gb"])
def test_the_context_tells_the_reading(
    phonemizer: Phonemizer, lang: str, word: str, one: str, other: str, here: str, there: str
) -> None:
    first = sound(phonemizer, one, word, lang).replace("æ", "a").replace("ː", "")
    second = sound(phonemizer, other, word, lang).replace("æ", "a").replace("ː", "")
    assert here.replace("æ", "a") in first and there.replace("æ", "a") in second
    assert first != second


def test_a_prefix_keeps_the_reading(phonemizer: Phonemizer) -> None:
    assert sound(phonemizer, "I reread it every week.", "reread") == "ɹiɹˈid"
    assert sound(phonemizer, "I reread it yesterday.", "reread") == "ɹiɹˈɛd"


def test_a_word_with_one_reading_is_left_alone() -> None:
    assert reading([TaggedWord("table", "NN", "tˈAbᵊl")], 0, british=False) is None


def test_features_name_tags_places_and_surroundings() -> None:
    words = [TaggedWord("They", "PRP", "ðˈA"), TaggedWord("read", "VBD", "ɹˈɛd"),
             TaggedWord("it", "PRP", "ɪt")]  # fmt: skip
    seen = features(words, 1, choice=0)
    assert {"t=VBD", "w-1=they", "w1=it", "b=it", "m=0", "c=l0", "t2=$", "t-2=^"} <= seen.keys()
    assert features(words, 1, choice=1).keys() ^ seen.keys() == {"m=0", "m=1"}


def test_the_nearest_reading_is_the_one_with_fewest_edits() -> None:
    assert distance("ɹˈɛd", "ɹˈid") == 1
    assert nearest("ɹˌɛd", ["ɹˈid", "ɹˈɛd"]) == 1


@pytest.mark.parametrize(
    ("text", "compound", "sound"),
    [
        ("It was a fifteen-minute walk.", "fifteen-minute", "mˌɪnət"),
        ("He was an ex-convict.", "ex-convict", "kˈɑnvˌɪkt"),
        ("This is a read-only mode.", "read-only", "ɹˈid"),
        ("They had a lead-mining village.", "lead-mining", "lˌɛd"),
        ("It is a live-action film.", "live-action", "lˌIv"),
        ("It is an import/export business.", "import/export", "ˈɪmpˌɔɹt"),
    ],
)
def test_a_homograph_in_a_compound_is_read_by_the_context(
    phonemizer: Phonemizer, text: str, compound: str, sound: str
) -> None:
    assert sound in next(
        w.phonemes for w in phonemizer.words(text, "en-us") if w.text.strip(".") == compound
    )


def test_a_part_of_a_compound_keeps_the_stress_it_has_there() -> None:
    assert within("lˌɪvˈækʃən", "lˈɪv", "lˈIv", last=False) == "lˌIvˈækʃən"
    assert within("ɹˈidɹˌid", "ɹˈid", "ɹˈɛd", last=True) == "ɹˈidɹˌɛd"
    assert within("ˈʌðəɹ", "ɹˈid", "ɹˈɛd", last=True) == "ˈʌðəɹ"
    assert within("ˈʌðəɹ", "", "ɹˈɛd", last=True) == "ˈʌðəɹ"
