"""The full decode equals the published graph, and the inverse STFT may come in pieces."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st

from full_decodes import ENOUGH_DB, decibels, decoded
from onset.model.decoding.inverse_stft import InverseSTFT
from onset.model.graph.onnx_graph import cut, dequantise, locate, port, read
from onset.model.harmonic_source import HOP, WINDOW
from onset.model.kokoro import KokoroBackend
from onset.types import Floats

CASES = [
    ("yes", "af_heart"),
    ("question", "bm_george"),
    ("question", "am_michael"),
    ("sentence", "zf_xiaobei"),
]


@pytest.fixture(scope="module")
def published(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> ort.InferenceSession:
    """The generator out of the published graph's own nodes, its quantisation undone."""
    graph = read(model_path)
    points = locate(graph)
    output = graph.model.graph.output[0].name
    inputs = {
        points.trunk: port("trunk", [1, 512, "x"]),
        points.source: port("source", [1, 22, "h"]),
        "style": port("style", [1, 256]),
    }
    dequantise(graph, inputs, [output])
    path = tmp_path_factory.mktemp("published") / "generator.onnx"
    path.write_bytes(cut(graph, inputs, {output: "samples"}).SerializeToString())
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("text", "voice"), CASES)
def test_a_full_decode_equals_the_published_graph(
    exact_backend: KokoroBackend, published: ort.InferenceSession, text: str, voice: str
) -> None:
    one = decoded(exact_backend, text, voice)
    p = one.prosody
    feeds = {"trunk": p.trunk, "source": p.source, "style": p.style}
    (reference,) = published.run(None, feeds)
    assert one.samples.shape == reference.ravel().shape == (600 * int(p.durations.sum()),)
    assert decibels(reference.ravel(), one.samples - reference.ravel()) >= ENOUGH_DB


def inverse(edge: float | None) -> InverseSTFT:
    basis = np.random.default_rng(1).normal(size=(22, WINDOW)).astype(np.float32)
    return InverseSTFT(basis, None if edge is None else np.full(WINDOW, edge, np.float32))


def spectrum(frames: int) -> Floats:
    return np.random.default_rng(0).normal(size=(22, frames)).astype(np.float32)


@given(sizes=st.lists(st.integers(4, 20), min_size=1, max_size=5))
def test_pieces_of_any_sizes_give_the_samples_of_the_whole(sizes: list[int]) -> None:
    frames = spectrum(sum(sizes))
    stream, ends = inverse(2.0), np.cumsum(sizes)
    pieces = [
        stream.push(frames[:, end - size : end], last=end == ends[-1])
        for size, end in zip(sizes, ends, strict=True)
    ]
    whole = inverse(2.0).push(frames, last=True)
    assert whole.shape == ((sum(sizes) - 1) * HOP,)
    assert np.allclose(np.concatenate(pieces), whole, rtol=1e-4, atol=1e-4)


def test_only_audio_from_the_first_frame_on_is_scaled_at_its_edge() -> None:
    inside = inverse(None).push(spectrum(30), last=True)
    first = inverse(2.0).push(spectrum(30), last=True)
    edge = WINDOW - WINDOW // 2
    assert np.allclose(first[:edge] * 2, inside[:edge])
    assert np.array_equal(first[edge:], inside[edge:])
