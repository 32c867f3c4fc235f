"""What of a track was heard, and when: read from what the device took from the ring."""

from collections import deque
from time import perf_counter_ns

from onset.playback.player.audio_sink import AudioSink
from onset.playback.player.playhead import FirstSound, TakenSpan
from onset.playback.player.ring_buffer import LOG, DeviceRead
from onset.playback.player.ring_feeder import RingFeeder
from onset.playback.player.track import Track


class PlayoutMonitor:
    """Follows the track that is on. started: its first sound, None until it was taken.

    Only growing: heard, seconds that the device took; concealed, frames of silence that it took in
    stalls.
    """

    def __init__(self, sink: AudioSink) -> None:
        self.heard = 0.0
        self.concealed = 0
        self.started: FirstSound | None = None
        self._sink = sink
        self._last: DeviceRead | None = None
        self._taken: deque[TakenSpan] = deque(maxlen=LOG)
        self._dry = self._concealed_before = self._stalls = 0

    def begin(self) -> None:
        """Another track is on."""
        self.started = None
        self._taken.clear()

    def restart(self, track: Track) -> None:
        """The ring was cleared, and is filled from another sample on."""
        ring = self._sink.ring
        self._last = None
        self._dry, self._concealed_before = ring.dry, ring.concealed
        self._stalls = track.jitter.counters.stalls

    def observe(self, track: Track, feeder: RingFeeder, device_rate: int) -> None:
        """Note what the device took since the last call, and tell if it ran dry."""
        ring, playhead = self._sink.ring, feeder.playhead
        for reading in ring.readings():
            if reading.first < playhead.base:
                continue
            self._last = reading
            self._taken.append(playhead.took(reading))
            self.heard += reading.length / device_rate
        if self.started is None and (track.onset is not None or track.buffer.complete):
            self.started = playhead.started(self._taken, track.onset or 0)
        if self._last is not None:
            track.played_to = feeder.position
            track.buffer.forget(track.played_to)
            playhead.forget(ring.read)
        if ring.dry > self._dry:
            self._dry = ring.dry
            if track.jitter.playing:
                track.jitter.ran_dry(perf_counter_ns() / 1e9)
                track.tell("stalled", position=track.played_to)

    def count_stalls(self, track: Track) -> None:
        """Count what a stall that is over cost, and tell if it goes on."""
        counters = track.jitter.counters
        if counters.stalls == self._stalls:
            return
        self._stalls = counters.stalls
        self.concealed += self._sink.ring.concealed - self._concealed_before
        self._concealed_before = self._sink.ring.concealed
        if track.jitter.playing:
            track.tell(
                "recovered",
                stalls=counters.stalls,
                stalled_s=round(counters.stalled, 4),
                longest_s=round(counters.longest, 4),
                concealed=self.concealed,
            )

    @property
    def seconds_left(self) -> float:
        """Seconds that the device must still ask for until what it took last has been heard."""
        device = self._sink.device
        if self._last is None or device is None:
            return 0.0
        end = self._last.asked + self._last.length + round(device.clock.latency * device.rate)
        return (end - self._sink.ring.asked) / device.rate

    def has_ended(self, feeder: RingFeeder) -> bool:
        """Whether the device has played the last sample: by its own clock."""
        ring = self._sink.ring
        if not feeder.finished or ring.buffered or self._sink.device is None:
            return False
        if self._last is None:
            return feeder.buffer.end == 0 or ring.written <= feeder.playhead.base
        return self.seconds_left <= 0
