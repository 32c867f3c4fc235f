"""Audiobooks as files: what players read of them, and that the same gives the same bytes."""

from pathlib import Path

import av
import numpy as np
import pytest

from onset.audio.book_file import BOOK_FORMATS, BookChapter, BookLabel, write_book
from onset.types import SAMPLE_RATE
from written_documents import PNG

SECONDS = 5
TONE = (np.sin(np.arange(SECONDS * SAMPLE_RATE) * 0.1) * 8000).astype("<i2").tobytes()
PIECES = [TONE[begin : begin + 70_002] for begin in range(0, len(TONE), 70_002)]
HALF = SECONDS * SAMPLE_RATE // 2
CHAPTERS = (BookChapter("One", 0, HALF), BookChapter("Zwei ü", HALF, 2 * HALF))
LABEL = BookLabel("The Book", "A. Writer", CHAPTERS, PNG)
CHAPTERED = (".m4b", ".m4a", ".mp3", ".opus")


@pytest.mark.parametrize("ending", BOOK_FORMATS)
def test_a_book_has_its_audio_title_and_author(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"book{ending}"
    write_book(path, BOOK_FORMATS[ending], LABEL, PIECES)
    with av.open(str(path)) as file:
        told = file.metadata | file.streams.audio[0].metadata
        assert (told["title"], told["artist"]) == ("The Book", "A. Writer")
        frames = [frame.to_ndarray().mean(0) for frame in file.decode(audio=0)]
        seconds = len(np.concatenate(frames)) / file.streams.audio[0].rate
    assert seconds == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("ending", CHAPTERED)
def test_chapters_are_where_they_are_told_to_be(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"book{ending}"
    write_book(path, BOOK_FORMATS[ending], LABEL, PIECES)
    with av.open(str(path)) as file:
        chapters = file.chapters()
    assert [chapter["metadata"]["title"] for chapter in chapters] == ["One", "Zwei ü"]
    for told, wanted in zip(chapters, CHAPTERS, strict=True):
        assert told["time_base"] is not None
        assert float(told["start"] * told["time_base"]) == wanted.start / SAMPLE_RATE


@pytest.mark.parametrize("ending", [e for e, form in BOOK_FORMATS.items() if form.cover])
def test_the_cover_is_the_picture_itself(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"book{ending}"
    write_book(path, BOOK_FORMATS[ending], LABEL, PIECES)
    assert PNG in path.read_bytes()
    with av.open(str(path)) as file:
        assert file.streams.video[0].codec_context.name == "png"


def test_a_cover_that_is_no_picture_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "book.m4b"
    label = BookLabel(None, None, CHAPTERS, b"no picture at all")
    write_book(path, BOOK_FORMATS[".m4b"], label, PIECES)
    with av.open(str(path)) as file:
        assert len(file.streams.video) == 0


@pytest.mark.parametrize("ending", BOOK_FORMATS)
def test_the_same_gives_the_same_bytes_however_it_is_cut(ending: str, tmp_path: Path) -> None:
    one, two = tmp_path / f"one{ending}", tmp_path / f"two{ending}"
    write_book(one, BOOK_FORMATS[ending], LABEL, [TONE[:4802], TONE[4802:]])
    write_book(two, BOOK_FORMATS[ending], LABEL, PIECES)
    assert one.read_bytes() == two.read_bytes()


def test_wav_keeps_every_sample(tmp_path: Path) -> None:
    path = tmp_path / "book.wav"
    write_book(path, BOOK_FORMATS[".wav"], LABEL, PIECES)
    with av.open(str(path)) as file:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    assert samples.astype("<i2").tobytes() == TONE
