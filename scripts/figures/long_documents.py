"""Long documents: how soon they are heard, and what an audiobook of one takes.

    python scripts/figures/long_documents.py aloud [--repeats N]
    python scripts/figures/long_documents.py audiobook [--pages N]

`aloud` starts a server and a daemon without a device, then in turns `onset say` with a paragraph
and `onset read` of 500 pages that begin with it, in five kinds: seconds from the start of the
command to the first sample that the device took, and the ratio to `onset say`. `audiobook` makes
one of an EPUB with a server of the fake model, which costs nothing: once undisturbed and once
killed five times. It prints the memory of the command, tenth by tenth of the book, and fails unless
both files are equal and no word is lost.
"""

import argparse
import contextlib
import hashlib
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import srt

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from command_line import daemon, finished, process
from fakes import Running, eventually, fake_engine, serving
from onset.client.http_client import wait_ready
from onset.config import load_settings
from onset.playback.daemon_client import connect
from written_documents import epub, pdf, xhtml

LINE = "It goes on and on, line after line, to the end of the page and of the book."
PARAGRAPH = " ".join([LINE] * 6)
PORT = "18955"
PAGES = 500

VOCABULARY = (
    "a river stone garden light winter morning silver window the of and they went where nobody "
    "had asked for years before it was lit again by hands that knew every stair"
).split()

KILLS = 5
"""Times that an audiobook is killed while it is made."""


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
    """Make an M4B of an EPUB of so many pages, twice: undisturbed, and killed KILLS times.

    Exits unless both are equal and every word of the book is in the subtitles, once and in order.
    """
    paragraphs = [paragraph(number) for number in range(4 * pages)]
    chapters = {
        f"c{n}": xhtml(f"<p>{'</p><p>'.join(paragraphs[begin : begin + 40])}</p>")
        for n, begin in enumerate(range(0, len(paragraphs), 40))
    }
    with tempfile.TemporaryDirectory(prefix="onset-book-") as name, served() as server:
        whole, killed = (Path(name) / made / "book.m4b" for made in ("whole", "killed"))
        for output in (whole, killed):
            output.parent.mkdir()
            output.with_suffix(".epub").write_bytes(
                epub(chapters, [(name, name) for name in chapters], cover=True)
            )
        make(whole, server.port, len(paragraphs), [])
        ends = [len(paragraphs) * (n + 1) // (KILLS + 1) for n in range(KILLS)]
        make(killed, server.port, len(paragraphs), ends)
        equal = digest(whole) == digest(killed)
        cues = srt.parse(whole.with_suffix(".srt").read_text("utf-8"))
        lost = " ".join(cue.content for cue in cues).split() != " ".join(paragraphs).split()
        print(f"{pages} pages, {len(' '.join(paragraphs).split())} words, {len(chapters)} chapters")
        print(f"{whole.stat().st_size / 1e6:.0f} MB; after {KILLS} kills the same: {equal}")
        print("no word is lost" if not lost else "WORDS ARE LOST")
        if lost or not equal:
            sys.exit(1)


@contextlib.contextmanager
def served() -> Iterator[Running]:
    """A server of the fake model that writes nothing of its own."""
    with tempfile.TemporaryDirectory(prefix="onset-cache-") as cache:
        settings = load_settings({}, port=0, drain_timeout=0, history=False, cache_dir=cache)
        with serving(fake_engine, settings) as server:
            yield server


def paragraph(number: int) -> str:
    """As long as one in a book is, and no other is the same."""
    order = random.Random(number)
    return " ".join(f"{' '.join(order.choices(VOCABULARY, k=12)).capitalize()}." for _ in range(7))


def make(output: Path, port: int, paragraphs: int, ends: list[int]) -> None:
    """Run `onset read` until the book is made; at so many paragraphs it is killed."""
    command = ("read", str(output.with_suffix(".epub")), "--output", str(output))
    subtitles = ("--subtitles", str(output.with_suffix(".srt")))
    for end in [*ends, None]:
        running = process(*command, *subtitles, ONSET_PORT=str(port))
        peak = watched(running, output, paragraphs, end)
        if end is None and finished(running)[0]:
            sys.exit(f"{output} was not made")
        where = "to the file" if end is None else f"to a kill at paragraph {end}"
        print(f"{where}: most memory {', '.join(f'{mb:.0f}' for mb in peak)} MB", flush=True)


def watched(
    running: subprocess.Popen[bytes], output: Path, paragraphs: int, end: int | None
) -> list[float]:
    """Wait for its end, or kill it at a paragraph; most memory in each tenth of the book, MB.

    The last figure is of writing the file.
    """
    log, tenths = output.with_name(f"{output.name}.part") / "journal.jsonl", dict[int, float]()
    watch = psutil.Process(running.pid)
    while running.poll() is None:
        made = log.read_bytes().count(b"\n") if log.exists() else 0
        with contextlib.suppress(psutil.Error, OSError):
            tenth = 10 * made // (paragraphs + 1)
            tenths[tenth] = max(tenths.get(tenth, 0.0), watch.memory_info().rss / 1e6)
        if end is not None and made >= end:
            running.kill()
            running.communicate()
            assert not output.exists()
            break
        sleep(0.1)
    return list(tenths.values())


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
