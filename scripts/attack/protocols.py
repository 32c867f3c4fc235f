"""The protocols, by state machines; and what the OpenAPI document promises, by Schemathesis."""

import socket
import threading
import time
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings

with warnings.catch_warnings():  # of what it imports, not of what it does
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi.checks import status_code_conformance

from attack.daemons import playing
from attack.findings import Finding, Part
from attack.machines.daemon_machine import daemon_machine
from attack.machines.http_machine import http_machine
from attack.machines.machine_runs import causes, runs
from attack.machines.websocket_machine import websocket_machine
from attack.machines.wyoming_machine import wyoming_machine
from attack.servers import PATIENCE, Server, served

STREAM = "/v1/audio/speech/stream"
ENDLESS = "/performance/live"
"""The path whose answer has no end."""

CASES = 20
"""Requests to an operation in one round."""


def attack(seconds: float, seed: int) -> Iterator[Finding]:
    """Each machine, and the document, for its share of the time."""
    share = seconds / 5
    with served() as server:
        yield from machines_of(server, share, seed)
        found = documented(server.url, share, seed)
        yield found
        if server.tracebacks:
            found.faults.append(f"{server.tracebacks} tracebacks in the server's log")
    with playing() as daemon:
        found = runs("playback daemon", daemon_machine(daemon.connect), share, seed)
        if daemon.tracebacks:
            found.faults.append(f"{daemon.tracebacks} tracebacks in the daemon's log")
        yield found


def machines_of(server: Server, share: float, seed: int) -> Iterator[Finding]:
    """The machines for what a server speaks, each for so many seconds."""

    def wyoming() -> socket.socket:
        return socket.create_connection(("127.0.0.1", server.wyoming), PATIENCE)

    url = server.url.replace("http", "ws") + STREAM
    for name, machine in (
        ("HTTP", http_machine(partial(server.connect, PATIENCE))),
        ("WebSocket", websocket_machine(url)),
        ("Wyoming", wyoming_machine(wyoming)),
    ):
        told = server.tracebacks
        found = runs(name, machine, share, seed)
        if server.tracebacks > told:
            found.faults.append(f"{server.tracebacks - told} tracebacks in the server's log")
        yield found


def documented(url: str, seconds: float, begin: int) -> Finding:
    """Requests that the document allows, and that it does not."""
    found, end = Finding("OpenAPI document"), time.monotonic() + seconds
    document = httpx.get(url + "/openapi.json", timeout=PATIENCE).json()
    results = schemathesis.openapi.from_dict(document).get_all_operations()
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    operations = [operation for operation in operations if operation.path != ENDLESS]
    while not found.faults and (time.monotonic() < end or not found.tries):
        for operation in operations:
            try:
                _tried(operation, url, begin + found.tries)
            except (Exception, ExceptionGroup) as error:  # whatever falls is a finding
                found.faults += [f"{operation.label}: {one}" for one in causes(error)]
            found.tries += CASES
    found.figures = f"{len(operations)} operations"
    return found


def _tried(operation: Any, url: str, begin: int) -> None:
    checks = [not_a_server_error, status_code_conformance]

    @seed(begin)
    @settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answers_as_documented(case: Any) -> None:
        case.call_and_validate(base_url=url, checks=checks)

    answers_as_documented()


def control() -> bool:
    """A server that answers everything with noise."""
    with socket.create_server(("127.0.0.1", 0)) as noise:
        port = int(noise.getsockname()[1])

        def answer() -> None:
            while True:
                try:
                    one, _ = noise.accept()
                except OSError:
                    return
                with one:
                    one.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" + bytes(99))

        def connect() -> socket.socket:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)

        threading.Thread(target=answer, daemon=True).start()
        url = f"ws://127.0.0.1:{port}"
        found = [
            runs("", http_machine(connect), 0, 1),
            runs("", websocket_machine(url), 0, 1),
            runs("", wyoming_machine(connect), 0, 1),
            runs("", daemon_machine(connect), 0, 1),
        ]
        noise.close()
    return all(one.faults for one in found)


PART = Part("protocols", attack, control)
