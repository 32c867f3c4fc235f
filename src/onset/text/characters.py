"""Characters: what a user types as plain characters, with emoji named and decoration removed."""

import re
import unicodedata
from functools import lru_cache

from onset.text.word_tables import table

ACCENTS = range(0x300, 0x370)  # what NFC could not compose: stacked decoration ("zalgo")
DROPPED = {"Cc", "Cf", "Cs", "Co"}  # control, zero-width and direction, lone surrogates, private
STYLED = ("<font>", "<wide>", "<narrow>", "<circle>", "<square>", "<sub>")
INDICATORS = "ªº"
"""Raised letters that stay, since they make ordinals; others are plain: "Mᵐᵉ", "1ˢᵗ"."""

LIGATURES = re.compile(r"[\ufb00-\ufb06\u0132\u0133\u2160-\u217f]")
ALIKE: dict[str, str] = table("characters")["alike"]
"""Marks written in other ways or scripts, as the ones the rules and the model know."""


@lru_cache(maxsize=4096)
def _character(character: str) -> str:
    """One character as the rest of the program expects it; "" for what nobody would read."""
    if character in ALIKE:
        return ALIKE[character]
    category = unicodedata.category(character)
    if category in DROPPED or ord(character) in ACCENTS:
        return ""
    if category[0] == "Z" or category == "Nd":
        return str(unicodedata.digit(character, " "))
    form = unicodedata.decomposition(character)
    raised = form.startswith("<super>") and category[0] == "L" and character not in INDICATORS
    if raised or form.startswith(STYLED) or LIGATURES.match(character):
        return unicodedata.normalize("NFKC", character)
    return character


def _name(shown: str, _: dict[str, str]) -> str:
    """The name of an emoji as words: "grinning face"."""
    import emoji  # noqa: PLC0415

    return " " + emoji.demojize(shown, delimiters=("", "")).replace("_", " ") + " "


def plain_characters(raw: str) -> str:
    """The text with emoji named, accents composed, and styles, controls and surrogates removed."""
    raw = raw.replace("\t", " ")
    if raw.isascii() and raw.isprintable():
        return raw
    import emoji  # noqa: PLC0415  20 ms, and most English has none of its characters

    named = emoji.replace_emoji(raw, replace=_name)
    return "".join(map(_character, unicodedata.normalize("NFC", named)))
