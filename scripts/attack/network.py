"""Abuse of the server by network, in turns, while `/health` is asked."""

import contextlib
import json
import random
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx

from attack.findings import Finding, Part
from attack.servers import HEALTH_SECONDS, HealthWatch, Server, served

MEMORY_BYTES = 30_000_000
"""Most memory that an attack may leave behind."""

SETTLE_SECONDS = 1.0

WARM_TEXTS = (2, 10, 50)
"""Sentences of answers that are heard before anything is measured: the first answer of a length
takes memory for good, in the arenas of ONNX Runtime and of the allocator."""

WARM_CROWD = 24
"""Who ask at once then: the first crowd has the fast voice loaded, which is kept."""

SPEECH, STREAM = "/v1/audio/speech", "/v1/audio/speech/stream"
HOST = b"Host: localhost\r\n"
UPGRADE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
POST = f"POST {SPEECH} HTTP/1.1\r\n".encode() + HOST + b"Content-Type: application/json\r\n"
GET_STREAM = f"GET {STREAM} HTTP/1.1\r\n".encode() + HOST + UPGRADE

Connect = Callable[[], socket.socket]
Attack = Callable[[Connect, random.Random], None]


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


def send(one: socket.socket, data: bytes, close: bool = True) -> None:
    """Send what is taken; the server may have had enough."""
    with contextlib.suppress(OSError):
        one.sendall(data)
        if close:
            one.recv(4096)
    if close:
        one.close()


def turns(
    server: Server, attacks: tuple[Attack, ...], seconds: float, seed: int
) -> Iterator[Finding]:
    """Each attack for its share of the time."""
    for number, one in enumerate(attacks):
        yield _turn(server, one, seconds / len(attacks), random.Random(seed + number))


def _turn(server: Server, one: Attack, seconds: float, chance: random.Random) -> Finding:
    """An attack for so long. What its first half takes may be taken once, what a leak takes grows
    in the second too."""
    found, told = Finding(one.__name__), server.tracebacks
    with HealthWatch(server) as health:
        _repeated(server, one, seconds / 2, chance, found)
        memory = server.memory
        _repeated(server, one, seconds / 2, chance, found)
    gained, told = server.memory - memory, server.tracebacks - told
    found.figures = f"{health.figures}, {gained / 1e6:+.1f} MB in the second half"
    if health.slowest > HEALTH_SECONDS:
        found.faults.append(f"/health took {health.slowest:.2f} s")
    if gained > MEMORY_BYTES:
        found.faults.append(f"{gained / 1e6:.1f} MB more are held")
    if told:
        found.faults.append(f"{told} tracebacks")
    return found


def _repeated(
    server: Server, one: Attack, seconds: float, chance: random.Random, found: Finding
) -> None:
    """Once more and again, and then until what was begun has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            one(server.connect, chance)
        except OSError as error:
            found.faults.append(f"no connection any more: {error}")
            break
        found.tries += 1
    time.sleep(SETTLE_SECONDS)


def warm(server: Server, plan: str = "auto") -> None:
    """Hear answers of several lengths to their ends, one by one, then many at once."""
    for sentences in WARM_TEXTS:
        _heard(server, sentences, priority="background", plan=plan)
    texts = WARM_TEXTS * (WARM_CROWD // len(WARM_TEXTS))
    with ThreadPoolExecutor(WARM_CROWD) as crowd:
        list(crowd.map(partial(_heard, server, plan=plan), texts))


def _heard(server: Server, sentences: int, **fields: str) -> None:
    body = {"input": "The harbour was quiet. " * sentences, "response_format": "pcm"} | fields
    httpx.post(server.url + SPEECH, json=body, timeout=300)


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """All attacks, on a server with the model."""
    with served(real=True, ONSET_HISTORY="off", ONSET_PROBE_INTERVAL="0") as server:
        warm(server)
        yield from turns(server, ATTACKS, seconds, seed)


def control() -> bool:
    """A server that stands still does not answer."""
    with served() as server:
        server.process.send_signal(signal.SIGSTOP)
        (found,) = turns(server, (noise,), 2.0, 1)
    return bool(found.faults)


PART = Part("network", attack, control)
