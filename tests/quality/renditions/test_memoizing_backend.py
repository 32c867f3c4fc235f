"""What two renditions share is computed once, by its content, and only for one request."""

from dataclasses import replace

import numpy as np
import pytest

from onset.errors import ModelError
from onset.model.backend import Decoder, FrontOutput, Prosody
from onset.model.decoding.generator import neutral_statistics
from onset.model.fake_backend import FakeBackend
from onset.model.kokoro import KokoroBackend
from onset.quality.renditions.memoizing_backend import DecodeMode, MemoizingBackend
from onset.types import Halt, Request

REQUEST = Request("Hm.")
STYLE = np.zeros((1, 256), np.float32)


class TrunkCounter(FakeBackend):
    trunks = 0

    def trunk(self, front: FrontOutput, halt: Halt, turns: float = 0.0) -> Prosody:
        self.trunks += 1
        return super().trunk(front, halt, turns)


def memoizing(mode: DecodeMode = DecodeMode.PREDICTED) -> tuple[TrunkCounter, MemoizingBackend]:
    inner = TrunkCounter()
    backend = MemoizingBackend(inner)
    backend.begin(REQUEST, mode)
    return inner, backend


def led_over(front: FrontOutput) -> FrontOutput:
    """Another object with the same content."""
    return replace(front, f0=front.f0.copy(), energy=front.energy.copy())


def test_equal_readings_share_their_trunk_and_others_do_not() -> None:
    inner, backend = memoizing()
    front = backend.front((1, 2, 3), STYLE, 1.0, Halt())
    backend.trunk(front, Halt(), 0.25)
    backend.trunk(led_over(front), Halt(), 0.25)
    assert inner.trunks == 1
    backend.trunk(front, Halt(), 0.5)
    backend.trunk(replace(front, f0=front.f0 * np.float32(1.1)), Halt(), 0.25)
    assert inner.trunks == 3


def test_another_request_frees_what_was_computed_and_another_rendition_does_not() -> None:
    inner, backend = memoizing()
    for request, trunks in ((REQUEST, 1), (replace(REQUEST, exact=True), 1), (Request("No."), 2)):
        backend.begin(request, DecodeMode.TRUE)
        backend.trunk(backend.front((1, 2, 3), STYLE, 1.0, Halt()), Halt())
        assert inner.trunks == trunks


@pytest.mark.parametrize("mode", DecodeMode)
def test_a_decoder_of_another_reading_is_refused(mode: DecodeMode) -> None:
    _, backend = memoizing(mode)
    old = backend.trunk(backend.front((1, 2), STYLE, 1.0, Halt()), Halt())
    backend.trunk(backend.front((1, 2, 3), STYLE, 1.0, Halt()), Halt())
    with pytest.raises(ModelError, match="latest reading"):
        backend.decoder(old, None, 0, Halt())


def test_what_is_silent_is_as_long_and_costs_no_trunk() -> None:
    inner, backend = memoizing(DecodeMode.SILENT)
    front = backend.front((1, 2, 3), STYLE, 1.0, Halt())
    decoder = backend.decoder(backend.trunk(front, Halt()), None, 10, Halt())
    samples = np.concatenate([decoder.step(7) for _ in range(20) if decoder.remaining])
    assert len(samples) == (len(front.f0) - 10) * 300 and not samples.any()
    assert inner.trunks == 0 and not backend.decodes


def sizes(decoder: Decoder, frames: int) -> list[tuple[int, int]]:
    """Samples of each step, and frames that are left then."""
    made = list[tuple[int, int]]()
    while decoder.remaining:
        made.append((len(decoder.step(frames)), decoder.remaining))
    return made


@pytest.mark.parametrize("refined", [0, 1, 2])
@pytest.mark.parametrize(("start", "frames"), [(0, 4), (17, 5), (30, 16), (0, 1000)])
def test_what_is_played_comes_in_the_steps_of_what_is_decoded(
    backend: KokoroBackend, start: int, frames: int, refined: int
) -> None:
    memoizing, steps = MemoizingBackend(backend), list[list[tuple[int, int]]]()
    for mode in DecodeMode:
        memoizing.begin(REQUEST, mode)
        front = memoizing.front((50, 83, 54, 16), STYLE, 1.0, Halt())
        prosody = memoizing.trunk(front, Halt())
        decoder = memoizing.decoder(prosody, neutral_statistics(), start, Halt())
        for _ in range(refined):
            list(decoder.refine())
        steps.append(sizes(decoder, frames))
    assert steps[0] == steps[1] == steps[2] != []
