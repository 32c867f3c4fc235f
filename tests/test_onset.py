"""The names that `import onset` gives."""

import subprocess
import sys

import pytest

import onset


def test_every_public_name_loads() -> None:
    assert [name for name in onset.__all__ if not hasattr(onset, name)] == []
    assert set(onset.__all__) <= set(dir(onset))
    with pytest.raises(AttributeError, match="engines"):
        _ = onset.engines  # type: ignore[attr-defined]


def test_whoever_sends_whole_texts_does_not_load_a_websocket_library() -> None:
    probe = "import sys, onset.client; print(*sys.modules); onset.client.narrate"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert loaded.returncode == 0
    assert "httpx" in loaded.stdout.split()
    assert "websockets" not in loaded.stdout.split()
