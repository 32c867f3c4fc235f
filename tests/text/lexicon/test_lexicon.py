"""A lexicon's words in a text: the longest, with their capitals, and nothing within other words."""

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from given_words import without_sounds
from onset.errors import InvalidRequest
from onset.text.lexicon.lexicon import Lexicon
from onset.text.lexicon.lexicon_entry import LexiconEntry, lexicon_entry

ENTRIES = Lexicon(
    [
        lexicon_entry("Siobhan", "/ʃəˈvɔːn/"),
        lexicon_entry("New York", "/nˈu jˈɔɹk/"),
        lexicon_entry("New York City", "the big apple"),
        lexicon_entry("nginx", "engine x", "en"),
        lexicon_entry("polish", "/ˈpɑlɪʃ/", "en"),
        lexicon_entry("Polish", "/ˈpoʊlɪʃ/", "en", "exact"),
        lexicon_entry(".NET", "dot net"),
        lexicon_entry("C++", "see plus plus"),
        lexicon_entry("東京", "/toːkʲoː/", "ja"),
        lexicon_entry("東京都", "/toːkʲoːto/", "ja"),
        lexicon_entry("gif", "/ʤɪf/"),
        lexicon_entry("gif", "/ɡɪf/"),
    ]
)

SPOKEN = {
    ("Siobhan and SIOBHAN's", "en-us"): "[Siobhan](/ʃəˈvɔn/) and [SIOBHAN](/ʃəˈvɔn/)'s",
    ("Siobhan", "en-gb"): "[Siobhan](/ʃəˈvɔːn/)",
    ("in New\nYork, or New York City.", "en-us"): "in [New York](/nˈu jˈɔɹk/), or the big apple.",
    ("Polish polish POLISH", "en-us"): "[Polish](/ˈpOlɪʃ/) [polish](/ˈpɑlɪʃ/) [POLISH](/ˈpɑlɪʃ/)",
    ("nginx", "en-gb"): "engine x",
    ("nginx", "fr"): "nginx",
    ("mynginx nginxes a.nginx", "en-us"): "mynginx nginxes a.engine x",
    ("http://nginx.org nginx@x.org", "en-us"): "http://nginx.org nginx@x.org",
    ("[nginx](/ˈɛn/)", "en-us"): "[nginx](/ˈɛn/)",
    ("use .NET or C++.", "en-us"): "use dot net or see plus plus.",
    ("東京都は東京に", "ja"): "[東京都](/toːkʲoːto/)は[東京](/toːkʲoː/)に",
    ("a gif", "en-us"): "a [gif](/ɡɪf/)",
}


@pytest.mark.parametrize(("text", "lang"), SPOKEN)
def test_words_are_said_as_the_entries_say(text: str, lang: str) -> None:
    assert ENTRIES.rewritten(text, lang) == SPOKEN[text, lang]


@pytest.mark.parametrize(
    ("word", "said", "lang", "case", "reason"),
    [
        ("", "x", "*", "any", "cannot be an entry"),
        ("...", "x", "*", "any", "cannot be an entry"),
        ("a[b", "x", "*", "any", "cannot be an entry"),
        ("a" * 101, "x", "*", "any", "at most 100"),
        ("a", "", "*", "any", "has to be said"),
        ("a", "...", "*", "any", "nothing to say"),
        ("a", "/b", "*", "any", "no second slash"),
        ("a", "/ǃ/", "*", "any", "no sound of IPA"),
        ("a", "b", "xx", "any", "Choices: en-gb"),
        ("a", "b", "*", "upper", "Choices: any, exact"),
    ],
)
def test_a_wrong_entry_is_refused(word: str, said: str, lang: str, case: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        lexicon_entry(word, said, lang, case)


WORDS = st.sampled_from(["Siobhan", "new", "York", "City", "nginx", "plain", ",", ".", "[", "C++"])


@given(st.lists(WORDS, max_size=20))
def test_nothing_but_the_words_of_entries_changes(words: list[str]) -> None:
    text = " ".join(words)
    only_sounds = Lexicon(entry for entry in ENTRIES.entries if entry.phonemes is not None)
    assert without_sounds(only_sounds.rewritten(text, "en-us")) == text


@pytest.mark.parametrize("lang", ["en-us", "zh"])
@pytest.mark.parametrize("piece", ["word7 ", "a", "a.", "字", "word1 word ", " "])
def test_time_grows_with_the_text_whatever_the_size_of_the_lexicon(lang: str, piece: str) -> None:
    lexicon = Lexicon(LexiconEntry(f"word{n} word", "/wˈɜd/") for n in range(5000))
    lexicon.rewritten("word1", lang)
    text = piece * (4000 // len(piece))
    gc.disable()
    begin = time.process_time()
    lexicon.rewritten(text, lang)
    gc.enable()
    assert time.process_time() - begin < 0.5
