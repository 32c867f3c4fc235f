"""How a server ends: with what it speaks, whichever signal tells it, and in one sentence."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from asking import body_of
from fakes import fake_engine
from onset.config import load_settings
from onset.errors import AssetError
from onset.protocol.http_api import SPEECH_PATH
from onset.serving.http.app import run
from onset.serving.scheduling.scheduler import scheduler_of
from processes import killed_at_the_end

SERVER = """
import signal, sys
signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))  # also where tests ignore it
from fakes import fake_engine
from onset.config import load_settings
from onset.serving.http.app import run
from onset.serving.scheduling.scheduler import scheduler_of
settings = load_settings({}, port=0, history=False)
run(settings, scheduler_of(settings, lambda: fake_engine(0.01)))
"""
PATHS = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_is_spoken_is_finished(number: signal.Signals) -> None:
    with running("SIG_DFL") as (server, url):
        whole = httpx.post(url + SPEECH_PATH, json=body_of(), timeout=30).content
        with httpx.stream("POST", url + SPEECH_PATH, json=body_of(), timeout=30) as answer:
            received = b""
            for part in answer.iter_raw():
                if not received:
                    server.send_signal(number)
                received += part
        assert received == whole
        assert server.wait(20) in (0, -number)
        assert server.stderr is not None and "Traceback" not in server.stderr.read()


def test_nohup_keeps_a_server() -> None:
    with running("SIG_IGN") as (server, url):
        server.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert httpx.get(url + "/health", timeout=30).status_code == 200


@contextmanager
def running(hangup: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server in a process of its own, and its URL."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, hangup],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": PATHS},
    )
    with killed_at_the_end(server):
        assert server.stderr is not None
        url = next(line for line in server.stderr if "http://" in line).split()[2]
        assert any("Ready" in line for line in server.stderr)
        yield server, url


@pytest.mark.parametrize("name", ["port", "wyoming_port"])
def test_an_address_that_is_taken_is_said_in_one_sentence(
    name: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"port": 0} | {name: taken.getsockname()[1]}
        settings = load_settings({}, history=False, **ports)
        with pytest.raises(AssetError, match=r"^Cannot listen on 127.0.0.1:\d+: .*another port"):
            run(settings, scheduler_of(settings, fake_engine))
    assert "Traceback" not in capsys.readouterr().err
    assert not [record for record in caplog.records if record.exc_info]
