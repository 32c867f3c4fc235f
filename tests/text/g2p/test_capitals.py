"""What is shouted is said as words, and acronyms stay."""

import pytest

from onset.text.g2p.capitals import in_small_letters
from onset.text.g2p.phonemizer import Phonemizer

WORDS = {"it", "was", "a", "dark", "and", "go", "to", "state", "unite", "of", "stop", "the", "ram"}
NAMES = {"America", "Donald"}

LINES = [
    ("IT WAS A DARK and stormy night.", "it was a dark and stormy night."),
    ("UNITED STATES OF AMERICA", "united states of America"),
    ("DONALD TRUMP MET PUTIN", "Donald Trump MET Putin"),
    ("NASA AND THE FBI", "NASA and the FBI"),
    ("GO TO PLAN A", "go to Plan A"),
    ("The NASA sign.", "The NASA sign."),
    ("IT and HR", "IT and HR"),
    ("a CPU, GPU and RAM", "a CPU, GPU and RAM"),
    ("He said STOP!", "He said stop!"),
    ("ACKNOWLEDGEMENTS", "acknowledgements"),
    ("TODO_LIST", "Todo_List"),
    ("HTTP USB HDMI", "HTTP USB HDMI"),
    ("A", "A"),
]


@pytest.mark.parametrize(("written", "said"), LINES)
def test_shouted_words_are_in_small_letters(written: str, said: str) -> None:
    known = (WORDS | NAMES).__contains__
    assert " ".join(in_small_letters(written.split(), known, {"NASA"}.__contains__)) == said


SPOKEN = [
    ("IT WAS A DARK and stormy night.", "It was a dark and stormy night."),
    ("IT IS TIME TO GO.", "it is time to go."),
    ("THE UNITED NATIONS", "the united nations"),
    ("ELIZABETH BENNET", "Elizabeth Bennet"),
]


@pytest.mark.parametrize(("shouted", "written"), SPOKEN)
def test_a_shout_sounds_like_its_words(shouted: str, written: str) -> None:
    phonemizer = Phonemizer()
    one, other = ([w.phonemes.replace("ˈ", "").replace("ˌ", "") for w in phonemizer.words(text,
                   "en-us")] for text in (shouted, written))  # fmt: skip
    assert one == other


def test_the_words_of_a_shout_stay_as_they_are_written() -> None:
    words = Phonemizer().words("IT IS TIME", "en-us")
    assert [word.text for word in words] == ["IT", "IS", "TIME"]
