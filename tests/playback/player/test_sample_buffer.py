"""The tape: whatever order pieces come in, their samples come out in place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onset.errors import InvalidRequest
from onset.playback.player.sample_buffer import (
    KEPT_SECONDS,
    PENDING_PIECES,
    ByteBlocks,
    SampleBuffer,
    StreamFault,
)

RATE = 8_000


def pcm(begin: int, count: int) -> bytes:
    return (np.arange(begin, begin + count) % 30_000 + 1).astype("<i2").tobytes()


def content(tape: SampleBuffer) -> bytes:
    return tape.pcm(tape.begin, tape.end - tape.begin)


@settings(deadline=None)
@given(st.permutations(range(12)), st.lists(st.integers(0, 11), max_size=5))
def test_order_and_duplicates_do_not_matter(order: list[int], again: list[int]) -> None:
    tape = SampleBuffer(RATE)
    for piece in [*order, *again]:
        tape.put(100 * piece, pcm(100 * piece, 100))
    assert content(tape) == pcm(0, 1200)
    assert not tape.waiting and tape.lost == 0


def test_a_duplicate_is_told() -> None:
    tape = SampleBuffer(RATE)
    tape.put(0, pcm(0, 10))
    assert tape.put(0, pcm(0, 10)) == [StreamFault("duplicate", 0, 10)]
    assert tape.put(5, pcm(5, 10)) == [StreamFault("overlap", 5, 5)]
    assert content(tape) == pcm(0, 15)


def test_what_was_lost_is_silence_with_soft_edges() -> None:
    tape = SampleBuffer(RATE)
    loud = np.full(400, 10_000, "<i2").tobytes()
    tape.put(0, loud)
    tape.put(600, loud)
    assert tape.end == 400 and tape.waiting
    assert tape.conceal() == [StreamFault("lost", 400, 200)]
    samples = tape.read(0, 1000)
    assert not samples[400:600].any() and tape.lost == 200
    assert np.abs(np.diff(samples)).max() < 0.02
    assert tape.put(400, loud[:200]) == [StreamFault("late", 400, 100)]


def test_a_lost_end_is_concealed_too() -> None:
    tape = SampleBuffer(RATE)
    tape.put(0, pcm(0, 100))
    tape.finish(150)
    assert not tape.complete
    assert tape.conceal() == [StreamFault("lost", 100, 50)]
    assert tape.complete


def test_not_more_than_so_many_pieces_wait() -> None:
    tape, faults = SampleBuffer(RATE), list[StreamFault]()
    for piece in range(1, PENDING_PIECES + 2):
        faults += tape.put(10 * piece, pcm(10 * piece, 10))
    assert faults == [StreamFault("lost", 0, 10)]


@pytest.mark.parametrize(
    ("position", "data"), [(0, b"abc"), (10**15, pcm(0, 1)), (200, pcm(0, 10))]
)
def test_what_cannot_be_is_refused_and_changes_nothing(position: int, data: bytes) -> None:
    tape = SampleBuffer(RATE)
    tape.put(0, pcm(0, 100))
    tape.finish(200)
    with pytest.raises(InvalidRequest):
        tape.put(position, data)
    assert content(tape) == pcm(0, 100)


@pytest.mark.parametrize("total", [99, 10**15])
def test_an_end_that_cannot_be_is_refused(total: int) -> None:
    tape = SampleBuffer(RATE)
    tape.put(0, pcm(0, 100))
    with pytest.raises(InvalidRequest):
        tape.finish(total)
    assert tape.total is None


def test_the_past_is_forgotten_and_the_memory_bounded() -> None:
    tape, second = SampleBuffer(RATE), pcm(0, RATE)
    for number in range(round(2 * KEPT_SECONDS)):
        tape.put(number * RATE, second)
        tape.forget(tape.end)
    assert tape.end - tape.begin <= (KEPT_SECONDS + 11) * RATE
    assert len(content(tape)) == 2 * (tape.end - tape.begin)


def sentences() -> SampleBuffer:
    """Loud from 0 to 2 s, from 3 to 5 s and from 6 to 8 s."""
    tape = SampleBuffer(RATE)
    loud = (8_000 * np.sin(np.arange(2 * RATE))).astype("<i2").tobytes()
    for begin in (0, 3, 6):
        tape.put(tape.end, bytes(2 * (begin * RATE - tape.end)))
        tape.put(tape.end, loud)
    return tape


@pytest.mark.parametrize(("at", "to"), [(0.5, 0), (1.5, 0), (3.5, 0), (4.5, 3), (6.5, 3), (8, 6)])
def test_back_is_to_the_sentence_or_just_after_its_beginning_the_one_before(
    at: float, to: float
) -> None:
    found = sentences().sentence(round(at * RATE))
    assert found / RATE == pytest.approx(to, abs=0.02)


def test_marks_of_the_maker_are_better_than_pauses() -> None:
    tape = sentences()
    tape.mark(RATE)
    assert tape.sentence(5 * RATE) == RATE
    with pytest.raises(InvalidRequest, match="order"):
        tape.mark(0)


def test_cut_ends_softly() -> None:
    tape = SampleBuffer(RATE)
    tape.put(0, np.full(400, 10_000, "<i2").tobytes())
    tape.cut()
    assert tape.complete and abs(tape.read(399, 1)[0]) < 0.01


@settings(deadline=None)
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
