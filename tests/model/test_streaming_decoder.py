"""The proof: given the true statistics, streaming equals the published decode of a segment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto

from onset.errors import Halted
from onset.model.backend import AdainStatistics, Decoder, Prosody
from onset.model.graph.onnx_graph import Port, cut, dequantise, locate, read
from onset.model.kokoro import KokoroBackend
from onset.model.voice_styles import VoiceStyles
from onset.text.g2p.vocabulary import encode
from onset.types import Floats, Halt

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
STREAMED = [
    *(("yes", "af_heart", frames) for frames in (1, 4, 7, 16, 1000)),
    *(("question", "bm_george", frames) for frames in (4, 7, 16, 1000)),
    ("sentence", "am_michael", 4),
    ("sentence", "zf_xiaobei", 16),
]
"""Steps in decoder frames of 12.5 ms: 4 is the first step, 16 a usual one, 1000 is everything."""

ENOUGH_DB = 80.0


def decibels(signal: Floats, error: Floats) -> float:
    """Signal to noise ratio of what should be equal."""
    return float(10 * np.log10(np.sum(signal**2.0) / (np.sum(error**2.0) + 1e-30)))


@dataclass(frozen=True, slots=True)
class Decoded:
    """A segment, its whole decode and its true statistics."""

    prosody: Prosody
    samples: Floats
    statistics: AdainStatistics


@pytest.fixture(scope="module")
def decoded(backend: KokoroBackend) -> Callable[[str, str], Decoded]:
    """The whole decode of a text in a voice, made once."""

    @cache
    def decode(text: str, voice: str) -> Decoded:
        tokens = encode(TEXTS[text])
        style = VoiceStyles().style(voice, len(tokens))
        p = backend.trunk(backend.front(tokens, style, 1.0, Halt()), Halt())
        return Decoded(p, *backend.generator.decode(p, Halt()))

    return decode


def stream(
    backend: KokoroBackend, p: Prosody, statistics: AdainStatistics, frames: int, start: int = 0
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
    decoded: Callable[[str, str], Decoded], published: ort.InferenceSession, text: str, voice: str
) -> None:
    one = decoded(text, voice)
    p = one.prosody
    feeds = {"trunk": p.trunk, "source": p.source, "style": p.style}
    (reference,) = published.run(None, feeds)
    assert one.samples.shape == reference.ravel().shape == (600 * int(p.durations.sum()),)
    assert decibels(reference.ravel(), one.samples - reference.ravel()) >= ENOUGH_DB


@pytest.mark.parametrize(("text", "voice", "frames"), STREAMED)
def test_streaming_with_true_statistics_equals_the_whole_decode(
    backend: KokoroBackend,
    decoded: Callable[[str, str], Decoded],
    text: str,
    voice: str,
    frames: int,
) -> None:
    one = decoded(text, voice)
    samples = stream(backend, one.prosody, one.statistics, frames)
    assert samples.shape == one.samples.shape
    assert decibels(one.samples, samples - one.samples) >= ENOUGH_DB
    peak = float(np.abs(one.samples).max())
    for edge in (slice(None, 1200), slice(-1200, None)):  # the first and the last 50 ms
        assert np.abs(samples[edge] - one.samples[edge]).max() <= 1e-4 * peak


def refined(decoder: Decoder, before: Sequence[int], frames: int = 16) -> Floats:
    """All samples; before[n]: the steps that come before the n-th refinement."""
    pieces = []
    for count in before:
        pieces += [decoder.step(4) for _ in range(count)]
        for _ in decoder.refine():
            pass
    while decoder.remaining:
        pieces.append(decoder.step(frames))
    return np.concatenate(pieces)


@pytest.mark.parametrize("before", [(0,), (1,), (3,), (0, 0), (0, 3), (2, 0), (2, 1)])
def test_what_is_refined_goes_on_where_streaming_was(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded], before: tuple[int, ...]
) -> None:
    """With true statistics there is nothing to refine, so whoever joins late must not show."""
    one = decoded("question", "bm_george")
    decoder = backend.decoder(one.prosody, one.statistics, 0, Halt())
    samples = refined(decoder, before)
    assert samples.shape == one.samples.shape
    assert decibels(one.samples, samples - one.samples) >= ENOUGH_DB


@pytest.mark.parametrize("before", [(0,), (2,), (2, 2)])
def test_refining_from_a_later_start_keeps_its_place(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded], before: tuple[int, ...]
) -> None:
    one = decoded("question", "bm_george")
    start = int(np.flatnonzero(one.prosody.energy > -1.0)[0]) - 3
    samples = refined(backend.decoder(one.prosody, one.statistics, start, Halt()), before)
    heard, reference = slice(1200, None), one.samples[start * 300 :]
    assert samples.shape == reference.shape
    assert decibels(reference[heard], (samples - reference)[heard]) >= 40.0


def test_each_refinement_brings_what_follows_closer(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded]
) -> None:
    one = decoded("sentence", "am_michael")
    wrong = AdainStatistics(one.statistics.mean, one.statistics.std * np.float32(1.05))
    after = slice(300 * (3 * 4 + 16 + 8), None)  # behind the steps before, and the one that joins

    def distance(before: tuple[int, ...]) -> float:
        samples = refined(backend.decoder(one.prosody, wrong, 0, Halt()), before)
        return decibels(one.samples[after], (samples - one.samples)[after])

    predicted, half, exact = distance(()), distance((3,)), distance((3, 0))
    assert predicted < half < ENOUGH_DB <= exact


def test_without_statistics_all_is_refined_first(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded]
) -> None:
    one = decoded("yes", "af_heart")
    decoder = backend.decoder(one.prosody, None, 0, Halt())
    assert sum(decoder.unrefined_shares) > 0
    assert np.array_equal(refined(decoder, (0, 0)), one.samples)
    assert decoder.unrefined_shares == ()


def test_refining_pauses_and_stops_when_the_button_is_pressed(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded]
) -> None:
    one, halt = decoded("yes", "af_heart"), Halt()
    work = backend.decoder(one.prosody, one.statistics, 0, halt).refine()
    assert sum(1 for _ in zip(range(5), work, strict=False)) == 5
    halt.set()
    with pytest.raises(Halted):
        next(work)


def test_the_pace_is_that_of_a_step(backend: KokoroBackend) -> None:
    assert 0.01 < backend.pace() < 10.0


def test_starting_inside_the_leading_silence_costs_less_than_hearing_can_tell(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded]
) -> None:
    one = decoded("question", "bm_george")
    onset = int(np.flatnonzero(one.prosody.energy > -1.0)[0])
    start = onset - 3
    samples = stream(backend, one.prosody, one.statistics, 16, start)
    heard = slice((onset - 2 - start) * 300, None)
    reference = one.samples[start * 300 :]
    assert decibels(reference[heard], (samples - reference)[heard]) >= 40.0


def test_other_statistics_give_other_audio(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded]
) -> None:
    one = decoded("yes", "af_heart")
    wrong = AdainStatistics(one.statistics.mean, one.statistics.std * np.float32(1.2))
    assert decibels(one.samples, stream(backend, one.prosody, wrong, 16) - one.samples) < 20.0


def test_step_stops_when_the_button_is_pressed(
    backend: KokoroBackend, decoded: Callable[[str, str], Decoded]
) -> None:
    one, halt = decoded("yes", "af_heart"), Halt()
    decoder = backend.decoder(one.prosody, one.statistics, 0, halt)
    decoder.step(4)
    halt.set()
    with pytest.raises(Halted):
        decoder.step(4)
