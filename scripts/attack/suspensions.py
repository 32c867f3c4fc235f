"""Processes that stand still for a while: clients, the server, the playback daemon."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from attack.daemons import PlayingDaemon, playing
from attack.findings import Finding, Part
from attack.machines.daemon_machine import hello, next_kind
from attack.network import POST
from attack.servers import HEALTH_SECONDS, PATIENCE, Server, served
from onset.protocol.playback_frames import Frame, FrameKind, encode

CLIENT = """
import socket, sys, time
one = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
one.sendall(sys.argv[2].encode())
while True:
    one.recv(4096)
    time.sleep(0.05)
"""


def a_client(server: Server, seconds: float) -> str:
    """A client that asked for a long answer stands still: others are answered meanwhile."""
    body = json.dumps({"input": "A long text. " * 400, "response_format": "pcm"})
    asked = f"{POST.decode()}Content-Length: {len(body)}\r\n\r\n{body}"
    client = subprocess.Popen([sys.executable, "-c", CLIENT, str(server.port), asked])
    try:
        time.sleep(0.3)
        client.send_signal(signal.SIGSTOP)
        return _answers(server, seconds)
    finally:
        client.kill()
        client.wait()


def the_server(server: Server, seconds: float) -> str:
    """The server stands still and goes on: it answers again at once."""
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    server.process.send_signal(signal.SIGCONT)
    return _answers(server, 0.5)


def _answers(server: Server, seconds: float) -> str:
    """What was wrong with `/health` in that time; empty if nothing was."""
    end, slowest = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        answered = server.health()
        slowest = max(slowest, 5.0 if answered is None else answered)
    return f"/health took {slowest:.2f} s" if slowest > HEALTH_SECONDS else ""


def the_daemon(daemon: PlayingDaemon, seconds: float) -> str:
    """The daemon stands still in the middle of a sound and goes on: it tells its status again."""
    with daemon.connect() as one:
        sound = [
            Frame(FrameKind.OPEN, 1, 0, 0, b'{"rate": 24000}'),
            Frame(FrameKind.AUDIO, 1, 0, 0, bytes(48_000)),
            Frame(FrameKind.END, 1, 0, 24_000),
        ]
        one.sendall(hello() + b"".join(map(encode, sound)))
        time.sleep(0.1)
        daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        daemon.process.send_signal(signal.SIGCONT)
        return _status(daemon)


def a_caller(daemon: PlayingDaemon, seconds: float) -> str:
    """A caller asks 2,000 times for the status and reads nothing: others are told theirs."""
    status = encode(Frame(FrameKind.CONTROL, 0, 7, 0, b'{"action": "status"}'))
    with daemon.connect() as one, contextlib.suppress(OSError):
        one.sendall(hello() + status * 2000)
        time.sleep(seconds)
    return _status(daemon)


def _status(daemon: PlayingDaemon, timeout: float = PATIENCE) -> str:
    """What was wrong with the status of another caller; empty if nothing was."""
    try:
        with daemon.connect(timeout) as one:
            one.sendall(
                hello() + encode(Frame(FrameKind.CONTROL, 0, 7, 0, b'{"action": "status"}'))
            )
            while next_kind(one) != FrameKind.REPORT:
                pass
    except OSError as error:
        return f"no status: {error}"
    return ""


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """Each of them in turns."""
    with served() as server:
        for one in (a_client, the_server):
            yield _repeated(one, server, seconds / 4)
    with playing() as daemon:
        for other in (the_daemon, a_caller):
            yield _repeated(other, daemon, seconds / 4)


def _repeated(one: Callable[..., str], target: Server | PlayingDaemon, seconds: float) -> Finding:
    found, end, told = Finding(one.__name__), time.monotonic() + seconds, target.tracebacks
    while time.monotonic() < end or not found.tries:
        if fault := one(target, min(1.0 + found.tries, 8.0, max(seconds / 2, 0.5))):
            found.faults.append(fault)
        found.tries += 1
    if target.tracebacks > told:
        found.faults.append(f"{target.tracebacks - told} tracebacks")
    return found


def control() -> bool:
    """A server and a daemon that never go on."""
    with served() as server:
        server.process.send_signal(signal.SIGSTOP)
        seen = bool(_answers(server, 0.5))
    with playing() as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        seen = seen and bool(_status(daemon, 5))
        daemon.process.send_signal(signal.SIGCONT)
    return seen


PART = Part("suspended processes", attack, control)
