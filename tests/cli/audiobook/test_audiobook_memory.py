"""Memory of an audiobook: what is held of a long one is what is held of a short one."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import av

from fakes import fake_engine
from onset.cli.audiobook.audiobook import Audiobook, make_book
from onset.cli.speaking.speakers import LocalSpeaker
from onset.documents.document import Chapter, Document
from onset.types import Request


def test_memory_does_not_grow_with_the_book(tmp_path: Path) -> None:
    """A minute of audio has 2.9 MB: what is held of it is seen. Words and cues are traced too."""

    def paragraphs() -> Iterator[str]:
        for number in range(100):
            peaks.append(tracemalloc.get_traced_memory()[1])
            yield f"Paragraph {number} is about as long as one in a book is, or a little shorter."

    peaks: list[int] = []
    chapters = [(1, "1", Chapter(None, paragraphs))]
    book = Audiobook(tmp_path / "b.m4b", tmp_path / "b.srt", Document([]), chapters, Request(""))
    engine = fake_engine()
    engine.render("Warm.")
    tracemalloc.start()
    try:
        make_book(book, lambda: LocalSpeaker(engine))
        end = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    early = peaks[100 + 20]  # the first time they are only counted
    with av.open(str(book.output)) as file:
        assert file.duration is not None
        assert file.duration / av.time_base > 400  # 19 MB of samples
    assert end - early < 3 << 20
