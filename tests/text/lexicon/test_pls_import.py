"""W3C's Pronunciation Lexicon Specification."""

import pytest

from onset.errors import InvalidRequest
from onset.text.lexicon.lexicon_entry import lexicon_entry
from onset.text.lexicon.pls_import import pls_entries

HEAD = '<lexicon version="1.0" alphabet="ipa" xml:lang="en-US">'


def test_the_examples_of_the_specification_are_read() -> None:
    document = f"""<?xml version="1.0" encoding="UTF-8"?>
{HEAD}
  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
  <lexeme>
    <grapheme>color</grapheme><grapheme>colour</grapheme>
    <phoneme>ˈkʌlɚ</phoneme><phoneme>ˈkʌlə</phoneme>
  </lexeme>
</lexicon>"""
    assert pls_entries(document) == [
        lexicon_entry("W3C", "World Wide Web Consortium", "en-us", "exact"),
        lexicon_entry("color", "/ˈkʌlɚ/", "en-us", "exact"),
        lexicon_entry("colour", "/ˈkʌlɚ/", "en-us", "exact"),
    ]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<lexicon>", "line 1: no element found"),
        ("<speak/>", "the document is no <lexicon>"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><lexicon>&b;</lexicon>", "a document type is refused"),
        (f"{HEAD}<lexeme><grapheme>a</grapheme></lexeme></lexicon>", "a lexeme needs"),
        (f"{HEAD}\n<lexeme><grapheme>a</grapheme><phoneme>ǃ</phoneme></lexeme></lexicon>",
         "line 2: The pronunciation"),
        (f'{HEAD}<lexeme><grapheme>a</grapheme><phoneme alphabet="x-sampa">a</phoneme></lexeme>'
         "</lexicon>", "Choices: ipa"),
        ('<lexicon xml:lang="xx"><lexeme><grapheme>a</grapheme><alias>b</alias></lexeme></lexicon>',
         "Unknown language"),
        (f"{HEAD}{'<a>' * 10}{'</a>' * 10}</lexicon>", "too deep"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_line(document: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        pls_entries(document)
