"""One short book with the real model: every word of it is heard, and told when."""

import re
from pathlib import Path

import av
import srt

from command_line import process
from onset.config import Settings
from onset.types import SAMPLE_RATE
from written_documents import epub, xhtml

PARAGRAPHS = [
    "The lighthouse stood alone on the northern shore.",
    "Nobody had climbed its stairs for years; still, the lamp was lit each night.",
    "Who lit it? The fishermen did not ask, and the children did not dare to.",
]


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def test_a_short_book_is_spoken_whole(tmp_path: Path, settings: Settings, model_path: Path) -> None:
    book, made, lines = (tmp_path / name for name in ("book.epub", "book.m4b", "book.srt"))
    documents = {
        name: xhtml(f"<h1>{name}</h1>" + "".join(f"<p>{text}</p>" for text in PARAGRAPHS))
        for name in ("First", "Second")
    }
    book.write_bytes(epub(documents, [(name, name) for name in documents]))
    options = ("--output", str(made), "--subtitles", str(lines))
    running = process("read", str(book), *options, ONSET_CACHE_DIR=str(settings.cache_dir))
    _, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    cues = list(srt.parse(lines.read_text()))
    spoken = [word for name in documents for text in (name, *PARAGRAPHS) for word in words_of(text)]
    assert words_of(" ".join(cue.content for cue in cues)) == spoken
    with av.open(str(made)) as file:
        samples = sum(frame.samples for frame in file.decode(audio=0))
        starts = [chapter["start"] for chapter in file.chapters()]
    assert len(starts) == 2
    assert cues[-1].end.total_seconds() <= samples / SAMPLE_RATE
    assert 0.2 < samples / SAMPLE_RATE / len(spoken) < 0.7  # seconds a word, as people read
