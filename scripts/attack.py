"""Attacks a speech server by network, in turns, and tells whether it noticed: `make attack`.

Each attack runs for its share of the time, from a seed. Meanwhile `/health` is asked every 0.2 s
and must answer within 1 s. At the end there is a table: tries, the slowest answer of `/health`,
memory gained, tracebacks in the log. Exit code 1 if anything is out of bounds.

    python scripts/attack.py --seconds 1200            a server of its own
    python scripts/attack.py --seconds 20 --url URL    one that runs (no log, no memory)
"""

import argparse
import contextlib
import json
import os
import random
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

HEALTH_SECONDS = 1.0
"""Longest answer of `/health` that is in bounds."""

MEMORY_BYTES = 30_000_000
"""Most memory that an attack may leave behind."""

SETTLE_SECONDS = 1.0

SPEECH, STREAM = "/v1/audio/speech", "/v1/audio/speech/stream"
HOST = b"Host: localhost\r\n"
UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
POST = f"POST {SPEECH} HTTP/1.1\r\n".encode() + HOST + b"Content-Type: application/json\r\n"
GET_STREAM = f"GET {STREAM} HTTP/1.1\r\n".encode() + HOST + UPGRADE

Connect = Callable[[], socket.socket]


def heads_without_an_end(connect: Connect, chance: random.Random) -> None:
    """A head that goes on, in pieces of any size."""
    send(connect(), b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * chance.randrange(1, 200_000))


def bad_handshakes(connect: Connect, chance: random.Random) -> None:
    """WebSockets that a second parser refuses: bodies, long lines, many headers."""
    odd = chance.choice(
        [
            b"Content-Length: %d\r\n" % chance.randrange(1, 1000),
            b"Transfer-Encoding: chunked\r\n",
            b"Cookie: " + b"a" * chance.randrange(8_000, 30_000) + b"\r\n",
            b"".join(b"X-%d: 1\r\n" % n for n in range(chance.randrange(120, 400))),
        ]
    )
    send(connect(), GET_STREAM + odd + b"\r\n")


def trailers(connect: Connect, chance: random.Random) -> None:
    """What comes around a body: trailers, chunk extensions."""
    start = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
    many, long = b"0\r\n" + b"A: b\r\n" * 20_000, b"0\r\nA: " + b"b" * 200_000
    send(connect(), start + chance.choice([many, long, b"1;" * 99]))


def silence(connect: Connect, chance: random.Random) -> None:
    """Sockets that say nothing, half a head, or half a body, and stay a while."""
    there = [connect() for _ in range(chance.randrange(1, 50))]
    body = POST + b"Content-Length: 99\r\n\r\n{"
    said = chance.choice([b"", b"GET ", body, GET_STREAM + b"\r\n"])
    for one in there:
        send(one, said, close=False)
    time.sleep(chance.random())
    for one in there:
        one.close()


def never_readers(connect: Connect, chance: random.Random) -> None:
    """Requests, and WebSockets with pings, of those who read nothing."""
    body = json.dumps({"input": "A long text, and longer. " * 200}).encode()
    pings = struct.pack("!BB4x", 0x89, 0x80) * 9_000
    asked = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    ways = [asked, GET_STREAM + b"\r\n" + pings]
    one = connect()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    send(one, chance.choice(ways), close=False)
    time.sleep(0.05)
    one.close()


def noise(connect: Connect, chance: random.Random) -> None:
    """Bytes, lines and half-right requests."""
    right = chance.choice([POST, GET_STREAM, b"GET / HTTP/1.1\r\n" + HOST]) + b"\r\n"
    wrong = bytearray(right + chance.randbytes(chance.randrange(200)))
    for _ in range(chance.randrange(1, 20)):
        wrong[chance.randrange(len(wrong))] = chance.randrange(256)
    send(connect(), bytes(wrong))


def frames(connect: Connect, chance: random.Random) -> None:
    """Frames of a WebSocket that opened: any opcode, length, mask, and no text."""
    one = connect()
    send(one, GET_STREAM + b"\r\n", close=False)
    with contextlib.suppress(OSError):
        one.recv(4096)
    odd = b"".join(
        chance.randbytes(chance.randrange(2, 42)) for _ in range(chance.randrange(1, 40))
    )
    texts = [b"\xff\xfe", b"[" * 50_000, b"{}", b'{"type":"text.delta","delta":null}']
    text = chance.choice(texts)
    right = struct.pack("!BBQ4x", 0x81, 0xFF, len(text)) + text
    send(one, chance.choice([odd, right, right[:-1]]))


def bodies(connect: Connect, chance: random.Random) -> None:
    """JSON that is none, nested, huge, or of the wrong types."""
    values: list[object] = [
        None,
        True,
        0,
        -1,
        1e308,
        "",
        "\ud83e",
        [],
        {},
        "a" * 100,
        [[[]]],
        "NaN",
    ]
    names = ["input", "voice", "speed", "response_format", "stream_format", "model", "lang"]
    fields = {name: chance.choice(values) for name in chance.sample(names, 4)}
    texts = [json.dumps(fields), "[" * 100_000, "{", "", "\x00", '{"input": 1' + "0" * 5_000 + "}"]
    body = chance.choice(texts).encode()
    send(connect(), POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def resets(connect: Connect, chance: random.Random) -> None:
    """Those who ask and vanish, as crashed programs do."""
    one = connect()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    body = json.dumps({"input": "Hello there. " * chance.randrange(1, 90)}).encode()
    send(one, POST + b"Content-Length: %d\r\n\r\n" % len(body) + body, close=False)
    time.sleep(chance.random() / 10)
    one.close()


ATTACKS = (
    heads_without_an_end,
    bad_handshakes,
    trailers,
    silence,
    never_readers,
    noise,
    frames,
    bodies,
    resets,
)


@dataclass
class Row:
    """What one attack did."""

    name: str
    tries: int
    slowest: float
    gained: int | None
    tracebacks: int | None

    @property
    def within(self) -> bool:
        """Whether all of it is in bounds."""
        memory = self.gained is None or self.gained <= MEMORY_BYTES
        return self.slowest <= HEALTH_SECONDS and memory and not self.tracebacks


def send(one: socket.socket, data: bytes, close: bool = True) -> None:
    """Send what is taken; the server may have had enough."""
    with contextlib.suppress(OSError):
        one.sendall(data)
        if close:
            one.recv(4096)
    if close:
        one.close()


def slowest_health(url: str, over: threading.Event, worst: list[float]) -> None:
    """Ask until it is over; a refusal counts as no answer."""
    while not over.is_set():
        begun = time.monotonic()
        try:
            answered = httpx.get(url + "/health", timeout=5).status_code == 200
        except httpx.HTTPError:
            answered = False
        worst.append(time.monotonic() - begun if answered else 5.0)
        time.sleep(0.2)


def attack(
    name: Callable[[Connect, random.Random], None], url: str, seconds: float, seed: int
) -> tuple[int, float]:
    """Tries, and the slowest answer of `/health` meanwhile."""
    place = urlsplit(url)

    def connect() -> socket.socket:
        for _ in range(50):
            with contextlib.suppress(OSError):
                return socket.create_connection((place.hostname or "", place.port or 80), 2)
            time.sleep(0.05)
        raise SystemExit(f"{url} takes no connections any more.")

    over, worst = threading.Event(), list[float]()
    asking = threading.Thread(target=slowest_health, args=(url, over, worst))
    asking.start()
    tries, chance, end = 0, random.Random(seed), time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            name(connect, chance)
            tries += 1
    finally:
        over.set()
        asking.join()
    return tries, max(worst)


@contextlib.contextmanager
def own_server(log: Path) -> Iterator[tuple[str, psutil.Process]]:
    """A server of this program for the block: its URL and process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"ONSET_HEADER_TIMEOUT": "2", "ONSET_IDLE_TIMEOUT": "5"}
    command = [sys.executable, "-P", "-m", "onset", "serve", "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 300
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(url + "/health", timeout=5).status_code == 200:
                    break
            time.sleep(0.5)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def campaign(url: str, seconds: float, seed: int, log: Path | None, pid: int | None) -> list[Row]:
    """All attacks in turns."""
    rows, process = list[Row](), None if pid is None else psutil.Process(pid)
    for number, name in enumerate(ATTACKS):
        before = None if process is None else process.memory_info().rss
        already = 0 if log is None else log.read_bytes().count(b"Traceback")
        tries, slowest = attack(name, url, seconds / len(ATTACKS), seed + number)
        time.sleep(SETTLE_SECONDS)
        gained = None if process is None or before is None else process.memory_info().rss - before
        told = None if log is None else log.read_bytes().count(b"Traceback") - already
        rows.append(Row(name.__name__, tries, slowest, gained, told))
    return rows


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    head = ["attack", "tries", "slowest /health, s", "memory, MB", "tracebacks", ""]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        memory = "-" if row.gained is None else f"{row.gained / 1e6:+.1f}"
        told = "-" if row.tracebacks is None else row.tracebacks
        verdict = "held" if row.within else "BROKEN"
        lines.append(
            f"| {row.name} | {row.tries} | {row.slowest:.3f} | {memory} | {told} | {verdict} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Attack, print the table, and exit with 1 if something is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1200.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url")
    asked = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    if asked.url:
        rows = campaign(asked.url, asked.seconds, asked.seed, None, None)
    else:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            with own_server(log) as (url, process):
                attack(resets, url, 5.0, asked.seed)  # what the first requests take for good
                rows = campaign(url, asked.seconds, asked.seed, log, process.pid)
    print(table(rows))
    sys.exit(0 if all(row.within for row in rows) else 1)


if __name__ == "__main__":
    main()
