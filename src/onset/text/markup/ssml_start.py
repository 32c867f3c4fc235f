"""Whether a text that comes piece by piece is a document of SSML."""

import re

from onset.types import DOCUMENT

START = "<speak"
HALF_START = re.compile(
    r"[\ufeff\s]{0,100}(?:<\?xml[^<>]{0,200}\?>\s{0,100})?"
    rf"(?:{'(?:'.join(START)}{')?' * (len(START) - 1)})?"
)
"""What becomes the start of a document if the right characters follow."""

HALF_DECLARATION = re.compile(r"[\ufeff\s]{0,100}<(?:\?(?:x(?:m(?:l[^<>]{0,201})?)?)?)?")


def is_document(begun: str) -> bool | None:
    """Whether a text with this beginning is a document; None if it can still be either."""
    if DOCUMENT.match(begun):
        return True
    half = HALF_START.fullmatch(begun) or HALF_DECLARATION.fullmatch(begun)
    return None if half else False
