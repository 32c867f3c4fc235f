"""Memory runs out under a server: it goes on, and answers as before when there is memory again."""

import json
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx

from attack.findings import Finding, Part
from attack.servers import Server, served

ROOM = (64 << 20, 16 << 20, 4 << 20, 1 << 20)
"""Bytes that the server may take beyond what it has."""

AT_ONCE = 12
"""Requests that ask for memory at once."""


def _limit(server: Server, size: int) -> None:
    _, hard = resource.prlimit(server.process.pid, resource.RLIMIT_AS)
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (size, hard))


def squeezed(server: Server, room: int, seconds: float) -> Finding:
    """Ask for much with so little room, and then for a little with all of it."""
    found = Finding(f"{room >> 20} MiB of room")
    body = json.dumps({"input": "A long text, and longer. " * 300, "response_format": "mp3"})

    def ask(_: int) -> None:
        try:
            headers = {"Content-Type": "application/json"}
            url = server.url + "/v1/audio/speech"
            httpx.post(url, content=body, headers=headers, timeout=5)
        except httpx.HTTPError:
            pass  # to be cut off is allowed while there is no memory
        found.tries += 1

    end = time.monotonic() + seconds
    _limit(server, int(server.process.memory_info().vms) + room)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while time.monotonic() < end or not found.tries:
            list(pool.map(ask, range(AT_ONCE)))
    if server.process.is_running() and server.process.status() != "zombie":
        _limit(server, resource.RLIM_INFINITY)
        found.faults += _wrong(server)
    else:
        found.faults.append("the server is gone")
    return found


def _wrong(server: Server) -> Iterator[str]:
    """What does not work once there is memory again."""
    for _ in range(20):
        if server.health() is not None:
            break
        time.sleep(0.5)
    else:
        yield "no /health"
    try:
        answer = httpx.post(server.url + "/v1/audio/speech", json={"input": "Hello."}, timeout=20)
    except httpx.HTTPError as error:
        yield f"no answer: {type(error).__name__}"
        return
    if answer.status_code != 200:
        yield f"{answer.status_code} for a text"


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """Less and less room. A traceback is no fault here: any line may be the one without memory."""
    with served() as server:
        for room in ROOM:
            found = squeezed(server, room, seconds / len(ROOM))
            yield found
            if found.faults:
                return


def control() -> bool:
    """A server that is killed for its memory."""
    with served() as server:
        server.process.kill()
        time.sleep(0.2)
        return bool(list(_wrong_quickly(server)))


def _wrong_quickly(server: Server) -> Iterator[str]:
    if server.health() is None:
        yield "no /health"


PART = Part("memory pressure", attack, control)
