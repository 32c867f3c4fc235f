"""Whether this tree speaks as another commit does, byte for byte.

    scripts/release/equal_audio.py COMMIT

Starts `onset serve` of both trees in turn, asks each for the same 20 requests over voices, speeds,
languages and formats, and compares the answers. Exit code 1 if any differs. The pace is fixed
(`ONSET_PACE`), because what is refined depends on it. Run it on an idle machine: a server that has
no time to spare refines less.
"""

import json
import os
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from socket import create_server
from time import monotonic, sleep
from typing import NamedTuple

import httpx

ROOT = Path(__file__).parents[2]

PACE = "0.25"
"""Seconds of work for a second of speech that both servers are told: most of it is refined."""

READY = 120.0
"""Seconds a server may take to start, the model's graphs built anew."""

SENTENCE = "The old train left the station near the river, and nobody had asked whether it would."
NUMBERS = "On 3/4/2021 she paid $1,250.50 for 12 km; call +1 555 0100 or see https://example.com."
LONG = " ".join(
    [SENTENCE, NUMBERS, "Wait! Really?", "Yes. No. Perhaps tomorrow, at half past six."]
)


class Asked(NamedTuple):
    """One request: a name for people, and its body."""

    name: str
    body: dict[str, object]


def asked(name: str, text: str, voice: str, **fields: object) -> Asked:
    body = {"input": text, "voice": voice, "response_format": "pcm"} | fields
    return Asked(name, body)


REQUESTS = [
    asked("two words", "Hello there.", "af_heart"),
    asked("a sentence", SENTENCE, "af_heart"),
    asked("numbers", NUMBERS, "am_michael"),
    asked("British", SENTENCE, "bf_emma"),
    asked("slow", SENTENCE, "am_fenrir", speed=0.6),
    asked("fast", SENTENCE, "bm_george", speed=1.7),
    asked("a mix", SENTENCE, "af_bella+am_puck"),
    asked("exact", SENTENCE, "af_heart", exact=True),
    asked("a long text", LONG, "af_nicole"),
    asked("Spanish", "El tren llegó a las 8:30 y costó 12,50 €.", "ef_dora"),
    asked("French", "Le train est arrivé à 8 h 30, il coûtait 12,50 €.", "ff_siwis"),
    asked("Hindi", "रेलगाड़ी स्टेशन पर देर से पहुँची।", "hf_alpha"),
    asked("Italian", "Il treno è arrivato alle 8:30 e costava 12,50 €.", "if_sara"),
    asked("Japanese", "電車は8時30分に駅に着きました。", "jf_alpha"),
    asked("Portuguese", "O trem chegou às 8h30 e custou R$ 12,50.", "pf_dora"),
    asked("Mandarin", "火车在8点30分到站，票价12.5元。", "zf_xiaobei"),
    asked("WAV", SENTENCE, "af_sky", response_format="wav"),
    asked("MP3", SENTENCE, "af_sky", response_format="mp3"),
    asked("Opus", SENTENCE, "bf_lily", response_format="opus"),
    asked("events", SENTENCE, "af_heart", stream_format="sse", timestamps=True),
]


def main(commit: str) -> int:
    """The exit code: 1 if an answer differs."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", other, commit], check=True)
        try:
            compile_native(other)
            theirs, ours = answers(other, Path(folder)), answers(ROOT, Path(folder))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", other], check=True)
    for request, old, new in zip(REQUESTS, theirs, ours, strict=True):
        verdict = "equal" if old == new else "DIFFERENT"
        digest = sha256(new).hexdigest()[:12]
        print(f"{request.name:<12} {len(new):>8} bytes  {digest}  {verdict}")
    equal = sum(old == new for old, new in zip(theirs, ours, strict=True))
    print(f"{equal} of {len(REQUESTS)} answers are equal to those of {commit}.")
    return 0 if equal == len(REQUESTS) else 1


def compile_native(tree: Path) -> None:
    """Give a fresh checkout its native library, as an installation would; old ones have none."""
    compiling = tree / "src" / "onset" / "native" / "compiling.py"
    if compiling.exists():
        subprocess.run([sys.executable, compiling], check=True)


def answers(tree: Path, folder: Path) -> list[bytes]:
    """What the server of a checkout answers to each of REQUESTS."""
    with served(tree, folder / f"cache-{tree.name}") as url, httpx.Client(timeout=120) as client:
        return [answer(client, url, request) for request in REQUESTS]


def answer(client: httpx.Client, url: str, request: Asked) -> bytes:
    """The body of one answer. Raises httpx.HTTPStatusError for a refusal: nothing to compare."""
    response = client.post(f"{url}/v1/audio/speech", json=request.body)
    response.raise_for_status()
    assert len(response.content) > 10_000, f"{request.name}: hardly any audio"
    return events(response.text) if "stream_format" in request.body else response.content


def events(text: str) -> bytes:
    """Audio and words of server-sent events: where one event ends depends on the time."""
    read = [json.loads(line[5:]) for line in text.splitlines() if line.startswith("data:")]
    audio = b"".join(b64decode(event["audio"]) for event in read if "audio" in event)
    words = [word for event in read for word in event.get("words", ())]
    return audio + json.dumps(words).encode()


@contextmanager
def served(tree: Path, cache: Path) -> Iterator[str]:
    """The URL of `onset serve` run from `tree`, with a cache of its own."""
    port = free_port()
    environment = os.environ | {
        "PYTHONPATH": str(tree / "src"),
        "ONSET_PACE": PACE,
        "ONSET_PORT": str(port),
        "ONSET_CACHE_DIR": str(cache),
        "ONSET_LOG_LEVEL": "warning",
    }
    server = subprocess.Popen([sys.executable, "-m", "onset", "serve"], env=environment, cwd=tree)
    try:
        wait_ready(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return once /health says so. Raises RuntimeError if the server ends or takes too long."""
    deadline = monotonic() + READY
    while monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        sleep(0.2)
    raise RuntimeError(f"{url} did not get ready.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "HEAD~1"))
