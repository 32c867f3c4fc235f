"""The sample buffer: what comes in order is kept in order, and old samples are forgotten."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onset.errors import InvalidRequest
from onset.playback.player.sample_buffer import KEPT_SECONDS, ByteBlocks, SampleBuffer

RATE = 8_000


def pcm(begin: int, count: int) -> bytes:
    return (np.arange(begin, begin + count) % 30_000 + 1).astype("<i2").tobytes()


def content(buffer: SampleBuffer) -> bytes:
    return buffer.pcm(buffer.begin, buffer.end - buffer.begin)


@given(st.lists(st.integers(0, 400)))
def test_pieces_of_any_size_are_one_stream(sizes: list[int]) -> None:
    buffer = SampleBuffer(RATE)
    for size in sizes:
        buffer.append(pcm(buffer.end, size))
    assert buffer.end == sum(sizes)
    assert content(buffer) == pcm(0, sum(sizes))


def test_half_a_sample_is_refused_and_changes_nothing() -> None:
    buffer = SampleBuffer(RATE)
    buffer.append(pcm(0, 100))
    with pytest.raises(InvalidRequest, match="whole 16-bit"):
        buffer.append(b"abc")
    assert content(buffer) == pcm(0, 100)


def test_nothing_comes_after_the_end() -> None:
    buffer = SampleBuffer(RATE)
    buffer.append(pcm(0, 100))
    buffer.complete = True
    with pytest.raises(InvalidRequest, match="after the end, 100"):
        buffer.append(pcm(100, 1))
    assert buffer.complete and content(buffer) == pcm(0, 100)


def test_the_past_is_forgotten_and_the_memory_bounded() -> None:
    buffer, second = SampleBuffer(RATE), pcm(0, RATE)
    for _ in range(round(2 * KEPT_SECONDS)):
        buffer.append(second)
        buffer.forget(buffer.end)
    assert buffer.end - buffer.begin <= (KEPT_SECONDS + 11) * RATE
    assert len(content(buffer)) == 2 * (buffer.end - buffer.begin)


def sentences() -> SampleBuffer:
    """Loud from 0 to 2 s, from 3 to 5 s and from 6 to 8 s."""
    buffer = SampleBuffer(RATE)
    loud = (8_000 * np.sin(np.arange(2 * RATE))).astype("<i2").tobytes()
    for begin in (0, 3, 6):
        buffer.append(bytes(2 * (begin * RATE - buffer.end)))
        buffer.append(loud)
    return buffer


@pytest.mark.parametrize(("at", "to"), [(0.5, 0), (1.5, 0), (3.5, 0), (4.5, 3), (6.5, 3), (8, 6)])
def test_back_is_to_the_sentence_or_just_after_its_beginning_the_one_before(
    at: float, to: float
) -> None:
    position = sentences().sentence(round(at * RATE))
    assert position / RATE == pytest.approx(to, abs=0.02)


def test_marks_of_the_maker_are_better_than_pauses() -> None:
    buffer = sentences()
    buffer.mark(RATE)
    assert buffer.sentence(5 * RATE) == RATE
    with pytest.raises(InvalidRequest, match="order"):
        buffer.mark(0)


def test_a_cut_fades_out() -> None:
    buffer = SampleBuffer(RATE)
    buffer.append(np.full(400, 10_000, "<i2").tobytes())
    buffer.cut()
    assert buffer.complete and abs(buffer.read(399, 1)[0]) < 0.01


@given(st.lists(st.one_of(st.binary(max_size=40), st.integers(0, 60)), max_size=30))
def test_blocks_hold_what_a_string_of_bytes_would(steps: list[bytes | int]) -> None:
    """Bytes are appended; a number forgets as much as whole blocks allow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("onset.playback.player.sample_buffer.BLOCK", 16)
        blocks, model = ByteBlocks(), b""
        for step in steps:
            if isinstance(step, bytes):
                blocks.append(step)
                model += step
            else:
                forgotten = blocks.forget(min(step, len(model)))
                assert forgotten == min(step, len(model)) // 16 * 16
                model = model[forgotten:]
            assert blocks.read(0, len(model)) == model
            assert blocks.read(5, 20) == model[5:25]
        if len(model) > 4:
            blocks.write(2, b"xy")
            assert blocks.read(0, len(model)) == model[:2] + b"xy" + model[4:]
