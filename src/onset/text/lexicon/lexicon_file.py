"""The file of a lexicon: one entry a line, `word | said | language | case`, read anew if changed.

# a comment
Siobhan | /ʃəˈvɔːn/
nginx | engine x | en
Polish | /ˈpoʊlɪʃ/ | en | exact
"""

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

from onset.errors import InvalidRequest
from onset.text.lexicon.lexicon import MOST_ENTRIES, Lexicon
from onset.text.lexicon.lexicon_entry import ALL, LexiconEntry, lexicon_entry

LARGEST = 4 * 1024 * 1024
"""Bytes of the file."""

FIELDS = "word | said | language | case"


def read_entries(text: str, name: str) -> list[LexiconEntry]:
    """The entries of a file's text. Raises InvalidRequest with `name` and the line."""
    entries: list[LexiconEntry] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = [field.strip() for field in line.split("|")]
        try:
            if not 2 <= len(fields) <= 4:
                raise InvalidRequest(f"it is not {FIELDS}")
            entries.append(lexicon_entry(*fields))
        except InvalidRequest as error:
            message = error.message.rstrip(".")
            raise InvalidRequest(f"{name}, line {number}: {message}.", "lexicon") from None
        if len(entries) > MOST_ENTRIES:
            raise InvalidRequest(f"{name} has more than {MOST_ENTRIES} entries.", "lexicon")
    return entries


def written(entry: LexiconEntry) -> str:
    """The line of an entry."""
    fields = [entry.word, entry.said]
    if entry.lang != ALL or entry.exact:
        fields.append(entry.lang)
    if entry.exact:
        fields.append("exact")
    return " | ".join(fields)


class LexiconFile:
    """The lexicon in a file, which need not exist. Any thread may use it.

    `problem` says why the newest content is not in use; then the last good one is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        self._lock = Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._lexicon = Lexicon()

    def load(self) -> Lexicon:
        """The lexicon as the file is now. Raises InvalidRequest if it is wrong, with the line."""
        with self._lock:
            self._stamp = self._now()
            self._lexicon, self.problem = Lexicon(self._entries()), None
            return self._lexicon

    def current(self) -> Lexicon:
        """The lexicon, read anew if the file changed; the last good one if that is wrong."""
        if self._now() != self._stamp:
            try:
                return self.load()
            except InvalidRequest as error:
                self.problem = error.message
        return self._lexicon

    def add(self, *entries: LexiconEntry) -> None:
        """Write entries behind the others, in place of those for the same words and languages."""
        new = {(entry.word, entry.lang, entry.exact): entry for entry in entries}
        lines = [line for line in self._lines() if _key(line) not in new]
        if len(lines) + len(new) > MOST_ENTRIES:
            raise InvalidRequest(f"A lexicon has at most {MOST_ENTRIES} entries.", "lexicon")
        self._replace([*lines, *map(written, new.values())])

    def remove(self, word: str, lang: str = ALL) -> int:
        """Take out the entries of a word, in one language or in all; how many there were."""
        lines = self._lines()
        kept = [line for line in lines if not _is(line, word, lang)]
        if len(kept) < len(lines):
            self._replace(kept)
        return len(lines) - len(kept)

    def _now(self) -> tuple[int, int, int] | None:
        """What changes with the file: None if there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _lines(self) -> list[str]:
        text = self._text()
        read_entries(text, self.path.name)
        return text.splitlines()

    def _entries(self) -> Sequence[LexiconEntry]:
        return read_entries(self._text(), self.path.name)

    def _text(self) -> str:
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except FileNotFoundError:
            return ""
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise InvalidRequest(f"{self.path.name}: {reason}.", "lexicon") from error
        if len(content) > LARGEST:
            raise InvalidRequest(f"{self.path.name} is larger than {LARGEST} bytes.", "lexicon")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            message = f"{self.path.name}, line {line}: it is not UTF-8."
            raise InvalidRequest(message, "lexicon") from error

    def _replace(self, lines: Iterable[str]) -> None:
        """Write the file at once, so that no reader sees half of it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".lexicon-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
            Path(name).chmod(self.path.stat().st_mode & 0o777 if self.path.exists() else 0o644)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _entry(line: str) -> LexiconEntry | None:
    return next(iter(read_entries(line, "")), None)


def _key(line: str) -> tuple[str, str, bool] | None:
    """What one entry of a lexicon is replaced by another for; None for a comment."""
    found = _entry(line)
    return None if found is None else (found.word, found.lang, found.exact)


def _is(line: str, word: str, lang: str) -> bool:
    found = _entry(line)
    return found is not None and found.word == word and lang in (ALL, found.lang)
