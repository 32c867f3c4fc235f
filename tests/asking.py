"""A small HTTP client for tests: asks a server for speech and looks at its answer."""

import json
import socket
import struct

import httpx

from fakes import Running
from onset.protocol.http_api import PROCESSING, REQUEST_ID, SPEECH_PATH

TEXT = "One two three, four five six."
LONG = "Ten words that are a few seconds long when spoken. " * 6

http = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))


def ask(server: Running, **fields: object) -> httpx.Response:
    """The answer to TEXT, as pcm if nothing else is asked for."""
    return http.post(server.url + SPEECH_PATH, json=body_of(**fields))


def body_of(**fields: object) -> dict[str, object]:
    return {"input": TEXT, "response_format": "pcm"} | fields


def error_of(response: httpx.Response) -> dict[str, str | None]:
    """The error in an answer, which has OpenAI's shape."""
    assert response.headers["content-type"] == "application/json"
    (detail,) = response.json().values()
    assert list(detail) == ["message", "type", "param", "code"]
    assert response.headers[REQUEST_ID] and response.headers[PROCESSING].isdecimal()
    return dict(detail)


def request_speech(server: Running, **fields: object) -> socket.socket:
    """A socket that has asked for LONG, as pcm if nothing else is asked for."""
    client = socket.create_connection(("127.0.0.1", server.port))
    body = json.dumps(body_of(**({"input": LONG} | fields))).encode()
    head = f"POST {SPEECH_PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    client.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    return client


def reset(client: socket.socket) -> None:
    """Leave as a crashed process does."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
