"""Streams that callers send: frames come in order and within their credit, or the stream ends."""

import pytest

from onset.errors import InvalidRequest
from onset.playback.caller_stream import CallerStream
from onset.playback.player.jitter_buffer import PrebufferHistory
from onset.playback.player.track import WAITING_AHEAD, Track
from onset.protocol.playback_bodies import Say
from onset.protocol.playback_frames import Frame, FrameKind
from playback_fakes import RATE, heard_sum, level, loudness, playback, played, send

COUNT = RATE // 20
PIECE = level(COUNT / RATE)


def audio(number: int, *, position: int | None = None, body: bytes = PIECE) -> Frame:
    """Piece `number` of a stream."""
    return Frame(FrameKind.AUDIO, 1, number, number * COUNT if position is None else position, body)


def end(position: int) -> Frame:
    return Frame(FrameKind.END, 1, 0, position)


def granted() -> CallerStream:
    """A stream with its first credit."""
    stream = CallerStream(Track(RATE, PrebufferHistory(), lambda event: None))
    stream.grant()
    return stream


def test_frames_in_order_are_taken() -> None:
    stream = granted()
    for frame in (audio(0), audio(1), end(2 * COUNT)):
        stream.receive(frame)
    assert stream.track.buffer.complete
    assert stream.track.buffer.pcm(0, 2 * COUNT) == 2 * PIECE


@pytest.mark.parametrize(
    ("frame", "expected", "param"),
    [
        (audio(0), "sequence expected 1, got 0", "sequence"),
        (audio(2), "sequence expected 1, got 2", "sequence"),
        (audio(1, position=0), f"position expected {COUNT}, got 0", "position"),
        (audio(1, position=10**15), f"position expected {COUNT}, got {10**15}", "position"),
        (end(0), f"position expected {COUNT}, got 0", "position"),
        (end(COUNT + 1), f"position expected {COUNT}, got {COUNT + 1}", "position"),
        (audio(1, body=b"abc"), "3 bytes are not whole", "size"),
        (audio(1, body=level(WAITING_AHEAD + 1)), "beyond the credit, 240000", "position"),
    ],
)
def test_a_frame_that_is_not_the_next_ends_the_stream_once(
    frame: Frame, expected: str, param: str
) -> None:
    stream = granted()
    stream.receive(audio(0))
    with pytest.raises(InvalidRequest, match=expected) as refusal:
        stream.receive(frame)
    assert refusal.value.param == param
    assert stream.track.buffer.complete and not stream.track.over
    for later in (audio(1), audio(7), end(0)):  # sent before its caller could know
        stream.receive(later)
    assert stream.track.buffer.end == COUNT


@pytest.mark.parametrize("frame", [audio(1), end(COUNT)])
def test_after_the_end_nothing_is_taken(frame: Frame) -> None:
    stream = granted()
    stream.receive(audio(0))
    stream.receive(end(COUNT))
    with pytest.raises(InvalidRequest, match="has ended"):
        stream.receive(frame)


def test_a_little_beyond_the_credit_is_taken() -> None:
    stream = granted()
    stream.receive(audio(0, body=level(WAITING_AHEAD + 0.9)))
    assert stream.track.buffer.end > stream.granted


def test_credit_is_given_in_portions_and_not_before_the_first() -> None:
    stream = CallerStream(Track(RATE, PrebufferHistory(), lambda event: None))
    assert not stream.has_credit_to_give
    stream.grant()
    for played_to, worth in ((0, False), (RATE // 4, False), (RATE // 2, True)):
        stream.track.played_to = played_to
        assert stream.has_credit_to_give is worth
    assert stream.grant() == round((WAITING_AHEAD + 0.5) * RATE)


@pytest.mark.parametrize("frame", [audio(4), audio(2, position=0), end(0)])
def test_what_came_before_a_wrong_frame_is_heard_and_the_connection_goes_on(frame: Frame) -> None:
    with playback() as at:
        at.client.open()
        for each in (audio(0), audio(1), frame, audio(3)):
            send(at, each)
        with pytest.raises(InvalidRequest, match="expected"):
            at.until("complete")
        assert at.until("complete")["samples"] == 2 * COUNT
        assert heard_sum(at) == pytest.approx(loudness(2 * PIECE), rel=0.06)  # it fades out
        assert played(at, PIECE).wait()["event"] == "complete"


def test_a_fetched_stream_cannot_be_sent() -> None:
    with playback() as at:
        at.client.say(Say(text="Hello.", url="http://127.0.0.1:9"))
        for frame in (audio(0), end(0)):
            send(at, frame)
            with pytest.raises(InvalidRequest, match="fetched"):
                at.until("complete")
