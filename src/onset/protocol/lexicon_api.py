"""Paths and bodies of the user's words: what there is, and how a text is said with them."""

from typing import Literal

from pydantic import BaseModel, Field

from onset.protocol.http_api import (
    LANG_CODES,
    MOST_PRONUNCIATIONS,
    InputType,
    Pronunciations,
)
from onset.types import CodeBlocks, ReadingMode

LEXICON_PATH = "/v1/audio/lexicon"
LEXICON_TEST_PATH = LEXICON_PATH + "/test"


class LexiconWord(BaseModel, frozen=True):
    """An entry. said: `/phonemes/` or other words. lang: `en` for both kinds of English, or `*`.
    case: whether capitals matter."""

    word: str
    said: str
    lang: str
    case: Literal["any", "exact"]


class LexiconList(BaseModel):
    """Body of GET LEXICON_PATH. problem: why the newest words of the file are not in use."""

    entries: list[LexiconWord]
    problem: str | None = None


class LexiconTest(BaseModel, frozen=True):
    """Body of POST LEXICON_TEST_PATH: as of a request for speech, without the audio."""

    input: str
    lang: str = "en-us"
    input_type: InputType | None = None
    reading: ReadingMode | None = None
    code_blocks: CodeBlocks = "announce"
    pronunciations: Pronunciations = Field(default_factory=dict, max_length=MOST_PRONUNCIATIONS)

    @property
    def language(self) -> str:
        """The language, also if it is written as a letter of Kokoro's."""
        return LANG_CODES.get(self.lang.lower(), self.lang)


class SaidWord(BaseModel, frozen=True):
    """A word as it is spoken, and its phonemes in Kokoro's alphabet."""

    word: str
    phonemes: str


class LexiconTestAnswer(BaseModel):
    """What the model reads of a text."""

    text: str
    phonemes: str
    words: list[SaidWord]
