"""What text.py promises: nothing lost, nothing hangs, everything said as a reader would say it."""

import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.text.normalize import PIECE, clean, pieces
from onset.text.sentences import BLOCK, Break

SPOKEN = [
    # numbers, money, units
    ("It costs $3.50.", "It costs three dollars and fifty cents."),
    ("£3m and $1.5 billion", "three million pounds and one point five billion dollars"),
    ("1,234,567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
    ("Version v1.2.3 at 192.168.0.1", "Version version one dot two dot three at one hundred "
     "ninety-two dot one hundred sixty-eight dot zero dot one"),
    ("5 km at 3°C", "five kilometers at three degrees Celsius"),
    ("60 mph", "sixty miles per hour"),
    ("50% & more", "fifty percent and more"),
    ("1/2 cup, ½ cup", "one half cup, one half cup"),
    ("the 21st", "the twenty-first"),
    ("the 1990s, the '90s", "the nineteen nineties, the nineties"),
    ("1914-1918", "nineteen fourteen to nineteen eighteen"),
    ("pages 10-20", "pages ten to twenty"),
    ("we won 3:2", "we won three to two"),
    # dates and times
    ("2024-05-12", "May twelfth, twenty twenty-four"),
    ("12/05/2024", "December fifth, twenty twenty-four"),
    ("25/12/2024", "December twenty-fifth, twenty twenty-four"),
    ("Jan. 3", "January third"),
    ("at 10:30", "at ten thirty"),
    ("at 9 a.m. today", "at nine A.M. today"),
    ("10:30:15", "ten hours thirty minutes fifteen seconds"),
    # addresses and telephone numbers
    ("https://example.com/a_b?x=1", "https example dot com slash a underscore b question mark x "
     "equals one"),
    ("See www.x.org.", "See www dot x dot org."),
    ("bob.smith@mail.co.uk", "bob dot smith at mail dot co dot uk"),
    ("main.py", "main dot py"),
    ("@bob #python C#", "at bob hashtag python C sharp"),
    ("call 555-123-4567", "call five five five, one two three, four five six seven"),
    ("(555) 123-4567", "five five five, one two three, four five six seven"),
    # abbreviations
    ("Dr. Smith, e.g. this", "Doctor Smith, for example this"),
    ("No. 5, fig. 3", "number five, figure three"),
    ("w/o milk", "without milk"),
    ("5 May 2024, 3 March", "the fifth of May twenty twenty-four, the third of March"),
    ("221B Baker St. is", "two hundred twenty-one B Baker Street is"),
    ("St. Paul, rock 'n' roll", "St. Paul, rock and roll"),
    # characters
    ("e\u0301 \u200bze\u00adro\ufeff", "é zero"),
    ("a\x00b \ud800c", "ab c"),
    ("\U0001d407\U0001d41e ＡＢＣ ﬁne ١٢", "He ABC fine twelve"),
    ("h̷̡i", "hi"),
    ("I ❤️ it 😀", "I red heart it grinning face"),
    ("“q” ‘y’ don’t «z»", "“q” 'y' don't “z”"),
    ("wait... what", "wait… what"),
    ("Really?!", "Really?!"),
    ("Ça va ?", "Ça va?"),
    ("yes -- no – so", "yes — no — so"),
    ("[a] {b}", "(a) (b)"),
    # Markdown
    ("**bold** _it_ `code` ~~x~~ [link](http://x.y)", "bold it code x link"),
    ("<b>Bold</b> &amp; <br/> x < y", "Bold and x is less than y"),
    ("snake_case 3*4", "snake_case three times four"),
    ("# Title\n\nText", "Title.\n\nText"),
    ("- one\n- two", "one.\ntwo"),
    ("1. first\n2. second", "one: first.\ntwo: second"),
    ("| a | b |\n|---|---|", "a, b,"),
    ("[Kokoro](/kˈOkəɹO/) said", "[Kokoro](/kˈOkəɹO/) said"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "spoken"), SPOKEN)
def test_clean_says_what_a_reader_says(raw: str, spoken: str) -> None:
    assert clean(raw) == spoken


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


def test_question_mark_survives_at_the_very_end() -> None:
    assert clean("Is it 5?") == "Is it five?"


@pytest.mark.parametrize(
    "raw", ["", " \n\t ", "...", "?!", "* * *", "---\n\n***", "\u200b", "( [ {"]
)
def test_text_with_nothing_to_say_gives_no_piece(raw: str) -> None:
    assert list(pieces(raw)) == []


def test_long_sentence_is_cut_where_there_is_a_space() -> None:
    found = list(pieces("word " * 2000))
    assert all(len(piece.text) <= PIECE for piece in found)
    assert all(piece.text.split() == ["word"] * (len(piece.text) // 5 + (piece.end == Break.END))
               for piece in found)  # fmt: skip


WORDS = st.text("bcdfgjklqvxz", min_size=3, max_size=8)
HOSTILE = st.text("()[]{}<>*_~`\"'“”—–-.,;:!?…#|/\\&%@ \n\t\u200b\u00ad\ufeff", max_size=4)


@settings(deadline=None, max_examples=150, derandomize=True)
@given(st.lists(st.tuples(WORDS, HOSTILE), max_size=60))
def test_every_word_survives_once_and_in_order(parts: list[tuple[str, str]]) -> None:
    text = "".join(f"{word}{mark} " for word, mark in parts)
    expected = [word for word, _ in parts]
    assert [w for w in re.findall(r"[^\W_]+", clean(text)) if w in set(expected)] == expected


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.text(max_size=300))
def test_any_text_gives_tidy_pieces(text: str) -> None:
    found = list(pieces(text))
    joined = "".join(piece.text for piece in found)
    assert joined == clean(text)
    assert joined == joined.strip() and "  " not in joined
    assert all(any(map(str.isalnum, piece.text)) for piece in found)
    assert [piece.end is Break.END for piece in found] == [False] * (len(found) - 1) + [True] * (
        len(found) > 0
    )
    joined.encode()  # no lone surrogate


ATTACKS = ["1", "a.", "http://", "(", "1/", " ", "@a", "$", "12:", "-", "\n", "😀", "**a", "[a](",
           ". ", "> ", "`", "a\u0301", "1-", "|", "a" * BLOCK + " ", "'", "--", "_a"]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_takes_linear_time(attack: str) -> None:
    start = process_time()
    for _ in pieces(attack * (20_000 // len(attack))):
        pass
    assert process_time() - start < 5  # quadratic rules took minutes; linear ones 0.5 s


def test_first_piece_of_a_long_text_is_soon_there() -> None:
    text = "The fox runs into the forest, and it rests. " * 25_000
    next(pieces("warm up"))
    start = process_time()
    assert next(pieces(text)).text == "The fox runs into the forest, and it rests. "
    assert process_time() - start < 0.5


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


FOREIGN = st.sampled_from(("es", "fr", "hi", "it", "ja", "pt-br", "zh"))
MIXED = st.text("añçé नम।你好。、はい！？「」『』(),.:/-%€$¥~〜 12 3\n", max_size=80)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.text(max_size=200) | MIXED, FOREIGN)
def test_any_text_gives_tidy_pieces_in_any_language(text: str, lang: str) -> None:
    found = list(pieces(text, lang))
    joined = "".join(piece.text for piece in found)
    assert joined == clean(text, lang) == joined.strip() and "  " not in joined
    assert all(any(map(str.isalnum, piece.text)) for piece in found)
