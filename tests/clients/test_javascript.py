"""Clients in JavaScript, as they are, against our server. `make test-clients` installs them."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from asking import TEXT, ask
from fakes import fake_engine, serving
from onset.protocol.http_api import MEDIA_TYPES

HERE = Path(__file__).parent


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def told_by(script: str, url: str) -> Any:
    """What a script tells of TEXT spoken by the server at `url`."""
    done = subprocess.run(
        ["node", str(HERE / script), url, TEXT],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_javascript_client() -> None:
    with serving(fake_engine) as server:
        told = told_by("speak.mjs", server.url)
        expected = {
            name: [kind, sha(ask(server, response_format=name, voice="ash").content)]
            for name, kind in MEDIA_TYPES.items()
        }
    assert told["formats"] == expected
    pcm = expected["pcm"][1]
    assert told["streamed"][0] > 1 and told["streamed"][1] == pcm
    last, heard = told["sse"]
    assert last["type"] == "speech.audio.done" and last["usage"]["total_tokens"] > 0
    assert heard == pcm
    assert told["models"] == ["kokoro", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"]
    assert told["refusal"] == ["BadRequestError", 400, "voice", True]


def test_vercels_ai_sdk() -> None:
    with serving(fake_engine) as server:
        told = told_by("vercel.mjs", server.url)
        expected = {
            name: sha(ask(server, response_format=name, voice="ash").content)
            for name in MEDIA_TYPES
        }
    assert told["formats"] == expected
    status, message = told["refusal"]
    assert status == 400 and "Choices: af_alloy" in message


def test_livekit_for_node() -> None:
    with serving(fake_engine) as server:
        told = told_by("livekit.mjs", server.url)
    spoken = fake_engine().render(TEXT, voice="am_michael")
    assert told.pop("rate") == 24_000
    for model in ("gpt-4o-mini-tts", "tts-1"):
        # It gives whole frames of 50 ms and keeps the last one that is none.
        assert len(spoken) - 1200 <= told[model]["samples"] <= len(spoken)
        assert told[model]["loudest"] > 1000
