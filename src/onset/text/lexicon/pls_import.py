"""W3C's Pronunciation Lexicon Specification 1.0: its lexemes as entries."""

from xml.parsers import expat

from onset.errors import InvalidRequest
from onset.text.lexicon.lexicon import MOST_ENTRIES
from onset.text.lexicon.lexicon_entry import ALL, LexiconEntry, lexicon_entry

KEPT = frozenset({"grapheme", "phoneme", "alias"})


def pls_entries(document: str) -> list[LexiconEntry]:
    """The entries of a document: each grapheme with the first phoneme, or else the first alias.

    Graphemes are written with their capitals, as the specification has it. Raises InvalidRequest,
    with the line, for what is malformed, no lexicon, or cannot be said. Entities are refused.
    """
    return _PlsReader().read(document)


class _PlsReader:
    def __init__(self) -> None:
        self._entries: list[LexiconEntry] = []
        self._found: dict[str, list[str]] = {}
        self._text: list[str] = []
        self._depth, self._lang, self._alphabet = 0, ALL, "ipa"
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, document: str) -> list[LexiconEntry]:
        try:
            self._parser.Parse(document.strip("\ufeff \t\r\n").encode("utf-8", "ignore"), True)
        except expat.ExpatError as error:
            message = f"{expat.errors.messages[error.code]}, column {error.offset + 1}"
            raise InvalidRequest(f"PLS, line {error.lineno}: {message}.", "lexicon") from None
        except InvalidRequest as error:
            line, reason = self._parser.CurrentLineNumber, error.message.rstrip(".")
            raise InvalidRequest(f"PLS, line {line}: {reason}.", "lexicon") from None
        return self._entries

    def _doctype(self, *_: object) -> None:
        raise InvalidRequest("a document type is refused, and entities with it")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._text.clear()
        if self._depth == 1:
            if name != "lexicon":
                raise InvalidRequest(f"the document is no <lexicon>, but <{name}>")
            self._lang = attributes.get("xml:lang", ALL)
            self._alphabet = attributes.get("alphabet", "ipa")
        if self._depth > 8:
            raise InvalidRequest("elements are too deep within each other")
        if name == "lexeme":
            self._found = {}
        alphabet = attributes.get("alphabet", self._alphabet)
        if name == "phoneme" and alphabet.lower() not in ("ipa", "x-kokoro", "kokoro"):
            raise InvalidRequest(f"no alphabet {alphabet!r}. Choices: ipa, kokoro")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name in KEPT:
            self._found.setdefault(name, []).append(" ".join("".join(self._text).split()))
        elif name == "lexeme":
            self._lexeme()
        self._text.clear()

    def _lexeme(self) -> None:
        """The entries of a lexeme, one a grapheme."""
        graphemes = self._found.get("grapheme", [])
        sounds, words = self._found.get("phoneme"), self._found.get("alias")
        if not graphemes or not (sounds or words):
            raise InvalidRequest("a lexeme needs a grapheme, and a phoneme or an alias")
        said = f"/{sounds[0]}/" if sounds else (words or [""])[0]
        for grapheme in graphemes:
            self._entries.append(lexicon_entry(grapheme, said, self._lang, "exact"))
        if len(self._entries) > MOST_ENTRIES:
            raise InvalidRequest(f"more than {MOST_ENTRIES} entries")
