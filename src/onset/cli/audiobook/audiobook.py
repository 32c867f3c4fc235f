"""Makes an audiobook: each paragraph is spoken and kept, then all is written as one file."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby, islice
from pathlib import Path

from onset import __version__
from onset.audio.book_file import BOOK_FORMATS, BookChapter, BookLabel, write_book
from onset.audio.subtitles import SUBTITLE_WRITERS
from onset.cli.audiobook.part_journal import BLOCK, PartJournal
from onset.cli.audiobook.timed_speakers import audiobook_speaker
from onset.cli.progress import advancing, tell
from onset.cli.speaking.outputs import check_writable
from onset.cli.speaking.speakers import Speaker
from onset.config import Settings
from onset.documents.document import NO_TEXT, Chapter, Document
from onset.errors import AssetError, InvalidRequest, OnsetError
from onset.model.assets import replacing
from onset.types import SAMPLE_BYTES, SAMPLE_RATE, Request, SpokenWord

PARAGRAPH_PAUSE = 0.5
"""Seconds of silence behind a paragraph, as the engine leaves between two of one text."""

CHAPTER_PAUSE = 1.5
"""Seconds of silence behind the last paragraph of a chapter."""


@dataclass(frozen=True, slots=True)
class Audiobook:
    """What is to be made. chapters: (number, title, chapter). manner: voice, speed and language."""

    output: Path
    subtitles: Path | None
    document: Document
    chapters: Sequence[tuple[int, str, Chapter]]
    manner: Request

    def paragraphs(self) -> Iterator[tuple[int, str, bool]]:
        """(chapter's number, text, whether it is the last of its chapter), each found anew."""
        for number, _, chapter in self.chapters:
            held: str | None = None
            for text in chapter.paragraphs():
                if held is not None:
                    yield number, held, False
                held = text
            if held is not None:
                yield number, held, True


def check_audiobook(output: str, subtitles: Path | None) -> None:
    """Raise InvalidRequest or AssetError for what cannot be written, before any work is done."""
    path = Path(output)
    if path.suffix.lower() not in BOOK_FORMATS:
        choices = ", ".join(BOOK_FORMATS)
        raise InvalidRequest(f"{output}: its ending must be one of {choices}.", "output")
    if subtitles is not None and subtitles.suffix.lower() not in SUBTITLE_WRITERS:
        choices = ", ".join(SUBTITLE_WRITERS)
        raise InvalidRequest(f"{subtitles}: its ending must be one of {choices}.", "subtitles")
    for file in (path, subtitles):
        if file is not None:
            check_writable(file)


def make_audiobook(
    settings: Settings,
    output: Path,
    subtitles: Path | None,
    document: Document,
    chapters: Sequence[tuple[int, str, Chapter]],
    manner: Request,
) -> None:
    """Make it with the server, or with an engine in here; as make_book."""
    book = Audiobook(output, subtitles, document, chapters, manner)
    make_book(book, lambda: audiobook_speaker(settings))


def make_book(book: Audiobook, speaker: Callable[[], Speaker]) -> None:
    """Make it, or go on with it. speaker: called if there is anything left to speak.

    Raises OnsetError; what was made until then is kept.
    """
    fingerprint, count = survey(book)
    if not count:
        raise InvalidRequest(NO_TEXT, "source")
    with PartJournal(book.output, fingerprint) as journal:
        try:
            speak_missing(book, journal, count, speaker)
        except (OnsetError, KeyboardInterrupt):
            if journal.count:
                kept = f"{journal.count} of {count} paragraphs are kept in {journal.folder}"
                tell(f"{kept}. The same command goes on from there.")
            raise
        _finish(book, journal)


def survey(book: Audiobook) -> tuple[str, int]:
    """(a digest of all that decides how the book sounds, paragraphs in it)."""
    digest, count = sha256(repr((__version__, replace(book.manner, text=""))).encode()), 0
    for part in book.paragraphs():
        digest.update(repr(part).encode())
        count += 1
    return digest.hexdigest(), count


def speak_missing(
    book: Audiobook, journal: PartJournal, count: int, speaker: Callable[[], Speaker]
) -> None:
    """Speak the paragraphs that are not there yet."""
    if journal.count == count:
        return
    voice = speaker()
    with advancing(book.output.name, count, what="paragraphs") as advance:
        for _ in range(journal.count):
            advance()
        for number, text, last in islice(book.paragraphs(), journal.count, None):
            pause = CHAPTER_PAUSE if last else PARAGRAPH_PAUSE
            request = replace(book.manner, text=text, exact=True)
            journal.add(number, _sound(voice, request, pause), lambda: voice.words)
            advance()


def _sound(speaker: Speaker, request: Request, pause: float) -> Iterator[bytes]:
    """A paragraph and the silence behind it; nothing for one that has nothing to hear."""
    try:
        with closing(speaker.speak(request)) as pieces:
            yield from pieces
    except InvalidRequest:
        if any(character.isalnum() for character in request.text):
            raise
        speaker.words = ()
        return
    yield bytes(SAMPLE_BYTES * round(pause * SAMPLE_RATE))


def _finish(book: Audiobook, journal: PartJournal) -> None:
    """Write the file and the subtitles; each appears whole or not at all."""
    made, document = journal.folder / f"book{book.output.suffix}", book.document
    title = document.title or book.output.stem
    label = BookLabel(title, document.author, _chapters(book, journal), document.cover)
    try:
        form = BOOK_FORMATS[book.output.suffix.lower()]
        write_book(made, form, label, _counted(journal))
        if book.subtitles is not None:
            lines = SUBTITLE_WRITERS[book.subtitles.suffix.lower()](_words(journal))
            with replacing(book.subtitles.resolve()) as file:
                file.writelines(line.encode() for line in lines)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(made, book.output)
    except OSError as error:
        raise AssetError(f"Cannot write {book.output}: {error.strerror or error}.") from error
    journal.remove()
    hours, minutes = divmod(round(journal.samples / SAMPLE_RATE / 60), 60)
    tell(f"{book.output}: {hours}:{minutes:02} hours, {len(label.chapters)} chapters")


def _counted(journal: PartJournal) -> Iterator[bytes]:
    """All samples, with a bar: of a long book they take minutes to encode."""
    megabytes = -(-journal.samples * SAMPLE_BYTES // BLOCK)
    with advancing("Writing the file", megabytes, what="MB") as advance:
        for block in journal.audio():
            yield block
            advance()


def _words(journal: PartJournal) -> Iterator[SpokenWord]:
    return (word for record in journal.records() for word in record.words)


def _chapters(book: Audiobook, journal: PartJournal) -> list[BookChapter]:
    """Where the chapters are that have anything to hear."""
    titles = {number: title for number, title, _ in book.chapters}
    found, begin = list[BookChapter](), 0
    for number, records in groupby(journal.records(), key=lambda record: record.chapter):
        end = max(record.end for record in records)
        if end > begin:
            found.append(BookChapter(titles[number], begin, end))
        begin = end
    return found
