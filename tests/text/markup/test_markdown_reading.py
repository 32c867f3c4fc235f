"""Markdown as it is read aloud."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.text.g2p.languages import LANGUAGES
from onset.text.markup.markdown_reading import spoken_markdown

CASES = {
    "# Heading *one*\ntext": "Heading one.\n\ntext.",
    "a\nwrapped line": "a wrapped line.",
    "see [the docs](http://x.y/z)": "see the docs.",
    "an ![old cat](c.png) here": "an (image: old cat) here.",
    "![](c.png)": "",
    "- one\n- [x] two\n  - three": "- one.\n- two.\n- three.",
    "3. a\n4. b": "3. a.\n4. b.",
    "| Name | Age |\n|---|---|\n| Ann | 3 |\n| Bob | |": "- Name: Ann, Age: 3.\n- Name: Bob.",
    "| only | heads |\n|---|---|": "only, heads.",
    "> It was.\n\nyes": "Quote:\n\nIt was.\n\nEnd of quote.\n\nyes.",
    "```python\nx = 1\ny = 2\n```": "Code block, python, 2 lines.",
    "    x = 1": "Code block, one line.",
    "so `max_len` is": "so max_len is.",
    "a claim[^1].\n\n[^1]: Its source.": "a claim.\n\nFootnote 1: Its source.",
    "so $a_1 < b$, for $5 and $6": "so a 1 < b, for $5 and $6.",
    "as `$a_1$` here": "as $a_1$ here.",
    "\\(a \\leq b\\)": "a ≤ b.",
    "---\ntitle: x\n---\ntext": "text.",
    "a\n\n---\n\nb": "a.\n\nb.",
    "~~no~~ yes": "no yes.",
    "<details>more</details>\n\n<!-- not said -->": "more",
    "Is it?": "Is it?",
}


@pytest.mark.parametrize("document", CASES)
def test_markdown_is_read(document: str) -> None:
    assert spoken_markdown(document, "en-us") == CASES[document]


def test_code_is_read_where_that_is_asked_for() -> None:
    said = spoken_markdown("Run:\n\n```\nx += 1\n```", "en-us", code="read")
    assert said == "Run:\n\nx plus equals 1."


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_announced_is_said_in_the_language(lang: str) -> None:
    said = spoken_markdown("```\na\nb\n```\n\n> c\n\n![d](e)", lang)
    assert ("Code" in said) == (lang.startswith("en")) or "Code" not in said
    assert "2" in said and "c" in said and "d" in said


WORDS = ("alpha", "bravo", "charlie")
GLUE = (" ", "\n", "\n\n", "\n- ", "\n> ", "\n1. ", " *", "* ", "\n# ", " [", "]", "\n  - ", " | ")


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(GLUE), st.sampled_from(WORDS)), max_size=20))
def test_no_word_of_the_text_is_lost(parts: list[tuple[str, str]]) -> None:
    document = "".join(glue + word for glue, word in parts)
    said = re.findall(r"[a-z]+", spoken_markdown(document, "en-us", "read"))
    for word in WORDS:
        assert said.count(word) >= sum(part[1] == word for part in parts), document


def test_what_is_nested_too_deep_is_still_read() -> None:
    for document in ("> " * 300 + "alpha", "- " * 300 + "alpha", " " * 3 + "alpha",
                     "\n".join("  " * n + "- alpha" for n in range(200))):  # fmt: skip
        assert "alpha" in spoken_markdown(document, "en-us", "read")
