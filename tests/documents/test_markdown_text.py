"""Markdown: front matter, chapters outside of code, links, and long sections in parts."""

from onset.documents.document import Document
from onset.documents.markdown_text import PART, open_markdown

TEXT = """---
title: "The Title"
author: A. Writer
---
# Top

Hi *there*, [link][r].

## A `b`

```
# no heading
```

- one
- two

B
---
text

[r]: http://example.org
"""


def chapters(document: Document) -> list[tuple[str | None, list[str]]]:
    return [(chapter.title, list(chapter.paragraphs())) for chapter in document.chapters]


def test_a_text_in_chapters() -> None:
    document = open_markdown(TEXT.encode(), "a.md", "en-us")
    assert (document.title, document.author) == ("The Title", "A. Writer")
    assert chapters(document) == [
        (None, ["Top.", "Hi there, link."]),
        ("A b", ["A b.", "Code block, one line.", "- one.\n- two."]),
        ("B", ["B.", "text."]),
    ]


def test_a_long_section_is_read_in_parts_that_say_the_same() -> None:
    paragraphs = [f"Paragraph *{n}* of a [long][r] one." for n in range(2000)]
    text = "\n\n".join([*paragraphs, "```\n\n\n```", "[r]: http://example.org"])
    assert len(text) > 2 * PART
    ((title, found),) = chapters(open_markdown(text.encode(), "a.md", "en-us"))
    assert title is None
    assert found[:-1] == [f"Paragraph {n} of a long one." for n in range(2000)]
