"""Each mode turns its kind of text into prose; in plain text nothing is lost."""

import gc
import re
import time
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.errors import InvalidRequest
from onset.text.g2p.languages import LANGUAGES
from onset.text.markup.reading_modes import READING_MODES, as_prose
from onset.text.normalize import clean
from onset.types import ReadingMode


def test_prose_is_left_to_normalization() -> None:
    assert as_prose("**a** [b](http://c)", "prose", "en-us") == "**a** [b](http://c)"


def test_an_unknown_mode_is_refused_with_the_choices() -> None:
    with pytest.raises(InvalidRequest, match="Choices: prose, literal, markdown"):
        as_prose("a", cast(ReadingMode, "html"), "en-us")


PLAIN = {
    "see [docs](/docs/intro) now": "docs docs intro now",
    "a <b>bold</b> word": "a b bold b word",
    "```python": "python",
    "- [x] done": "x done",
    "<think>no</think> yes": "think no think yes",
}


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_loses_no_word(text: str) -> None:
    said = clean(as_prose(text, "literal", "en-us"), "en-us").lower()
    assert [w for w in PLAIN[text].split() if w not in re.findall(r"\w+", said)] == []


def test_prose_does_lose_what_plain_keeps() -> None:
    said = clean("see [docs](/docs/intro) now", "en-us")
    assert "intro" not in said


WORD = st.sampled_from(["alpha", "bravo", "charlie", "delta"])
GLUE = st.sampled_from(
    [" ", "\n", " [", "](", ") ", " <", "> ", "</", " `", "` ", " **", "** ", "\n- ", "\n> ", " | "]
)


@settings(max_examples=200)
@given(st.lists(st.tuples(GLUE, WORD), min_size=1, max_size=12))
def test_no_word_of_plain_text_is_lost(parts: list[tuple[str, str]]) -> None:
    text = "".join(glue + word for glue, word in parts)
    said = clean(as_prose(text, "literal", "en-us"), "en-us").lower()
    for word in {word for _, word in parts}:
        written = sum(part[1] == word for part in parts)
        assert said.count(word) >= written, (text, said)


def test_code_is_said_with_its_signs() -> None:
    said = as_prose("def parseText(max_len=3):\n\n    return x != y", "code", "en-us")
    assert said == ("def parse Text open paren max len equals 3 close paren colon.\nreturn x ≠ y.")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sign_of_code_is_heard_in_every_language(lang: str) -> None:
    for sign in "()[]{}<>*|\\^$;,\"'`=+-/&%#@?:.!~":
        said = clean(as_prose(f"a {sign} b", "code", lang), lang)
        assert len(re.sub(r"[\W_]", "", said)) > 2, (sign, said)


MAIL = """Yes, that works.

On Monday Ann wrote:
> Shall we meet?
> > I can at noon.
> At ten?

See you,
-- 
Bob"""


def test_levels_of_a_mail_are_announced() -> None:
    said = [line for line in as_prose(MAIL, "mail", "en-us").splitlines() if line]
    assert said == [
        "Yes, that works.",
        "On Monday Ann wrote:",
        "Quoted:",
        "Shall we meet?",
        "Quoted twice:",
        "I can at noon.",
        "Quoted:",
        "At ten?",
        "End of quote.",
        "See you,",
        "Bob",
    ]


QUOTED = {
    "en-us": ["Quoted:", "Quoted twice:", "Quoted three times:", "End of quote."],
    "en-gb": ["Quoted:", "Quoted twice:", "Quoted three times:", "End of quote."],
    "es": ["Citado:", "Citado dos veces:", "Citado 3 veces:", "Fin de la cita."],
    "fr": ["Cité:", "Cité deux fois:", "Cité 3 fois:", "Fin de citation."],
    "hi": ["उद्धृत:", "दो बार उद्धृत:", "3 बार उद्धृत:", "उद्धरण समाप्त."],
    "it": ["Citato:", "Citato due volte:", "Citato 3 volte:", "Fine della citazione."],
    "ja": ["引用.", "二重の引用.", "三重の引用.", "引用終わり."],
    "pt-br": ["Citado:", "Citado duas vezes:", "Citado 3 vezes:", "Fim da citação."],
    "zh": ["引用:", "两层引用:", "三层引用:", "引用结束."],
}
"""Levels one to three and the end, as clean text; eSpeak reads digits."""


def test_quoted_levels_are_announced_in_every_language() -> None:
    assert set(QUOTED) == set(LANGUAGES)


@pytest.mark.parametrize("lang", QUOTED)
def test_each_level_of_a_mail_is_announced_where_it_changes(lang: str) -> None:
    once, twice, thrice, end = QUOTED[lang]
    mail = "alpha.\n> bravo.\n>>> charlie.\n>\n>>> delta.\n> > echo.\n\n> foxtrot.\ngolf."
    said = clean(as_prose(mail, "mail", lang), lang).split("\n\n")
    assert said == [
        "alpha.", once, "bravo.", thrice, "charlie.", "delta.", twice, "echo.", once, "foxtrot.",
        end, "golf.",
    ]  # fmt: skip


MAIL_LINE = st.tuples(
    st.sampled_from(["", "> ", ">> ", "> > > ", ">", ">" * 12, "  > ", "-- \n"]),
    st.lists(WORD, max_size=4).map(" ".join),
)


@pytest.mark.parametrize("lang", LANGUAGES)
@settings(max_examples=40)
@given(lines=st.lists(MAIL_LINE, max_size=10))
def test_no_word_of_a_mail_is_lost(lang: str, lines: list[tuple[str, str]]) -> None:
    mail = "\n".join(marks + body for marks, body in lines)
    said = clean(as_prose(mail, "mail", lang), lang).lower()
    written = " ".join(body for _, body in lines).split()
    assert re.findall("alpha|bravo|charlie|delta", said) == written


FORMULAS = {
    r"6{x}_{1} + 4{x}_{2} \leq {24}":
        "six X one plus four X two is less than or equal to twenty-four",
    r"E = mc^2": "E equals mc squared",
    r"\frac{7}{10}": "seven over ten",
    r"\sqrt[3]{x+1}": "root three of x plus one",
    r"\sum_{i=1}^{n} i": "sum from i equals one to n of i",
    r"e^{i\pi} + 1 = 0": "e to the power of i pi plus one equals zero",
    r"\alpha \neq \beta": "alpha is not equal to beta",
    r"\int_0^1 x\,dx": "integral from zero to one of x dx",
    r"\left(a - b\right)": "(a minus b)",
}  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_said(formula: str) -> None:
    assert clean(as_prose(formula, "latex", "en-us"), "en-us") == FORMULAS[formula]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("sign", ["+", "-", "=", r"\leq", r"\times", r"\neq"])
def test_every_sign_of_a_formula_is_heard_in_every_language(lang: str, sign: str) -> None:
    said = clean(as_prose(f"a {sign} b", "latex", lang), lang)
    assert len(re.sub(r"[\W_]", "", said)) > 2, said


@settings(max_examples=100)
@given(st.text(st.sampled_from("\\frac{}[]()^_$*`#>|-\n ab1<!"), max_size=80))
def test_no_text_raises_in_any_mode(text: str) -> None:
    for mode in READING_MODES:
        as_prose(text, cast(ReadingMode, mode), "en-us", "read")


HOSTILE = ["> ", "- ", "[", "](", "`", "**a", "| a ", "\\frac{", "$a_", "^{", "<a ", "![",
           "\n    - a", "[^a]: ", "$$", "\\(", "```\n", "-> ", "aB"]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("mode", READING_MODES)
def test_time_grows_with_the_length(piece: str, mode: ReadingMode) -> None:
    def seconds(n: int) -> float:
        gc.disable()  # it would look at all that other tests left
        begin = time.process_time()
        as_prose(piece * (n // len(piece)), mode, "en-us")
        gc.enable()
        return time.process_time() - begin

    seconds(100)
    assert seconds(40_000) < max(8 * min(seconds(10_000), seconds(10_000)), 0.4)


def test_a_turn_of_a_voice_is_said_only_where_nothing_is_markup() -> None:
    text = "[voice:am_adam] Hello."
    assert clean(text) == "Hello."
    assert "voice" in clean(as_prose(text, "literal", "en-us"))
