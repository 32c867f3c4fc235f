"""RealtimeTTS's OpenAI engine, as it is, without its player, which downloads a tokenizer.

PyAudio, which it needs, is built with portaudio's headers: where they are, `make test-clients` has
it in an environment of its own.
"""

from queue import Queue

import pytest

from asking import TEXT, ask
from fakes import fake_engine, serving

realtimetts = pytest.importorskip("RealtimeTTS", reason="not installed: the extra sound-clients")


@pytest.mark.parametrize("name", ["pcm", "mp3"])
def test_its_engine_speaks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(fake_engine) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        engine = realtimetts.OpenAIEngine(api_key="none", voice="nova", response_format=name)
        engine.queue = Queue[bytes]()
        assert engine.synthesize(TEXT)
        spoken = ask(server, voice="nova", response_format=name).content
    assert b"".join(engine.queue.get() for _ in range(engine.queue.qsize())) == spoken
