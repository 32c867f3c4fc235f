"""WAV headers, written and read: what is left are whole samples, however they were split."""

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.errors import ServerError
from onset.protocol.wav import PcmReader, wav_header
from scripted_server import tone

PCM = tone(0.05)


def read_in(reader: PcmReader, parts: Iterable[bytes]) -> bytes:
    """What a reader makes of parts, each answer being of whole samples."""
    pieces = [reader.feed(part) for part in parts]
    assert all(len(piece) % 2 == 0 for piece in pieces)
    return b"".join(pieces)


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data in pieces that end at the cuts."""
    edges = [0, *sorted(edge % (len(data) + 1) for edge in cuts), len(data)]
    return [data[begin:end] for begin, end in zip(edges, edges[1:], strict=False)]


CUTS = st.lists(st.integers(0, 500), max_size=12)


@given(CUTS)
def test_pcm_is_whole_however_it_is_split(cuts: list[int]) -> None:
    reader = PcmReader()
    assert read_in(reader, cut(PCM[:200], cuts)) == PCM[:200]
    reader.finish()


@given(CUTS)
def test_wav_header_is_left_out_however_it_is_split(cuts: list[int]) -> None:
    reader = PcmReader()
    assert read_in(reader, cut(wav_header(22_050) + PCM[:200], cuts)) == PCM[:200]
    assert reader.sample_rate == 22_050


def test_wav_of_known_length_ends_there() -> None:
    header, junk = wav_header(size=100), b"LIST\x04\x00\x00\x00INFO"
    assert read_in(PcmReader(), [header + PCM[:99], PCM[99:101], PCM[101:120] + junk]) == PCM[:100]


def test_wav_with_other_chunks_before_its_data() -> None:
    plain = wav_header()
    header = plain[:12] + b"LIST" + struct.pack("<I", 5) + b"hello\0" + plain[12:]
    assert read_in(PcmReader(), [header[:30], header[30:] + PCM[:10]]) == PCM[:10]


def test_wav_is_refused_when_stereo() -> None:
    with pytest.raises(ServerError, match="2 channels"):
        PcmReader().feed(wav_header(channels=2) + PCM)


@pytest.mark.parametrize("data", [b"\0\0\0", b"RIF", wav_header()[:40]])
def test_finish_within_a_sample_or_header(data: bytes) -> None:
    reader = PcmReader()
    reader.feed(data)
    with pytest.raises(ServerError, match="ended"):
        reader.finish()


@pytest.mark.parametrize("rate", [0, 1, 7_999, 192_001, 0xFFFFFFFF])
def test_a_rate_that_nothing_plays_is_refused(rate: int) -> None:
    with pytest.raises(ServerError, match="between 8000 and 192000"):
        PcmReader(rate)
    header = bytearray(wav_header())
    header[24:28] = rate.to_bytes(4, "little")
    with pytest.raises(ServerError, match="between 8000 and 192000"):
        PcmReader().feed(bytes(header))


def test_a_header_without_an_end_is_refused() -> None:
    reader = PcmReader()
    reader.feed(wav_header()[:12] + b"LIST\xff\xff\xff\x7f")
    with pytest.raises(ServerError, match="no samples"):
        for _ in range(100):
            reader.feed(bytes(100_000))
