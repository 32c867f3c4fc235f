"""VoiceMode, as it is and unconfigured: it finds our server where it looks for a Kokoro server.

Its package brings simpleaudio, which is built with ALSA's headers: where they are, `make
test-clients` has it in an environment of its own.
"""

import asyncio
import socket
from pathlib import Path

import numpy as np
import pytest

from asking import TEXT
from fakes import fake_engine, serving
from onset.config import Settings, load_settings

pytest.importorskip("voice_mode", reason="not installed: the extra sound-clients")

PORT = int(Settings.model_fields["port"].default)


def taken() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


@pytest.mark.skipif(taken(), reason=f"port {PORT}, where it looks, is taken")
@pytest.mark.parametrize("voice", ["af_sky", "nova"])
def test_it_speaks_unconfigured(
    voice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    synthesize = pytest.importorskip("voice_mode.simple_failover").simple_tts_synthesize
    with serving(fake_engine, load_settings({}, port=PORT, drain_timeout=0)):
        done, samples, rate, _, told = asyncio.run(synthesize(TEXT, voice))
    assert done, told
    assert (told["base_url"], told["voice"], rate) == (
        f"http://127.0.0.1:{PORT}/v1",
        voice,
        24_000,
    )
    assert np.shape(samples)[0] >= len(fake_engine().render(TEXT, voice=voice)) - 1200
