"""Compressed formats, decoded again by FFmpeg: the same sound, as long, whole however it is cut."""

import itertools
from functools import cache
from typing import get_args

import av
import numpy as np
import pytest

from decoded import decoded
from onset.audio.compressed import CODECS, DEFAULT_FORMAT, ENCODERS, encoder
from onset.audio.encoders import PcmEncoder
from onset.protocol.http_api import MEDIA_TYPES, ResponseFormat
from onset.types import SAMPLE_RATE, Floats

CHUNK = SAMPLE_RATE // 20
"""Samples of the engine's largest chunk."""

PRIMING: dict[ResponseFormat, int] = {"mp3": 1105, "aac": 1024}
"""Samples a decoder gives before the first one fed, in formats that cannot tell it to skip them.

LAME: 576 of its own and 529 of every MP3 decoder; FFmpeg's AAC: one frame. Ogg Opus tells it.
"""

FRAME: dict[ResponseFormat, int] = {"mp3": 576, "opus": 480, "aac": 1024, "flac": 600}
"""Samples of a frame, at 24 kHz. MP3 and AAC are filled up to a multiple of it."""

INVENTED: dict[ResponseFormat, int] = {"mp3": 576, "opus": 16}
"""Samples at the end of a file cut short that are not the whole's.

FFmpeg decodes what there is of an MP3 frame cut in two; Opus: the tail of the resampler, which
has nothing to look ahead at. AAC and FLAC frames are whole or nothing.
"""

CUTS = 53
"""Bytes between the cuts that are tried: a prime, so that they fall everywhere in a frame."""

SNR: dict[ResponseFormat, float] = {"mp3": 20, "opus": 12, "aac": 20, "flac": 75}
"""dB by which a decoder's answer must be above its difference from what was fed."""

COMPRESSED = list(CODECS)


@cache
def speech() -> Floats:
    """1.3 s like a voice: a falling tone with harmonics in syllables, and a little noise."""
    count = 31_207
    time = np.arange(count) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(180 - 40 * time) / SAMPLE_RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 12))
    noise = np.random.default_rng(7).standard_normal(count)
    voiced = 0.15 * tone * np.sin(np.pi * 4 * time) ** 2 + 0.002 * noise
    return voiced.astype(np.float32)


def encoded(name: ResponseFormat, samples: Floats, size: int = CHUNK) -> list[bytes]:
    """What each chunk gave, and last what the end gave."""
    coder = encoder(name)
    parts = [coder.feed(samples[at : at + size]) for at in range(0, len(samples), size)]
    return [*parts, coder.finish()]


def snr(heard: Floats, fed: Floats) -> float:
    """dB of `fed` over the difference, as far as both go."""
    count = min(len(heard), len(fed))
    difference = heard[:count] - fed[:count]
    return float(10 * np.log10(np.sum(fed[:count] ** 2) / (np.sum(difference**2) + 1e-12)))


def test_every_format_has_an_encoder_and_a_media_type() -> None:
    assert set(ENCODERS) == set(MEDIA_TYPES) == set(get_args(ResponseFormat))


def test_absent_format_is_mp3_as_with_openai() -> None:
    assert DEFAULT_FORMAT == "mp3"
    samples = speech()[:CHUNK]
    assert encoder(None).feed(samples) == encoder("mp3").feed(samples)


@pytest.mark.parametrize("name", COMPRESSED)
def test_decoded_again_it_is_what_was_fed(name: ResponseFormat) -> None:
    heard = decoded(b"".join(encoded(name, speech())), name)
    assert snr(heard[PRIMING.get(name, 0) :], speech()) > SNR[name]


def test_flac_is_the_pcm_exactly() -> None:
    heard = decoded(b"".join(encoded("flac", speech())), "flac")
    pcm = np.frombuffer(PcmEncoder().feed(speech()), "<i2")
    assert np.array_equal(np.rint(heard * 32768).astype(np.int16), pcm)


@pytest.mark.parametrize("name", COMPRESSED)
@pytest.mark.parametrize("count", [240, 2399, 24_000, 31_207])
def test_decoded_again_it_is_as_long(name: ResponseFormat, count: int) -> None:
    heard = decoded(b"".join(encoded(name, speech()[:count])), name)
    if name in PRIMING:
        assert len(heard) % FRAME[name] == 0
        assert count + PRIMING[name] <= len(heard) < count + PRIMING[name] + 2 * FRAME[name]
    else:
        assert abs(len(heard) - count) <= 1  # Opus: of 48 kHz


@pytest.mark.parametrize("name", ENCODERS)
def test_pieces_make_the_same_bytes_as_the_whole(name: ResponseFormat) -> None:
    whole = encoded(name, speech()[:8000], size=8000)
    assert b"".join(encoded(name, speech()[:8000], size=7)) == b"".join(whole)


@pytest.mark.parametrize("name", ENCODERS)
def test_no_samples_make_a_file_that_ends(name: ResponseFormat) -> None:
    coder = encoder(name)
    assert coder.feed(np.zeros(0, np.float32)) + coder.finish() is not None


@pytest.mark.parametrize("name", COMPRESSED)
def test_cut_anywhere_it_is_the_beginning_of_the_whole(name: ResponseFormat) -> None:
    data = b"".join(encoded(name, speech()))
    whole = decoded(data, name)
    assert snr(whole[PRIMING.get(name, 0) :], speech()) > SNR[name]
    for size in range(0, len(data), CUTS):
        heard = beginning(data[:size], name)
        sound = heard[: max(0, len(heard) - INVENTED.get(name, 0))]
        assert np.allclose(sound, whole[: len(sound)], rtol=0, atol=1e-6), size
        assert len(heard) > len(whole) * size / len(data) - 3 * FRAME[name], size


def beginning(data: bytes, name: ResponseFormat) -> Floats:
    """What a decoder makes of it: nothing if not even the header is whole."""
    try:
        return decoded(data, name)
    except (av.FFmpegError, IndexError):
        return np.zeros(0, np.float32)


EARLY: dict[ResponseFormat, int] = {"mp3": 1, "opus": 1, "aac": 2, "flac": 1, "wav": 1, "pcm": 1}
"""Chunks of 50 ms until a decoder has something to decode. AAC's frames are long: 43 ms, twice."""


@pytest.mark.parametrize("name", ENCODERS)
def test_first_frame_is_sent_as_soon_as_the_codec_allows(name: ResponseFormat) -> None:
    parts = encoded(name, speech())
    sizes = itertools.accumulate(len(part) for part in parts)
    header = len(encoder(name).feed(np.zeros(1, np.float32)))
    first = next(index for index, size in enumerate(sizes, 1) if size > header)
    assert first == EARLY[name]
    # And from then on every chunk brings something: nothing is kept to be sent in one go
    # (the last chunk has seven samples).
    assert all(parts[first - 1 : -2])


def test_encoders_that_compute_say_so() -> None:
    for name in ENCODERS:
        assert encoder(name).computes == (name in CODECS)
