"""The proof: given the true statistics, streaming equals the published decode of a segment."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto

from onset.errors import Halted
from onset.graph import Port, cut, dequantise, locate, read
from onset.kokoro import KokoroBackend
from onset.model import Prosody, Statistics
from onset.phonemes import encode
from onset.types import Floats, Halt
from onset.voices import Voices

TEXTS = {
    "yes": "jˈɛs.",
    "question": "wˈʌt tˈIm ɪz ɪt?",
    "sentence": "ðə kwˈɪk bɹˈWn fˈɑks ʤˈʌmps ˈOvəɹ ðə lˈAzi dˈɔɡ, ænd ðˈɛn ɪt ɹˈʌnz əwˈA.",
}
CASES = [
    ("yes", "af_heart"),
    ("question", "bm_george"),
    ("sentence", "am_michael"),
    ("sentence", "zf_xiaobei"),
]
ENOUGH_DB = 80.0


def decibels(signal: Floats, error: Floats) -> float:
    """Signal to noise ratio of what should be equal."""
    return float(10 * np.log10(np.sum(signal**2.0) / (np.sum(error**2.0) + 1e-30)))


def prosody(backend: KokoroBackend, text: str, voice: str) -> Prosody:
    tokens = encode(TEXTS[text])
    style = Voices().style(voice, len(tokens))
    return backend.trunk(backend.front(tokens, style, 1.0, Halt()), Halt())


def stream(
    backend: KokoroBackend, p: Prosody, statistics: Statistics, frames: int, start: int = 0
) -> Floats:
    decoder = backend.decoder(p, statistics, start, Halt())
    pieces = []
    while decoder.remaining:
        pieces.append(decoder.step(frames))
    return np.concatenate(pieces)


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
def test_whole_decode_equals_the_published_graph(
    backend: KokoroBackend, published: ort.InferenceSession, text: str, voice: str
) -> None:
    p = prosody(backend, text, voice)
    feeds = {"trunk": p.trunk, "source": p.source, "style": p.style}
    (reference,) = published.run(None, feeds)
    samples, _ = backend.generator.whole(p, Halt())
    assert samples.shape == reference.ravel().shape == (600 * int(p.durations.sum()),)
    assert decibels(reference.ravel(), samples - reference.ravel()) >= ENOUGH_DB


@pytest.mark.parametrize("frames", [4, 7, 16, 1000])
@pytest.mark.parametrize(("text", "voice"), CASES)
def test_streaming_with_true_statistics_equals_the_whole_decode(
    backend: KokoroBackend, text: str, voice: str, frames: int
) -> None:
    p = prosody(backend, text, voice)
    whole, statistics = backend.generator.whole(p, Halt())
    samples = stream(backend, p, statistics, frames)
    assert samples.shape == whole.shape
    assert decibels(whole, samples - whole) >= ENOUGH_DB
    peak = float(np.abs(whole).max())
    for edge in (slice(None, 1200), slice(-1200, None)):  # the first and the last 50 ms
        assert np.abs(samples[edge] - whole[edge]).max() <= 1e-4 * peak


def test_steps_do_not_change_the_samples(backend: KokoroBackend) -> None:
    p = prosody(backend, "question", "af_heart")
    _, statistics = backend.generator.whole(p, Halt())
    small, large = (stream(backend, p, statistics, frames) for frames in (3, 16))
    assert decibels(large, small - large) >= ENOUGH_DB


def test_starting_inside_the_leading_silence_costs_less_than_hearing_can_tell(
    backend: KokoroBackend,
) -> None:
    p = prosody(backend, "sentence", "af_heart")
    whole, statistics = backend.generator.whole(p, Halt())
    onset = int(np.flatnonzero(p.energy > -1.0)[0])
    start = onset - 3
    samples = stream(backend, p, statistics, 16, start)
    heard = slice((onset - 2 - start) * 300, None)
    reference = whole[start * 300 :]
    assert decibels(reference[heard], (samples - reference)[heard]) >= 40.0


def test_other_statistics_give_other_audio(backend: KokoroBackend) -> None:
    p = prosody(backend, "question", "af_heart")
    whole, true = backend.generator.whole(p, Halt())
    wrong = Statistics(true.mean, true.std * np.float32(1.2))
    assert decibels(whole, stream(backend, p, wrong, 16) - whole) < 20.0


def test_step_stops_when_the_button_is_pressed(backend: KokoroBackend) -> None:
    p = prosody(backend, "question", "af_heart")
    _, statistics = backend.generator.whole(p, Halt())
    halt = Halt()
    decoder = backend.decoder(p, statistics, 0, halt)
    decoder.step(4)
    halt.set()
    with pytest.raises(Halted):
        decoder.step(4)
