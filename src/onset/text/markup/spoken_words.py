"""Words that the reading modes say besides those of the text, by language."""

from collections.abc import Mapping
from functools import cache

from onset.text.locales.locale_table import LOCALES
from onset.text.word_tables import table


def announced(lang: str) -> Mapping[str, str]:
    """What is announced of code, images, quotes and footnotes."""
    words: dict[str, str] = table("markup")["announced"][lang[:2]]
    return words


def quote_level(lang: str, level: int) -> str:
    """What is announced where quoted lines of a level, from 1, begin."""
    levels: list[str] = table("markup")["quoted"][lang[:2]]
    return levels[min(level, len(levels)) - 1].format(level)


def formula_words(lang: str) -> Mapping[str, str]:
    """The structures of a formula."""
    words: dict[str, str] = table("markup")["formula"][lang[:2]]
    return words


@cache
def sign_names(lang: str) -> Mapping[str, str]:
    """The names of signs, as in addresses and in code."""
    own: dict[str, str] = table("markup")["signs"][lang[:2]]
    if lang in LOCALES:
        return own | dict(LOCALES[lang].address)
    name = {"ja": "japanese", "zh": "chinese"}.get(lang, "english")
    return own | dict(table(name)["address"])
