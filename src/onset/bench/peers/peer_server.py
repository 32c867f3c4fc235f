"""An HTTP server around another speech library: it streams what the library yields, as Onset does.

It runs in a process of its own, takes one request at a time, and sends each piece of audio as soon
as the library gives it. GET HEALTH_PATH says whether it still works (`active`): it may for a while
after the client has left, until the library can be stopped.
"""

import os
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Protocol

import numpy as np
import numpy.typing as npt

from onset.protocol.http_api import (
    HEALTH_PATH,
    SAMPLE_RATE_HEADER,
    SPEECH_PATH,
    Health,
    SpeechRequest,
)

Emit = Callable[[bytes], None]
"""Sends 16-bit samples to the client; raises ConnectionError when the client has left."""


class Synthesizer(Protocol):
    """What a peer must be able to do."""

    sample_rate: int

    def speak(self, text: str, emit: Emit) -> None:
        """Give every piece to `emit` as soon as it exists; return when all work has ended."""


class PeerServer(ThreadingHTTPServer):
    """Serves one synthesizer on loopback, on a port that the system chooses."""

    daemon_threads = True

    def __init__(self, synthesizer: Synthesizer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.synthesizer = synthesizer
        self.turn = Lock()
        self.active = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: PeerServer

    def do_GET(self) -> None:
        if self.path != HEALTH_PATH:
            return self.send_error(HTTPStatus.NOT_FOUND)
        body = Health(active=self.server.active).model_dump_json().encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        if self.path != SPEECH_PATH:
            return self.send_error(HTTPStatus.NOT_FOUND)
        self.server.active += 1
        try:
            with self.server.turn:
                self._speak()
        except ConnectionError:
            self.close_connection = True
        finally:
            self.server.active -= 1

    def _speak(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = SpeechRequest.model_validate_json(body).input
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "audio/pcm")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header(SAMPLE_RATE_HEADER, str(self.server.synthesizer.sample_rate))
        self.end_headers()
        self.server.synthesizer.speak(text, self._emit)
        self.wfile.write(b"0\r\n\r\n")

    def _emit(self, pcm: bytes) -> None:
        if pcm:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(pcm), pcm))

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the client records its requests."""


def to_pcm(samples: npt.NDArray[np.float32]) -> bytes:
    """float32 [n] within [-1, 1] -> 16-bit little-endian bytes."""
    return (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def serve(synthesizer: Synthesizer) -> None:
    """Print the URL, then serve until standard input is closed.

    The input also ends when the parent process is killed, so no peer outlives it.
    """
    server = PeerServer(synthesizer)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.url, flush=True)
    sys.stdin.buffer.read()
    # Not sys.exit: a library in the middle of a computation would be waited for.
    os._exit(0)
