"""Reading modes: what a text is, and so how it is turned into prose that normalization reads."""

import re
from typing import get_args

from onset.errors import InvalidRequest
from onset.text.markup.code_reading import spoken_code
from onset.text.markup.latex_reading import spoken_formula
from onset.text.markup.markdown_reading import spoken_markdown
from onset.text.markup.spoken_words import announced, quote_level
from onset.types import CodeBlocks, ReadingMode

READING_MODES: tuple[str, ...] = get_args(ReadingMode)

MARKUP_OPENING = re.compile(
    r"(\])(?=\()|(<)(?=[/!]?[A-Za-z])|(```)(?=\w)|(\[)(?=[ xX]\]\s|(?i:voice):)"
)
"""What normalization would take for a link, a tag, a language of code, a task: with a space behind
it is none."""

QUOTED = re.compile(r"[^\S\n]{0,3}((?:>[^\S\n]?)+)(.*)")
SIGNATURE = re.compile(r"-- ?")


def as_prose(text: str, mode: ReadingMode, lang: str, code: CodeBlocks = "announce") -> str:
    """The text of a mode as prose in its language. Raises InvalidRequest for an unknown mode."""
    match mode:
        case "prose":
            return text
        case "literal":
            return MARKUP_OPENING.sub(lambda m: m[0] + " ", text)
        case "markdown":
            return spoken_markdown(text, lang, code)
        case "code":
            return spoken_code(text, lang)
        case "mail":
            return spoken_mail(text, lang)
        case "latex":
            return spoken_formula(text, lang)
    raise InvalidRequest(f"No reading {mode!r}. Choices: {', '.join(READING_MODES)}.", "reading")


def spoken_mail(text: str, lang: str) -> str:
    """A mail: quoted lines lose their marks; their level is announced where it changes, and the end
    of them before what follows."""
    level, lines = 0, list[str]()
    for line in text.splitlines():
        match = QUOTED.fullmatch(line)
        body = match[2] if match else line
        depth = match[1].count(">") if match else 0
        if depth != level and body.strip():  # a line left free belongs to what is around it
            end = announced(lang)["quote_end"]
            lines += ["", quote_level(lang, depth) if depth else end, ""]
            level = depth
        lines.append("" if SIGNATURE.fullmatch(body) else body)
    return "\n".join(lines)
