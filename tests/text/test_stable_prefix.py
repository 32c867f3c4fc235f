"""No text is committed that later text could still change."""

import random
import re

import pytest

from fakes import words
from onset.text.g2p.languages import LANGUAGES
from onset.text.incremental import TextStream
from onset.text.normalize import clean
from onset.text.readings import readings
from onset.text.sentence_splitter import Break, TextPiece
from onset.text.stable_prefix import FIRST, LATER, prefix_at_pause, stable_prefix
from onset.text.streamed_readings import StreamedReadings
from onset.types import MAX_PHONEMES, Pause, Reading, Request, Silence

SENTENCE, WORD, LINE, PARAGRAPH = Break.SENTENCE, Break.WORD, Break.LINE, Break.PARAGRAPH


@pytest.mark.parametrize(
    "text",
    [
        "It is 3.",  # 14
        "It is 3. ",
        "It is over. ",
        "It is over. Th",  # the word behind tells whether it is an end
        "Dr. Smith",
        "Dr. Smith came",
        "See e.g. this one",
        "1. First of ",  # the number of a list
        "It costs 5 ",
        "Hello",
        "",
        "Title\n",
        "A line of poetry\nan",
        "[Kokoro](/kˈOkəɹO",
    ],
)
def test_what_may_still_change_is_not_given(text: str) -> None:
    assert stable_prefix(text, 0) is None


@pytest.mark.parametrize(
    ("text", "given", "end"),
    [
        ("It is over. The rest ", "It is over. ", SENTENCE),
        ("One. Two! Three is ", "One. Two! ", SENTENCE),
        ("Title\n\n", "Title\n\n", PARAGRAPH),
        ("Title\nThe text is ", "Title\n", LINE),
        ("- one\n- two words", "- one\n", LINE),
        ("你好。我", "你好。", SENTENCE),
        ("“Really?” He asked ", "“Really?” ", SENTENCE),
    ],
)
def test_what_is_final_is_given(text: str, given: str, end: Break) -> None:
    assert stable_prefix(text, 0) == TextPiece(given, end)


def test_a_long_first_sentence_is_given_between_plain_words() -> None:
    text = "Everybody went quickly into the warm house to dry their clo"
    assert len(text) > FIRST
    assert stable_prefix(text, 0) == TextPiece(
        "Everybody went quickly into the warm house to dry ", WORD
    )
    assert stable_prefix(text, LATER) is None


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("She was born on the very beautiful island on 5 May 2024 at 10 ", "island "),
        ("They have all gone to the old house with [a link to ", "house "),
        ("They have been walking slowly together for at least 12 km up", "at "),
    ],
)
def test_numbers_dates_and_links_stay_together(text: str, given: str) -> None:
    portion = stable_prefix(text, 0)
    assert portion is not None and portion.text.endswith(given)


def test_text_without_any_place_to_cut_is_bounded() -> None:
    portion = stable_prefix("x" * 500, 0)
    assert portion is not None and portion.end is Break.WITHIN


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("I will look that up.", "I will look that up."),
        ("I will look", "I will "),
        ("I will look, and then", "I will look, and "),
        ("It is 3.", "It is "),
        ("It weighs 5 ", "It weighs "),
        ("Ask Dr. ", "Ask "),
        ("One moment! ", "One moment! "),
    ],
)
def test_a_pause_gives_all_but_what_may_be_half_a_word(text: str, given: str) -> None:
    portion = prefix_at_pause(text)
    assert portion is not None and portion.text == given


@pytest.mark.parametrize("text", ["", "wor", "3.", "Dr.", "12 "])
def test_a_pause_gives_nothing_that_may_be_half(text: str) -> None:
    assert prefix_at_pause(text) is None


TEXTS = {
    "es": (
        "El Sr. García y la Dra. Ruiz viven en la Avda. de América, en EE. UU. desde "
        "1998. D. Juan pagó 3,50 € a las 10:30 por pan, leche, etc. Luego se fue. ¿De "
        "verdad? ¡Claro! Vea la pág. 12, p. ej. el núm. 5. Todos los que estaban allí "
        "entraron despacio en la casa vieja cuando dejó de llover y nadie dijo nada "
        "más aquella tarde tan larga."
    ),
    "fr": (
        "M. Dupont et Mme Martin habitent 12 av. Victor Hugo. Ils ont payé 3,50 € le 5 "
        "mai 2024 pour du pain, du lait, etc. Puis ils sont partis. Vraiment ? Oui ! "
        "MM. Durand et Petit, c.-à-d. les voisins, ont env. 20 livres, p. ex. "
        "celui-ci. Tous ceux qui étaient là entrèrent lentement dans la vieille maison "
        "quand la pluie cessa et personne ne dit rien."
    ),
    "it": (
        "Il Sig. Rossi e la Dott.ssa Bianchi hanno visto il Prof. Verdi e l'Ing. Neri "
        "a pag. 12. Costa 3,50 € ecc. Poi sono andati via. Davvero? Certo! Il Dott. "
        "Gialli, ad es. oggi, arriva alle 10:30. Tutti quelli che erano lì entrarono "
        "piano nella vecchia casa quando smise di piovere e nessuno disse niente per "
        "molto tempo."
    ),
    "pt-br": (
        "O Sr. Silva e a Profa. Souza moram na Av. Paulista desde 1998. A Dra. Lima "
        "pagou R$ 3,50 por pão, leite, etc. Depois foi embora. Sério? Claro! Veja a "
        "pág. 12, p. ex. o nº 5. Todos os que estavam ali entraram devagar na casa "
        "velha quando parou de chover e ninguém disse mais nada naquela tarde comprida."
    ),
    "hi": (
        "डॉ. शर्मा और प्रो. वर्मा दिल्ली में "
        "रहते हैं। उन्होंने 3.50 रु. दिए। क्या "
        "सच में? हाँ! वे 12 कि.मी. पैदल चले और "
        "फिर पुराने घर में धीरे धीरे चले गए जब "
        "बारिश बंद हो गई और किसी ने कुछ नहीं कहा "
        "उस लंबी शाम को। पं. नेहरू आए।"
    ),
    "ja": (
        "田中さんは2024年5月5日に東京へ行きました。「本当ですか"
        "？」と彼は言いました。値段は3,500円です！雨が止んだので"
        "、みんなは古い家にゆっくり入りましたが、誰も何も言いませんで"
        "した。次の日、彼らは帰りました。"
    ),
    "zh": (
        "王先生2024年5月5日去了北京。“真的吗？”他说。价格是3"
        ".50元！雨停了以后，大家慢慢地走进了老房子，可是没有人说什"
        "么。第二天他们回家了。"
    ),
}
"""Each with the abbreviations and titles of its language, and a sentence too long to wait for."""


def test_every_language_that_is_read_is_here() -> None:
    assert {*TEXTS, "en-us", "en-gb"} == set(LANGUAGES)


def readings_of(text: str, lang: str, rng: random.Random, eager: float) -> list[Reading]:
    """Readings of a text in random deltas; `eager`: how probably they are asked for after each."""
    stream = TextStream(100_000, lang)
    found = StreamedReadings(stream, Request(""), lang, words)
    size, got = rng.choice([1, 4, 12, 60]), list[Reading | Silence | Pause | None]()
    while text:
        length = rng.randint(1, 2 * size)
        stream.feed(text[:length])
        text = text[length:]
        if rng.random() < eager:
            got += iter(lambda: found.next(MAX_PHONEMES), Pause.NEED_TEXT)
    stream.end()
    got += iter(lambda: found.next(MAX_PHONEMES), None)
    return [reading for reading in got if isinstance(reading, Reading)]


def sentences(text: str) -> list[str]:
    """The words of each sentence: where it was cut inside of one, marks and spaces may differ."""
    found = re.split(r"[.!?।。！？…]", text)
    return [said for sentence in found if (said := "".join(re.findall(r"\w", sentence)))]


@pytest.mark.parametrize("lang", TEXTS)
def test_every_language_keeps_its_words_and_ends_its_sentences_where_they_end(lang: str) -> None:
    rng, whole = random.Random(7), sentences(clean(TEXTS[lang], lang))
    for eager in (0.05, 0.5, 1.0) * 5:
        found = readings_of(TEXTS[lang], lang, rng, eager)
        assert sentences("".join(segment.text for segment in found)) == whole


@pytest.mark.parametrize("lang", TEXTS)
def test_every_language_that_is_all_there_is_cut_as_a_whole_text(lang: str) -> None:
    whole = list(readings(TEXTS[lang], lambda text: words(text, lang), lang=lang))
    assert readings_of(TEXTS[lang], lang, random.Random(1), 0.0) == whole


@pytest.mark.parametrize(
    ("text", "lang", "given"),
    [
        ("Sí. El Sr. García vino ", "es", "Sí. "),
        ("Vive en EE. UU. desde ayer ", "es", None),
        ("Pan, leche, etc. Luego se ", "es", "Pan, leche, etc. "),
        ("Pan, etc. y luego ", "es", None),
        ("Oui. M. Dupont vient ", "fr", "Oui. "),
        ("Ecco l'Ing. Neri con ", "it", None),
        ("Sim. A Profa. Souza veio ", "pt-br", "Sim. "),
        ("वह आया। डॉ. शर्मा ", "hi", "वह आया। "),
        ("はい。田", "ja", "はい。"),
    ],
)
def test_titles_and_ends_are_those_of_the_language(text: str, lang: str, given: str | None) -> None:
    portion = stable_prefix(text, 0, lang)
    assert (portion and portion.text) == given


@pytest.mark.parametrize(
    ("text", "lang", "given"),
    [
        ("Llama al Sr.", "es", "Llama al "),
        ("Llama al Sr. ", "es", "Llama al "),
        ("Demandez au Dr ", "fr", "Demandez au "),
        ("Chiami il Dott.", "it", "Chiami il "),
        ("वह आया।", "hi", "वह आया।"),
    ],
)
def test_a_pause_waits_for_what_an_abbreviation_belongs_to(
    text: str, lang: str, given: str
) -> None:
    portion = prefix_at_pause(text, lang)
    assert portion is not None and portion.text == given
