"""HTML as blocks: what is read, what is left out, and that hostile pages end."""

from hypothesis import given
from hypothesis import strategies as st

from onset.documents.html_blocks import article_blocks, blocks, parse_html, parse_xhtml
from written_documents import xhtml


def texts(page: str) -> list[str]:
    return [block.text for block in blocks(parse_html(page))]


def test_blocks_are_what_is_shown_as_one() -> None:
    page = "<h2>Top</h2><p>One <b>bo</b>ld<br>two.</p>loose<ul><li>a<li>b <p>c</ul>"
    assert texts(page) == ["Top", "One bold\ntwo.", "loose", "a", "b", "c"]
    assert [block.level for block in blocks(parse_html(page))] == [2, *[None] * 5]


def test_cells_of_a_table_are_told_apart() -> None:
    assert texts("<table><tr><th>Name<th>Age<tr><td>Ada<td>36</table>") == ["Name, Age", "Ada, 36"]


def test_lines_of_code_stay_lines() -> None:
    assert texts("<pre>a = 1\n  b</pre><p>c\nd</p>") == ["a = 1\nb", "c d"]


def test_what_is_not_for_reading_is_left_out() -> None:
    page = (
        "<p>Read<script>x()</script><style>y</style> <span hidden>no</span>this"
        '<ruby>漢<rt>kan</rt></ruby><a role="doc-noteref" href="#1">1</a>.</p><!-- no -->'
    )
    assert texts(page) == ["Read this漢."]


def test_of_a_page_the_article_is_read() -> None:
    around = "<nav>menu</nav><header>site</header>{}<footer>legal</footer>"
    page = f"<body>{around.format('<article><header>Title</header><p>It.</p></article>')}"
    assert [block.text for block in article_blocks(parse_html(page))] == ["Title", "It."]
    page = f"<body>{around.format('<p>It.</p>')}"
    assert [block.text for block in article_blocks(parse_html(page))] == ["It."]


def test_xhtml_ends_empty_elements_at_once_and_knows_named_characters() -> None:
    root = parse_xhtml(xhtml("<p>A&nbsp;b &amp; c&hellip;<a id='x'/></p><p>d</p>").encode())
    assert [block.text for block in blocks(root)] == ["A b & c…", "d"]


def test_xhtml_that_is_not_well_formed_is_read_as_html() -> None:
    root = parse_xhtml("<html><body><p>Größe & mehr<p>zwei</body>".encode())
    assert [block.text for block in blocks(root)] == ["Größe & mehr", "zwei"]


def test_no_entity_is_expanded_and_no_file_is_read() -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha">{lol}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    root = parse_xhtml(f"{bomb}<html><body><p>a&l11;&f;b</p></body></html>".encode())
    text = "".join(block.text for block in blocks(root))
    assert len(text) < 20
    assert "root" not in text


def test_deep_nesting_ends() -> None:
    assert len(list(blocks(parse_html("<div>" * 100_000 + "x")))) <= 1


def test_links_find_their_block() -> None:
    page = '<section id="s"><img id="i"><p>a</p><p>b <a name="n"></a></p></section>'
    assert [block.ids for block in blocks(parse_html(page))] == [("s", "i"), ("n",)]


@given(st.lists(st.text("abé ", min_size=1, max_size=20), max_size=8))
def test_no_word_of_a_paragraph_is_lost(paragraphs: list[str]) -> None:
    page = "<body>" + "".join(f"<p>{text}</p>" for text in paragraphs)
    root = parse_html(page)
    assert " ".join(b.text for b in blocks(root)).split() == " ".join(paragraphs).split()
