"""The native generator is ONNX Runtime's, to the precision of its numbers."""

from pathlib import Path

import numpy as np
import pytest

from full_decodes import decibels, decoded
from onset.config import Settings
from onset.engine.engine import load_backend
from onset.errors import Halted, ModelError
from onset.model.backend import AdainStatistics, Prosody
from onset.model.decoding.generator import Generator
from onset.model.decoding.runtimes import native_runtime
from onset.model.kokoro import KokoroBackend
from onset.model.streaming_decoder import StreamingDecoder
from onset.native.library import LIBRARY, kinds
from onset.types import Floats, Halt

if not LIBRARY.exists():
    pytest.skip("the native library is not compiled", allow_module_level=True)

INTEGER_DB, FLOAT_DB = 55.0, 95.0
"""Signal to noise against ONNX Runtime by the same statistics: measured 59 to 63, 106 to 110."""

OWN_DB = {True: INTEGER_DB, False: 85.0}
"""The same where each has its own statistics, by whether it is of integers: measured 59 to 63, and
91 to 107. One channel's deviation may be 8e-5 off, and multiplies a whole reading. Which readings
those are depends on the processor, for its int8 front rounds in its own way."""

CASES = [("yes", "af_heart"), ("question", "am_michael"), ("sentence", "zf_xiaobei")]


@pytest.fixture(scope="module")
def onnx(settings: Settings) -> KokoroBackend:
    return load_backend(settings.model_copy(update={"generator": "onnx"}))


@pytest.fixture(scope="module")
def folder(onnx: KokoroBackend) -> Path:
    return onnx.folder


def stream(
    generator: Generator, p: Prosody, statistics: AdainStatistics, frames: int, start: int = 0
) -> Floats:
    decoder, pieces = StreamingDecoder(generator, p, statistics, start, Halt()), []
    while decoder.remaining:
        pieces.append(decoder.step(frames))
    return np.concatenate(pieces)


@pytest.mark.parametrize(("text", "voice"), CASES)
@pytest.mark.parametrize(("integer", "enough"), [(True, INTEGER_DB), (False, FLOAT_DB)])
def test_whole_and_streamed_it_is_the_same_audio(
    onnx: KokoroBackend, folder: Path, text: str, voice: str, integer: bool, enough: float
) -> None:
    one = decoded(onnx, text, voice)
    generator = native_runtime(folder, kinds()[0], 1, integer).generator
    samples, statistics = generator.decode(one.prosody, Halt())
    assert decibels(one.samples, samples - one.samples) >= OWN_DB[integer]
    off = np.abs(np.log(statistics.std / one.statistics.std)).max()
    assert off < (2e-3 if integer else 1e-4)
    for frames in (1, 4, 7, 16, 1000):
        samples = stream(generator, one.prosody, one.statistics, frames)
        assert samples.shape == one.samples.shape
        assert decibels(one.samples, samples - one.samples) >= enough
    late = stream(generator, one.prosody, one.statistics, 16, start=40)[3000:]
    reference = stream(onnx.generator, one.prosody, one.statistics, 16, start=40)[3000:]
    assert decibels(reference, late - reference) >= enough


def test_every_kind_and_number_of_threads_gives_the_same_samples(
    onnx: KokoroBackend, folder: Path
) -> None:
    one = decoded(onnx, "question", "am_michael")
    found = set()
    for kind in kinds():
        for threads in (1, 2):
            generator = native_runtime(folder, kind, threads).generator
            whole, _ = generator.decode(one.prosody, Halt())
            streamed = stream(generator, one.prosody, one.statistics, 7)
            found.add((whole.tobytes(), streamed.tobytes()))
    assert len(found) == 1


def test_other_statistics_give_other_audio(onnx: KokoroBackend, folder: Path) -> None:
    """Else the comparison above could not see a wrong one."""
    one = decoded(onnx, "yes", "af_heart")
    generator = native_runtime(folder, kinds()[0], 2).generator
    wrong = AdainStatistics(one.statistics.mean, one.statistics.std * np.float32(1.01))
    samples = stream(generator, one.prosody, wrong, 16)
    assert decibels(one.samples, samples - one.samples) < INTEGER_DB - 10


def test_a_halt_ends_a_step(onnx: KokoroBackend, folder: Path) -> None:
    one, halt = decoded(onnx, "yes", "af_heart"), Halt()
    generator = native_runtime(folder, kinds()[0], 2).generator
    decoder = StreamingDecoder(generator, one.prosody, one.statistics, 0, halt)
    decoder.step(4)
    halt.set()
    with pytest.raises(Halted):
        decoder.step(4)


def test_inputs_that_do_not_go_together_are_refused(onnx: KokoroBackend, folder: Path) -> None:
    one = decoded(onnx, "yes", "af_heart")
    generator = native_runtime(folder, kinds()[0], 2).generator
    (scale, shift), _ = generator.affine(one.prosody.style).folded(one.statistics)
    stage = generator.stream(0, scale, shift)
    with pytest.raises(ModelError, match="lengths"):
        stage.step(one.prosody.trunk[:, :, :12], one.prosody.source[:, :, :100], False, Halt())
