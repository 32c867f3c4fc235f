"""The harmonic source against the published graph's own."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from onset.model.graph.onnx_graph import cut, locate, port, read
from onset.model.harmonic_source import HarmonicSource
from onset.model.kokoro import KokoroBackend
from onset.types import Floats


@pytest.fixture(scope="module")
def published(model_path: Path) -> ort.InferenceSession:
    graph = read(model_path)
    points = locate(graph)
    inputs = {points.f0: port("f0", [1, "f2"])}
    options = ort.SessionOptions()
    options.log_severity_level = 3
    model = cut(graph, inputs, {points.source: "source"}).SerializeToString()
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def curve(frames: int) -> Floats:
    """A rising and falling voice with an unvoiced gap, Hz."""
    time = np.arange(frames) / 80
    f0 = 180 + 60 * np.sin(2 * np.pi * time)
    f0[frames // 3 : frames // 2] = 0
    return f0.astype(np.float32)


def test_source_equals_the_published_graph(
    backend: KokoroBackend, published: ort.InferenceSession
) -> None:
    f0 = curve(160)
    (reference,) = published.run(None, {"f0": f0[None]})
    source = backend.generator.source(f0)
    assert source.shape == reference.shape == (1, 22, 160 * 60 + 1)
    assert np.abs(source[:, :11] - reference[:, :11]).max() < 0.02
    loud = reference[:, :11] > 0.05  # the phase of nothing is rounding noise in both
    turn = np.exp(1j * source[:, 11:][loud]) / np.exp(1j * reference[:, 11:][loud])
    assert np.quantile(np.abs(np.angle(turn)), 0.99) < 0.1


def test_a_constant_signal_has_the_published_sign_of_pi(
    backend: KokoroBackend, published: ort.InferenceSession
) -> None:
    f0 = np.zeros(20, np.float32)
    (reference,) = published.run(None, {"f0": f0[None]})
    source = backend.generator.source(f0)
    assert np.allclose(source[:, 11], reference[:, 11], atol=1e-5)


def test_a_steady_voice_has_its_pitch() -> None:
    one = HarmonicSource(np.array([1.0], np.float32), 0.0)
    samples = one.excitation(np.full(80, 240.0, np.float32))
    spectrum = np.abs(np.fft.rfft(samples[2400:-2400]))
    assert np.argmax(spectrum) * 24_000 / (len(samples) - 4800) == pytest.approx(240, abs=2)


@pytest.mark.parametrize("frames", [2, 4, 17])
def test_every_length_works(backend: KokoroBackend, frames: int) -> None:
    f0 = np.full(frames, 100.0, np.float32)
    assert backend.generator.source(f0).shape == (1, 22, frames * 60 + 1)
