"""Ctrl-C lets `serve run` finish what it speaks. `make test-ray` has Ray."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from asking import TEXT, body_of
from onset.protocol.http_api import HEALTH_PATH, SPEECH_PATH

pytest.importorskip("ray", reason="Ray is not installed: make test-ray")

PORT = 8000
"""`serve run` has no option for it."""

READY = 300.0
"""Seconds in which Ray has started on a loaded machine; its own limit for the proxy is 5."""


@pytest.fixture
def command(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`serve run` with one replica of the fake backend, ready."""
    with socket.socket() as port:
        if port.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT} is taken")
    tests, source = Path(__file__).parents[1], Path(__file__).parents[2] / "src"
    patient = dict.fromkeys(("READY_CHECK", "HEALTH_CHECK"), "60")
    limits = {f"RAY_SERVE_PROXY_{name}_TIMEOUT_S": value for name, value in patient.items()}
    paths = {"PYTHONPATH": os.pathsep.join(map(str, (tests, source))), "RAY_ADDRESS": "local"}
    program = Path(sys.executable).parent / "serve"
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            [program, "run", "ray_replica:app"],
            env=os.environ | limits | paths,
            stdout=said,
            stderr=said,
        )
        try:
            wait_until_ready(process)
            yield process
        finally:
            process.kill()
            process.wait()


def wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    deadline, status = monotonic() + READY, None
    while status != 200:
        assert process.poll() is None and monotonic() < deadline
        sleep(0.5)
        with suppress(httpx.HTTPError):
            status = httpx.get(f"http://127.0.0.1:{PORT}{HEALTH_PATH}").status_code


def test_an_interrupt_lets_the_answer_end(command: subprocess.Popen[bytes]) -> None:
    asked = body_of(input=3 * TEXT)
    url = f"http://127.0.0.1:{PORT}{SPEECH_PATH}"
    whole = httpx.post(url, json=asked, timeout=60).content
    with httpx.stream("POST", url, json=asked, timeout=60) as answer:
        pieces = answer.iter_raw()
        heard = next(pieces)
        command.send_signal(signal.SIGINT)
        heard += b"".join(pieces)
    assert heard == whole
    assert command.wait(60) == 0
