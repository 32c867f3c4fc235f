"""Only phonemes of the vocabulary, a sound for every word, and the text unharmed."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from subprocess import check_output
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.errors import InvalidRequest
from onset.model.voice_styles import VOICES
from onset.text.g2p.languages import LANGUAGES, resolve_language
from onset.text.g2p.phonemizer import Phonemizer
from onset.text.g2p.vocabulary import audible, encode
from onset.text.normalize import clean
from onset.types import Word


@pytest.fixture(scope="module")
def phonemizer() -> Iterator[Phonemizer]:
    made = Phonemizer()
    made.load()
    yield made


def spoken(phonemizer: Phonemizer, text: str, lang: str = "en-us") -> str:
    return " ".join(word.phonemes for word in phonemizer.words(text, lang))


def check(text: str, words: tuple[Word, ...]) -> None:
    assert "".join(word.text + word.space for word in words) == text
    for word in words:
        encode(word.phonemes)
        sound = word.phonemes if word.space else word.phonemes.removesuffix(" ")
        assert sound == sound.strip()
        assert audible(word.phonemes) == any(map(str.isalnum, word.text)), word


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("Hello world, this is it.", "həlˈO wˈɜɹld, ðɪs ɪz ɪt."),
        ("Is it?", "ˌɪz ɪt?"),
        ("wait… (no) — “yes”!", "wˈAt… (nˈO) — “jˈɛs”!"),
        ("I read the book.", "ˌI ɹˈɛd ðə bˈʊk."),
        ("I will read it.", "ˌI wɪl ɹˈid ɪt."),
        ("kubernetes", "kˌubəɹnˈɛTiz"),
        ("at nine P.M.", "æt nˈIn pˌiˈɛm."),
        ("P.M. now", "pˌiˈɛm nˈW"),
        ("[Kokoro](/kˈOkəɹO/), [New York](/nˈu jˈɔɹk/)!", "kˈOkəɹO, nˈu jˈɔɹk!"),
    ],
)
def test_words_in_american(phonemizer: Phonemizer, text: str, phonemes: str) -> None:
    assert spoken(phonemizer, text) == phonemes


def test_words_in_british(phonemizer: Phonemizer) -> None:
    assert spoken(phonemizer, "The bath is hot", "en-gb") == "ðə bˈɑːθ ɪz hˈɒt"
    assert spoken(phonemizer, "kubernetes", "en-gb") == "kˌuːbənˈɛtiːz"


@pytest.mark.parametrize(
    "text",
    [
        "naïve café Łódź straße",
        "привет мир",
        "你好 世界",
        "한국어 こんにちは カタカナ",
        "γειά שלום مرحبا नमस्ते สวัสดี",
        "hello你好x",
        "𓀀 ᚠ ² ½ ª ١٢٣",
        "AT&T R&D he/she foo_bar(x): 5'6 x2 4K C++ a.b",
        "[a b](/❓/) [x](/f❓/)y [[x](/ə/) ](/x/) [](/x/) [a](/ˈ/)",
        "US $ 5 percent $ € 3-4 2-3 -",
        "x" * 800,
        "1" * 800,
        "й" * 800,
        "a1b2" * 200,
        "(((((((((((((((((((((((((((((((a",
        "  lead  and\n\ntrail \n",
        "...",
        "",
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_sounds_and_text_is_kept(phonemizer: Phonemizer, text: str, lang: str) -> None:
    check(text, phonemizer.words(text, lang))


@settings(max_examples=250, derandomize=True)
@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_any_text_has_known_phonemes(phonemizer: Phonemizer, text: str, lang: str) -> None:
    words = phonemizer.words(text, lang)
    assert "".join(word.text + word.space for word in words) == text
    for word in words:
        encode(word.phonemes)
        assert audible(word.phonemes) or not any(map(str.isalnum, word.text))


LATIN = st.text("aeIstrnMcdXé0159'-.,/&%+#()[]{}<>*_=\"!?:;@~^|\\ ", max_size=40)


@settings(max_examples=400, derandomize=True)
@given(LATIN)
def test_any_latin_text_has_known_phonemes(phonemizer: Phonemizer, text: str) -> None:
    check(text, phonemizer.words(text, "en-us"))


def test_long_word_takes_bounded_time(phonemizer: Phonemizer) -> None:
    start = perf_counter()
    phonemizer.words("pneumono" * 1000, "en-us")
    assert perf_counter() - start < 5


def test_words_from_threads_are_those_of_one(phonemizer: Phonemizer) -> None:
    texts = [f"Number {i} is spoken by kubernetes." for i in range(20)] * 2
    alone = [Phonemizer.words(phonemizer, text + " ", "en-us") for text in texts]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: phonemizer.words(text + " ", "en-us"), texts))
    assert found == alone


def test_unknown_language_lists_choices(phonemizer: Phonemizer) -> None:
    with pytest.raises(InvalidRequest) as caught:
        phonemizer.words("hello", "xx")
    assert caught.value.message == (
        "Unknown language 'xx'. Choices: en-gb, en-us, es, fr, hi, it, ja, pt-br, zh."
    )
    assert caught.value.param == "lang"


@pytest.mark.parametrize(
    ("code", "lang"),
    [
        ("en", "en-us"),
        ("EN-GB", "en-gb"),
        ("fr-fr", "fr"),
        ("pt", "pt-br"),
        ("zh-CN", "zh"),
        ("en_US", "en-us"),
        ("jpn", "ja"),
        ("por", "pt-br"),
    ],
)
def test_other_codes_of_a_language(code: str, lang: str) -> None:
    assert resolve_language(code) == lang


@pytest.mark.parametrize("code", ["", "pt-pt", "en-au", "xx"])
def test_an_accent_we_lack_is_refused(code: str) -> None:
    with pytest.raises(InvalidRequest, match="Choices"):
        resolve_language(code)


def test_every_voice_reads_its_own_language() -> None:
    assert {voice.language for voice in VOICES.values()} == set(LANGUAGES)
    assert all(resolve_language(lang) == lang for lang in LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["corpus", "heldout"])
def test_calibration_texts_are_spoken_whole(phonemizer: Phonemizer, lang: str, kind: str) -> None:
    short = lang.partition("-")[0]
    name = kind if short == "en" else f"{kind}-{short}"
    file = resources.files("onset") / "data" / f"{name}.txt"
    for line in file.read_text("utf-8").splitlines()[2:14]:
        spoken_line = clean(line, lang)
        check(spoken_line, phonemizer.words(spoken_line, lang))


def test_importing_it_imports_no_package_that_only_one_language_needs() -> None:
    program = "import sys, onset.text.g2p.phonemizer; print(*sys.modules)"
    imported = check_output([sys.executable, "-c", program], text=True).split()
    assert "onset.text.g2p.japanese" in imported
    heavy = {"fugashi", "jaconv", "misaki.cutlet", "pypinyin", "rjieba"}
    assert heavy.isdisjoint(imported)
