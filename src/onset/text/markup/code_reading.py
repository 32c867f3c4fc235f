"""Code as a person would read it to another: names as words, signs by their names."""

import re

from onset.text.markup.spoken_words import sign_names

TOKEN = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)*|_+|==|!=|<=|>=|->|=>|&&|\|\||\S")
PARTS = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a name in camel case is cut: "parseHTMLText" is parse HTML Text."""

SIGNS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", "->": "→", "=>": "→", "&&": "&", "||": "|"}
"""Operators that normalization reads, or whose sign has a name."""

QUIET = frozenset({"_"})
"""Signs that only join words."""


def spoken_code(code: str, lang: str) -> str:
    """The lines of code, each as a sentence; empty ones are left out."""
    lines = [spoken_line(line, lang) for line in code.splitlines()]
    return "\n".join(line + "." for line in lines if line)


def spoken_line(line: str, lang: str) -> str:
    """One line: `parse_text(a)` is "parse text open paren a close paren"."""
    names = sign_names(lang)
    said: list[str] = []
    for token in TOKEN.findall(line):
        if token[0] in QUIET:
            continue
        sign = SIGNS.get(token, token)
        if token[0].isalpha():
            said += PARTS.split(token)
        else:
            said.append(names.get(sign, sign))
    return " ".join(said)
