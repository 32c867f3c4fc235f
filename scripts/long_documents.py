"""Long documents: how soon they are heard, and what an audiobook of one takes.

    python scripts/long_documents.py aloud [--repeats N]
    python scripts/long_documents.py audiobook [--pages N]

`aloud` starts a server and a daemon without a device, then in turns `onset say` with a paragraph
and `onset read` of 500 pages that begin with it, in five kinds: seconds from the start of the
command to the first sample that the device took, and the ratio to `onset say`. `audiobook` makes
one with the fake model, which costs nothing, and prints memory as it goes.
"""

import argparse
import contextlib
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from command_line import daemon, finished, process
from fakes import eventually, fake_engine
from onset.cli.audiobook.audiobook import Audiobook, make_book
from onset.cli.speaking.speakers import LocalSpeaker
from onset.client.http_client import wait_ready
from onset.documents.document_kinds import open_document
from onset.documents.retrieval import Retrieved
from onset.playback.daemon_client import connect
from onset.types import SAMPLE_RATE, Request
from written_documents import epub, pdf, xhtml

LINE = "It goes on and on, line after line, to the end of the page and of the book."
PARAGRAPH = " ".join([LINE] * 6)
PORT = "18955"
PAGES = 500


def long_documents() -> dict[str, bytes]:
    """PAGES pages of each kind, by the name of the file."""
    paragraphs = [PARAGRAPH] * (6 * PAGES)
    chapters = {f"c{n}": xhtml(f"<p>{PARAGRAPH}</p>" * 60) for n in range(PAGES // 10)}
    return {
        "long.txt": "\n\n".join(paragraphs).encode(),
        "long.md": "\n\n".join(paragraphs).encode(),
        "long.html": f"<html><body><p>{'<p>'.join(paragraphs)}</body></html>".encode(),
        "long.epub": epub(chapters, [(name, name) for name in chapters]),
        "long.pdf": pdf([[LINE] * 40] * PAGES),
    }


def first_sound(environment: dict[str, str], *arguments: str) -> float:
    """Seconds from the start of a command to the first sample the device took; then ends it."""

    def heard() -> float:
        with connect(Path(environment["ONSET_SOCKET"])) as client:
            counters = client.control("status")["counters"]
            return float(counters["heard_s"])

    before, begin = heard(), monotonic()
    running = process(*arguments, ONSET_PORT=PORT, **environment)
    eventually(lambda: heard() > before, 60)
    took = monotonic() - begin
    running.send_signal(signal.SIGINT)
    finished(running)
    return took


def aloud(repeats: int) -> None:
    """Print how soon each kind is heard."""
    with tempfile.TemporaryDirectory(prefix="onset-long-") as name, serving_here(Path(name)):
        folder, taken = Path(name), dict[str, list[float]]()
        for document, data in long_documents().items():
            (folder / document).write_bytes(data)
        with daemon(folder / "run") as environment:
            for _ in range(repeats):
                for document in ("", *long_documents()):
                    command = ("read", str(folder / document)) if document else ("say", PARAGRAPH)
                    taken.setdefault(document or "onset say", []).append(
                        first_sound(environment, *command)
                    )
        said = statistics.median(taken["onset say"])
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {repeats} repeats")
        for document, seconds in taken.items():
            median = statistics.median(seconds)
            print(f"{document:12} {median:5.2f} s  {median / said:4.2f} of onset say")


@contextlib.contextmanager
def serving_here(folder: Path) -> Iterator[None]:
    """A server with the real model, in a process of its own."""
    cache = str(folder / "cache")
    server = process("serve", "--port", PORT, ONSET_HISTORY="false", ONSET_CACHE_DIR=cache)
    try:
        wait_ready(f"http://127.0.0.1:{PORT}", 120)
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)


def audiobook(pages: int) -> None:
    """Print memory while an EPUB of so many pages becomes an M4B."""
    chapters = {
        f"c{n}": xhtml(f"<h1>Chapter {n}</h1>" + f"<p>{PARAGRAPH}</p>" * 40)
        for n in range(max(1, pages // 10))
    }
    data = epub(chapters, [(name, name) for name in chapters], cover=True)
    document = open_document(Retrieved(data, "book.epub"))
    with tempfile.TemporaryDirectory(prefix="onset-book-") as name:
        output = Path(name) / "book.m4b"
        parts = [(n, f"{n}", chapter) for n, chapter in enumerate(document.chapters, 1)]
        book = Audiobook(output, output.with_suffix(".srt"), document, parts, Request(""))
        done, begin = Event(), monotonic()
        watch = Thread(target=_watch, args=(output, done, begin))
        watch.start()
        try:
            make_book(book, lambda: LocalSpeaker(fake_engine()))
        finally:
            done.set()
            watch.join()
        print(f"{len(parts)} chapters, {output.stat().st_size / 1e6:.0f} MB of {output.name}")


def _watch(output: Path, done: Event, begin: float) -> None:
    """A line every ten seconds: memory, and how far it is."""
    samples = output.with_name(f"{output.name}.part") / "audio.pcm"
    while not done.wait(10):
        memory = psutil.Process().memory_info().rss / 1e6
        hours = samples.stat().st_size / 2 / SAMPLE_RATE / 3600 if samples.exists() else 0.0
        print(f"{monotonic() - begin:5.0f} s  {memory:4.0f} MB  {hours:5.2f} hours", flush=True)


def main() -> None:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=("aloud", "audiobook"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pages", type=int, default=300)
    arguments = parser.parse_args()
    # A shell that starts this in the background makes it, and all that it starts, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if arguments.what == "aloud":
        aloud(arguments.repeats)
    else:
        audiobook(arguments.pages)


if __name__ == "__main__":
    main()
