"""Bytes of PCM and WAV: what a decoder reads is what was fed, within half a step."""

import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onset.audio.encoders import PcmEncoder, WavEncoder
from onset.types import Floats


def decode_pcm(data: bytes) -> Floats:
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32767)


@given(arrays(np.float32, st.integers(0, 50), elements=st.floats(-1, 1, width=32)))
def test_pcm_is_within_half_a_step(samples: Floats) -> None:
    decoded = decode_pcm(PcmEncoder().feed(samples))
    assert np.all(np.abs(decoded - samples) <= 0.5001 / 32767)


@given(st.floats(width=32, allow_nan=False))
def test_pcm_clips_and_never_wraps_around(value: float) -> None:
    (decoded,) = decode_pcm(PcmEncoder().feed(np.array([value], np.float32)))
    assert decoded == pytest.approx(min(1.0, max(-1.0, value)), abs=1e-4)


def test_pcm_rounds_to_nearest_with_the_low_byte_first() -> None:
    samples = np.array([0.6, -0.6, 1.4, 256.0], np.float32) / np.float32(32767)
    assert PcmEncoder().feed(samples) == struct.pack("<4h", 1, -1, 1, 256)


def test_wav_has_a_header_of_unknown_length() -> None:
    data = WavEncoder().feed(np.zeros(10, np.float32))
    assert len(data) == 44 + 20
    assert struct.unpack("<4sI4s4sIHHIIHH4sI", data[:44]) == (
        *(b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 1, 24_000, 48_000, 2, 16),
        *(b"data", 0xFFFFFFFF),
    )


def test_wav_is_read_by_the_standard_library() -> None:
    data = WavEncoder().feed(np.full(10, 0.5, np.float32))
    with wave.open(io.BytesIO(data)) as file:
        shape = file.getnchannels(), file.getsampwidth(), file.getframerate()
        assert shape == (1, 2, 24_000)
        assert decode_pcm(file.readframes(10)) == pytest.approx(0.5, abs=1e-4)


def test_wav_without_samples_is_a_header() -> None:
    assert len(WavEncoder().finish()) == 44


def test_wav_has_one_header_only() -> None:
    wav = WavEncoder()
    wav.feed(np.zeros(0, np.float32))
    assert wav.feed(np.zeros(3, np.float32)) == bytes(6)
    assert wav.finish() == b""
