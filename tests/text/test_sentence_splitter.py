"""Text is cut at lines and sentences of its language, and nowhere inside of them."""

import pytest

from onset.text.normalize import pieces
from onset.text.sentence_splitter import BLOCK, Break, blocks, goes_on

SENTENCES = [
    ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
    ("It is 3.5 at 10:30. Go.", 2),
    ("Dr. Smith met Mr. Jones.", 1),
    ("It is e.g. this. I.e. that.", 2),
    ("The U.S. Army left the U.S. It is gone.", 2),
    ("J. K. Rowling of Foo Inc. wrote. The end.", 2),
    ("See https://example.com/a.b. Then go.", 2),
    ("Well... maybe… no.", 1),
    ('"Really?" he said. "Yes!" She left.', 3),
    ("all lower. how are you? fine", 3),
    ("At 9 a.m. Then lunch.", 2),
]


@pytest.mark.parametrize(("raw", "expected"), SENTENCES)
def test_pieces_are_sentences(raw: str, expected: list[str] | int) -> None:
    found = [piece.text for piece in pieces(raw)]
    assert (found if isinstance(expected, list) else len(found)) == expected


def test_pieces_know_what_ends_them() -> None:
    text = "Title\n\nThis is a line that was wrapped by someone\nand goes on. More.\n- item\n- last"
    ends = [piece.end for piece in pieces(text)]
    assert ends == [Break.PARAGRAPH, Break.SENTENCE, Break.LINE, Break.LINE, Break.END]


WIDE_SENTENCES = [
    ("ja", "はい。そうです！本当？", ["はい. ", "そうです! ", "本当?"]),
    ("ja", "「もう行くの？」と聞いた。「うん。」", ["“もう行くの?”と聞いた. ", "“うん.”"]),
    ("zh", "好。“走吧！”他说。（真的？）", ["好. ", "“走吧!”他说. ", "(真的?)"]),
    ("hi", "हाँ। नहीं।", ["हाँ. ", "नहीं."]),
    ("es", "Creo que no. Mañana sí.", ["Creo que no. ", "Mañana sí."]),
    ("fr", "C'est M. Dupont. Il dort.", ["C'est monsieur Dupont. ", "Il dort."]),
]


@pytest.mark.parametrize(("lang", "raw", "expected"), WIDE_SENTENCES)
def test_pieces_are_the_sentences_of_their_language(
    lang: str, raw: str, expected: list[str]
) -> None:
    assert [piece.text for piece in pieces(raw, lang)] == expected


@pytest.mark.parametrize(("lang", "sentence"), [("ja", "今日は天気がいい。"), ("zh", "天气很好。")])
def test_long_text_without_spaces_is_cut_at_its_sentences(lang: str, sentence: str) -> None:
    found = list(pieces(sentence * 200, lang))
    assert len(found) == 200 and len({piece.text.strip() for piece in found}) == 1


@pytest.mark.parametrize(
    ("line", "following", "expected"),
    [
        ("This line was wrapped by hand at forty.", "It goes on", False),
        ("This line was wrapped by hand at about fifty.", "It goes on", True),
        ("a short line", "goes on in small letters", True),
        ("A short line", "Another line", False),
        ("This line was wrapped by hand at about fifty.", "- item", False),
        ("This line was wrapped by hand at about fifty.", "2. item", False),
    ],
)
def test_a_wrapped_line_goes_on(line: str, following: str, expected: bool) -> None:
    assert goes_on(line, following) is expected


@pytest.mark.parametrize("text", ["word " * 1000, "x" * 5000, "One. Two! " * 300, "字" * 2000])
def test_blocks_are_bounded_and_lose_nothing(text: str) -> None:
    parts = [block for block, _ in blocks(text, "en-us")]
    assert all(len(part) <= BLOCK for part in parts)
    assert "".join(parts) == text
