"""Markdown as a person reads it aloud: headings, lists, tables, links, code, formulas, footnotes.

The document is parsed by markdown-it-py (CommonMark, with tables and strikethrough) and written
again as plain paragraphs, which normalization then reads.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from onset.text.markup.code_reading import spoken_code
from onset.text.markup.latex_reading import spoken_formulas
from onset.text.markup.spoken_words import announced
from onset.types import CodeBlocks

if TYPE_CHECKING:  # 40 ms to import
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

DEEPEST = 50
"""Blocks within each other that markdown-it takes (`maxNesting`); it would lose what is deeper."""

DEEP = re.compile(r"(?m)^((?:[ \t]*[-*+>]){10})[-*+> \t]+|^([ \t]{24})[ \t]+")
"""Markers and spaces at a line's beginning that would nest deeper than DEEPEST."""

FRONT_MATTER = re.compile(
    r"\A\ufeff?---[^\S\n]*\n.{0,20000}?\n(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.S
)
FOOTNOTE = re.compile(r"(?m)^\[\^([^\]\s]{1,40})\]:[^\S\n]*")
REFERENCE = re.compile(r"\[\^[^\]\s]{1,40}\]")
TAG = re.compile(r"<!--.{0,2000}?-->|</?[A-Za-z][^<>]{0,500}>", re.DOTALL)
SPACED = re.compile(r" ([.,;!?])(?!\S)")
TASK = re.compile(r"^\[[ xX]\]\s+")
CLOSED = re.compile(r"[.!?…,;:—。！？：；，、।](?:[\"”')*_`]|\s)*$")


def spoken_markdown(document: str, lang: str, code: CodeBlocks = "announce") -> str:
    """A document as paragraphs, an empty line between them, and items, one a line behind "- ".

    lang: one of languages.LANGUAGES. Blocks of code are announced with their language and number
    of lines, or read. A table is read row by row, each cell behind its heading; a link by its text,
    an image by its description. No text raises.
    """
    text = FRONT_MATTER.sub("", document.replace("\r\n", "\n"), count=1)
    text = DEEP.sub(lambda m: (m[1] or m[2]) + " ", text)
    words = announced(lang)
    text = FOOTNOTE.sub(lambda m: f"\n{words['footnote'].format(m[1])} ", text)
    text = REFERENCE.sub("", _formulas(text, lang))
    return "\n\n".join(_MarkdownReader(lang, code).blocks(_parser().parse(text)))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415  40 ms, and few texts need it

    return MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])


def _formulas(text: str, lang: str) -> str:
    """Formulas in words, but for those in code."""
    parts = re.split(r"(```.*?(?:```|\Z)|`[^`\n]{1,500}`)", text, flags=re.DOTALL)
    parts[::2] = [spoken_formulas(part, lang) for part in parts[::2]]
    return "".join(parts)


class _MarkdownReader:
    """Writes the blocks of a document."""

    def __init__(self, lang: str, code: CodeBlocks) -> None:
        self._lang, self._code = lang, code
        self._words = announced(lang)
        self._lists: list[int | None] = []  # the next number of each list; None: a bullet
        self._marker = ""
        self._heads: list[str] | None = None  # of the table we are in
        self._row: list[str] = []
        self._in_cell = self._bare = False  # bare: a table without rows
        self._items: list[str] = []

    def blocks(self, tokens: Sequence["Token"]) -> Iterator[str]:
        """The paragraphs; the items of a list or rows of a table are one, a line each."""
        for token in tokens:
            said = self._said(token)
            if said is None:
                continue
            if self._lists or token.type == "tr_close":
                self._items.append(said)
                continue
            yield from self._gathered()
            yield said
        yield from self._gathered()

    def _gathered(self) -> Iterator[str]:
        if self._items:
            items, self._items = self._items, []
            yield "\n".join(items)

    def _said(self, token: "Token") -> str | None:
        """What is said at a token; None where nothing is."""
        match token.type:
            case "fence" | "code_block":
                return self._block_of_code(token) or None
            case "html_block":
                return " ".join(TAG.sub(" ", token.content).split()) or None
            case "inline":
                return self._inline_block(token)
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._marker = self._next_marker()
            case "tr_close":
                return self._table_row()
            case "blockquote_open":
                return self._words["quote"]
            case "blockquote_close":
                return self._words["quote_end"]
            case "th_open" | "td_open":
                self._in_cell = True
            case "th_close" | "td_close":
                self._in_cell = False
            case "tbody_open":
                self._bare = False
            case "table_close":
                return self._table_end()
        return None

    def _next_marker(self) -> str:
        if (number := self._lists[-1]) is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "

    def _inline_block(self, token: "Token") -> str | None:
        text = " ".join("".join(self._inline(token.children or ())).split())
        text = SPACED.sub(r"\1", text)
        if self._in_cell:
            self._row.append(text)
            return None
        if not text:
            return None
        marker, self._marker = self._marker, ""
        if marker:
            text = TASK.sub("", text)
        elif self._lists:
            marker = "- "
        return marker + text + "." * (not CLOSED.search(text[-20:]))

    def _inline(self, children: Sequence["Token"]) -> Iterator[str]:
        for child in children:
            if child.type in ("text", "code_inline"):
                yield child.content
            elif child.type == "image":
                described = "".join(self._inline(child.children or ())).strip()
                yield f" {self._words['image'].format(described)} " if described else " "
            elif child.type in ("softbreak", "hardbreak", "html_inline"):
                yield " "

    def _block_of_code(self, token: "Token") -> str:
        if self._code == "read":
            return spoken_code(token.content, self._lang)
        lines = len(token.content.strip("\n").splitlines())
        language = (token.info.split() or [""])[0].strip("{}.")
        separator = "、" if self._lang == "ja" else "，" if self._lang == "zh" else ", "
        words = self._words["code_one" if lines == 1 else "code"]
        return words.format(language=language and language + separator, lines=lines)

    def _table_row(self) -> str | None:
        """The cells of a row, each behind its heading; the row of headings is only kept."""
        row, self._row = self._row, []
        if self._heads is None:
            self._heads, self._bare = row, True
            return None
        said = [self._words["row"].format(head, cell) if head else cell
                for head, cell in zip(self._heads, row, strict=False) if cell]  # fmt: skip
        return "- " + ", ".join(said) + "." if said else None

    def _table_end(self) -> str | None:
        """The headings of a table that has nothing else."""
        heads, self._heads = self._heads, None
        said = ", ".join(filter(None, heads or ()))
        return said + "." if self._bare and said else None
