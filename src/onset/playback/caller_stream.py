"""A stream that a caller sends."""

from onset.errors import InvalidRequest
from onset.playback.player.track import Track
from onset.protocol.playback_frames import Frame, FrameKind
from onset.types import SAMPLE_BYTES

GRANT_SECONDS = 0.5
"""Seconds of audio by which the limit must have moved to be worth a CREDIT."""

FLOOD_SECONDS = 1.0
"""Seconds beyond the caller's credit that end a stream."""


class CallerStream:
    """A track whose samples its caller sends.

    granted: up to which sample may be sent; 0 until the track has its place in the playlist.
    Sockets keep frames in order, so a frame that is not the next one is the caller's fault: what
    came before it is played to its end, and what comes after it is ignored.
    """

    def __init__(self, track: Track) -> None:
        self.track = track
        self.granted = 0
        self._sequence = 0
        self._finished = False

    def receive(self, frame: Frame) -> None:
        """Take an AUDIO or END frame. Raises InvalidRequest, which ends the stream."""
        buffer = self.track.buffer
        if self.track.over or (buffer.complete and not self._finished):
            return  # sent before its caller could know
        try:
            self._check(frame)
        except InvalidRequest:
            self.track.cut_short()
            raise
        if frame.kind is FrameKind.END:
            self._finished = True
            buffer.complete = True
        else:
            self._sequence += 1
            self.track.append(frame.body)

    @property
    def has_credit_to_give(self) -> bool:
        """Whether so much room has become free that it is worth a CREDIT."""
        if not self.granted or self.track.buffer.complete:
            return False
        return self.track.limit - self.granted >= GRANT_SECONDS * self.track.buffer.rate

    def grant(self) -> int:
        """Give all the room there is; up to which sample may be sent."""
        self.granted = self.track.limit
        return self.granted

    def _check(self, frame: Frame) -> None:
        """Raise InvalidRequest unless the frame is the next one."""
        end = self.track.buffer.end
        if self._finished:
            raise InvalidRequest(f"Stream {frame.stream} has ended at {end}.", "stream")
        if frame.kind is FrameKind.AUDIO and frame.sequence != self._sequence:
            expected = f"expected {self._sequence}, got {frame.sequence}"
            raise InvalidRequest(f"Stream {frame.stream}: sequence {expected}.", "sequence")
        if frame.position != end:
            expected = f"expected {end}, got {frame.position}"
            raise InvalidRequest(f"Stream {frame.stream}: position {expected}.", "position")
        if len(frame.body) % SAMPLE_BYTES:
            raise InvalidRequest(f"{len(frame.body)} bytes are not whole 16-bit samples.", "size")
        beyond = end + len(frame.body) // SAMPLE_BYTES - self.granted
        if beyond > FLOOD_SECONDS * self.track.buffer.rate:
            raise InvalidRequest(
                f"Stream {frame.stream}: {beyond} samples beyond the credit, {self.granted}.",
                "position",
            )
