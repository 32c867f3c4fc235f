"""OpenAI's JavaScript client, as it is, against our server. `make test-clients` installs it."""

import hashlib
import json
import subprocess
from pathlib import Path

from asking import TEXT, ask
from fakes import fake_engine, serving
from onset.protocol.http_api import MEDIA_TYPES

HERE = Path(__file__).parent


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_javascript_client() -> None:
    with serving(fake_engine) as server:
        done = subprocess.run(
            ["node", str(HERE / "speak.mjs"), server.url, TEXT],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
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
