"""The native trunk is ONNX Runtime's, whole and in part."""

import numpy as np
import pytest

from full_decodes import TEXTS, decibels
from onset.config import Settings
from onset.engine.engine import load_backend
from onset.model.backend import FrontOutput
from onset.model.decoding.runtimes import native_runtime
from onset.model.kokoro import KokoroBackend
from onset.model.voice_styles import VoiceStyles
from onset.native.library import LIBRARY, kinds
from onset.text.g2p.vocabulary import encode
from onset.types import Halt

if not LIBRARY.exists():
    pytest.skip("the native library is not compiled", allow_module_level=True)


@pytest.fixture(scope="module")
def onnx(settings: Settings) -> KokoroBackend:
    return load_backend(settings.model_copy(update={"generator": "onnx"}))


@pytest.fixture(scope="module")
def front(onnx: KokoroBackend) -> FrontOutput:
    tokens = encode(TEXTS["sentence"])
    return onnx.front(tokens, VoiceStyles().style("bf_emma", len(tokens)), 1.0, Halt())


@pytest.mark.parametrize(("integer", "enough"), [(True, 60.0), (False, 100.0)])
def test_it_is_the_same_trunk(
    onnx: KokoroBackend, front: FrontOutput, integer: bool, enough: float
) -> None:
    expected, true = onnx.trunk_statistics(front, Halt())
    trunk = native_runtime(onnx.folder, kinds()[0], 2, integer).trunk
    found, statistics = trunk.run(front, 0, len(front.f0), None, Halt())
    assert found.shape == expected.shape
    assert decibels(expected, found - expected) >= enough
    assert np.abs(np.log(statistics.std / true.std)).max() < (2e-3 if integer else 1e-4)
    assert np.abs(statistics.mean - true.mean).max() < (5e-3 if integer else 1e-4)
    part, given = trunk.run(front, 40, 140, true, Halt())
    reference = expected[:, :, 60:120]
    assert given is true
    assert decibels(reference, part[:, :, 20:80] - reference) >= enough
