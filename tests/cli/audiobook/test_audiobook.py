"""`onset read --output`: no word lost, resumed to the same bytes, whole or not there."""

import signal
from collections.abc import Generator, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import av
import pytest
import srt
from hypothesis import given
from hypothesis import settings as testing
from hypothesis import strategies as st

from command_line import Command, finished, process
from fakes import FailingBackend, HaltableBackend, Running, eventually, fake_engine, serving
from onset.audio.book_file import BOOK_FORMATS
from onset.cli.audiobook.audiobook import Audiobook, speak_missing, survey
from onset.cli.audiobook.part_journal import PartJournal
from onset.cli.audiobook.timed_speakers import TimedServerSpeaker
from onset.cli.speaking.speakers import LocalSpeaker
from onset.documents.document import Chapter, Document
from onset.errors import ServerError
from onset.types import SAMPLE_RATE, Request, SpokenWord
from processes import killed_at_the_end
from scripted_server import Finish, Head, Reset, Sound, scripted
from written_documents import epub, xhtml


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """A server of ours with a fake model, each step of which takes 10 ms."""
    with serving(lambda: fake_engine(backend=HaltableBackend(0.01))) as running:
        yield running


BOOK = epub(
    {
        "a": xhtml("<h1>Alpha</h1><p>One two three.</p><p>* * *</p><p>Four, five.</p>"),
        "b": xhtml("<h1>Beta</h1>" + "<p>Words that take time to say.</p>" * 20),
    },
    [("a", "Alpha"), ("b", "Beta")],
    cover=True,
)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.epub"
    path.write_bytes(BOOK)
    return path


def test_an_audiobook_has_chapters_title_and_cover(
    server: Running, book: Path, command: Command
) -> None:
    made, lines = book.with_suffix(".m4b"), book.with_suffix(".srt")
    options = ("--output", str(made), "--subtitles", str(lines))
    assert command("read", str(book), *options, ONSET_PORT=str(server.port)) == 0
    with av.open(str(made)) as file:
        assert (file.metadata["title"], file.metadata["artist"]) == ("The Book", "A. Writer")
        chapters = file.chapters()
        assert [chapter["metadata"]["title"] for chapter in chapters] == ["Alpha", "Beta"]
        assert chapters[0]["end"] == chapters[1]["start"] > 0
        assert [s.codec_context.name for s in file.streams.video] == ["png"]
        samples = sum(frame.samples for frame in file.decode(audio=0))
    cues = list(srt.parse(lines.read_text()))
    assert cues[-1].end.total_seconds() <= samples / SAMPLE_RATE
    said = " ".join(cue.content for cue in cues).split()
    assert said == "Alpha One two three. Four, five. Beta".split() + (
        "Words that take time to say.".split() * 20
    )
    assert sorted(path.name for path in book.parent.iterdir()) == [
        "book.epub",
        "book.m4b",
        "book.srt",
    ]


@pytest.mark.parametrize("ending", [e for e in BOOK_FORMATS if e != ".m4b"])
def test_other_formats_are_whole_too(
    ending: str, server: Running, book: Path, command: Command
) -> None:
    made = book.with_suffix(ending)
    options = ("--chapters", "1", "--output", str(made), "--subtitles", str(made) + ".vtt")
    assert command("read", str(book), *options, ONSET_PORT=str(server.port)) == 0
    with av.open(str(made)) as file:
        told = file.metadata | file.streams.audio[0].metadata
        assert told["title"] == "The Book"
        assert sum(frame.samples for frame in file.decode(audio=0)) > 2 * SAMPLE_RATE
    assert Path(f"{made}.vtt").read_text().startswith("WEBVTT\n\n00:00:00.000 --> 00:00:")


def test_killed_five_times_it_is_the_same_file(
    server: Running, book: Path, tmp_path: Path, command: Command
) -> None:
    whole, killed = tmp_path / "whole.m4b", tmp_path / "killed.m4b"
    options = {"ONSET_PORT": str(server.port)}
    assert command("read", str(book), "-o", str(whole), **options) == 0
    log = tmp_path / "killed.m4b.part" / "journal.jsonl"

    def lines() -> int:
        return log.read_bytes().count(b"\n") if log.exists() else 0

    for _ in range(5):
        before = lines()
        running = process("read", str(book), "-o", str(killed), **options)
        with killed_at_the_end(running):
            eventually(lambda before=before: lines() > before + 1, 30)  # type: ignore[misc]
            running.send_signal(signal.SIGKILL)
            assert finished(running)[0] == -signal.SIGKILL
        assert not killed.exists()
        assert lines() > before
    eventually(lambda: server.scheduler.active == 0)
    assert command("read", str(book), "-o", str(killed), **options) == 0
    assert killed.read_bytes() == whole.read_bytes()
    assert not log.parent.exists()


WORDS = st.lists(
    st.builds(
        str.__add__,
        st.sampled_from("river stone garden light winter morning silver window".split()),
        st.sampled_from(["", "", "", ",", ".", "!", "?", ";"]),
    ),
    min_size=1,
    max_size=12,
)
PARAGRAPHS = st.lists(st.one_of(WORDS.map(" ".join), st.just("* * *")), min_size=1, max_size=4)


@testing(max_examples=40)
@given(st.lists(PARAGRAPHS, min_size=1, max_size=3), st.booleans())
def test_no_word_is_lost(
    server: Running,
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[list[str]],
    by_server: bool,
) -> None:
    """Every word of every paragraph is in the timestamps: once, in order, within its audio."""
    chapters = [
        (number, f"{number}", Chapter(None, partial(iter, part)))
        for number, part in enumerate(parts)
    ]
    output = tmp_path_factory.mktemp("book") / "book.m4b"
    book = Audiobook(output, None, Document([]), chapters, Request(""))
    speaker = TimedServerSpeaker(server.url) if by_server else LocalSpeaker(fake_engine())
    with PartJournal(output, "test") as journal:
        speak_missing(book, journal, survey(book)[1], lambda: speaker)
        begin, words = 0, list[SpokenWord]()
        for (number, text, _), record in zip(book.paragraphs(), journal.records(), strict=True):
            assert record.chapter == number
            heard = [word.text for word in record.words]
            assert heard == ([] if "*" in text else text.split())
            assert all(begin <= word.start <= word.end <= record.end for word in record.words)
            begin, words = record.end, [*words, *record.words]
        assert journal.samples == sum(map(len, journal.audio())) // 2
    assert [a.text for a, b in pairwise(words) if a.end > b.start] == []


class LosingSpeaker(LocalSpeaker):
    """Forgets to tell of the last word, as a control of the test above."""

    def speak(self, request: Request) -> Generator[bytes]:
        yield from super().speak(request)
        self.words = self.words[:-1]


def test_a_word_that_is_lost_is_seen(tmp_path: Path) -> None:
    chapters = [(1, "1", Chapter(None, lambda: iter(["One two."])))]
    book = Audiobook(tmp_path / "book.m4b", None, Document([]), chapters, Request(""))
    with PartJournal(book.output, "test") as journal:
        speak_missing(book, journal, 1, lambda: LosingSpeaker(fake_engine()))
        (record,) = journal.records()
    assert [word.text for word in record.words] == ["One"]


def test_what_was_made_before_a_failure_is_kept(
    book: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing = FailingBackend(ServerError("The engine is gone."), at=12)
    monkeypatch.setattr("onset.Engine", lambda *_, **__: fake_engine(backend=failing))
    made = book.with_suffix(".mp3")
    assert command("read", str(book), "-o", str(made)) == 1
    told = capsys.readouterr().err
    assert "paragraphs are kept in" in told
    assert told.endswith("onset: The engine is gone.\n")
    assert not made.exists()
    assert command("read", str(book), "-o", str(made)) == 0
    assert made.exists()


def test_a_server_that_is_gone_is_told(
    book: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    made = book.with_suffix(".mp3")
    with scripted((Reset(),)) as gone:
        voice = TimedServerSpeaker(gone.url)
        with pytest.raises(ServerError):
            list(voice.speak(Request("One.")))
    assert not made.exists()


def test_an_answer_that_ends_early_is_no_paragraph(tmp_path: Path) -> None:
    script = (Head(), Sound(b'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n'), Finish())
    with scripted(script) as server, pytest.raises(ServerError, match="broke off"):
        list(TimedServerSpeaker(server.url).speak(Request("One.")))


@pytest.mark.parametrize(
    ("output", "subtitles", "told"),
    [
        ("book.ogg", None, "its ending must be one of .m4b"),
        ("-", None, "its ending must be one of .m4b"),
        ("book.mp3", "book.txt", "its ending must be one of .srt, .vtt"),
        ("none/book.mp3", None, "There is no folder"),
    ],
)
def test_what_cannot_be_written_is_told_before_any_work(
    output: str,
    subtitles: str | None,
    told: str,
    book: Path,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(book.parent)
    more = [] if subtitles is None else ["--subtitles", subtitles]
    assert command("read", str(book), "-o", output, *more) in (1, 2)
    assert told in capsys.readouterr().err
    assert [path.name for path in book.parent.iterdir()] == ["book.epub"]


def test_subtitles_alone_are_refused(
    book: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("read", str(book), "--subtitles", "book.srt") == 2
    assert "--output" in capsys.readouterr().err
