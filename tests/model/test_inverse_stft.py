"""The inverse STFT as a stream: pieces of any sizes give the samples of the whole."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from onset.model.harmonic_source import HOP, WINDOW
from onset.model.inverse_stft import InverseSTFT
from onset.types import Floats


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
