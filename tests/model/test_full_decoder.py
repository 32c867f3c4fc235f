"""The full decode equals the published graph."""

from pathlib import Path

import onnxruntime as ort
import pytest
from full_decodes import ENOUGH_DB, decibels, decoded
from onnx import TensorProto

from onset.model.graph.onnx_graph import Port, cut, dequantise, locate, read
from onset.model.kokoro import KokoroBackend

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
        points.trunk: Port("trunk", TensorProto.FLOAT, [1, 512, "x"]),
        points.source: Port("source", TensorProto.FLOAT, [1, 22, "h"]),
        "style": Port("style", TensorProto.FLOAT, [1, 256]),
    }
    dequantise(graph, inputs, [output])
    path = tmp_path_factory.mktemp("published") / "generator.onnx"
    path.write_bytes(cut(graph, inputs, {output: "samples"}).SerializeToString())
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("text", "voice"), CASES)
def test_a_full_decode_equals_the_published_graph(
    backend: KokoroBackend, published: ort.InferenceSession, text: str, voice: str
) -> None:
    one = decoded(backend, text, voice)
    p = one.prosody
    feeds = {"trunk": p.trunk, "source": p.source, "style": p.style}
    (reference,) = published.run(None, feeds)
    assert one.samples.shape == reference.ravel().shape == (600 * int(p.durations.sum()),)
    assert decibels(reference.ravel(), one.samples - reference.ravel()) >= ENOUGH_DB
