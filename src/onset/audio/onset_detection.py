"""Where speech becomes audible in a stream of samples.

Definition: the sound is cut into frames of 5 ms, from the first sample on. A frame is loud when
its RMS is above -40 dBFS (full scale is an RMS of 1.0, so above 0.01). The audible onset is the
first sample of the first loud frame from which on the sound is *kept* for 50 ms: of the ten
frames that begin with it at least eight are loud. Two may be quiet, for a deep voice dips
between its pitch periods and a plosive closes after its burst; a click of 40 ms is no onset.
Ten whole frames must have been received, so a shorter sound has no onset.
"""

import numpy as np

from onset.types import SAMPLE_BYTES

FRAME_SECONDS = 0.005
THRESHOLD_RMS = 10 ** (-40 / 20)
KEPT_FRAMES = 10
QUIET_ALLOWED = 2


class OnsetDetector:
    """Finds the audible onset as samples arrive. sample: its index, None until it is found."""

    def __init__(self, sample_rate: int) -> None:
        self.sample: int | None = None
        self._frame = round(sample_rate * FRAME_SECONDS)
        self._pending = b""
        self._loud: list[bool] = []
        self._candidate = 0

    def feed(self, pcm: bytes) -> int | None:
        """Take more whole 16-bit samples; returns `sample`."""
        if self.sample is None:
            self._measure(self._pending + pcm)
            while self.sample is None and self._candidate + KEPT_FRAMES <= len(self._loud):
                window = self._loud[self._candidate : self._candidate + KEPT_FRAMES]
                if window[0] and window.count(False) <= QUIET_ALLOWED:
                    self.sample = self._candidate * self._frame
                self._candidate += 1
        return self.sample

    def _measure(self, pcm: bytes) -> None:
        samples = np.frombuffer(pcm, dtype="<i2")
        frames = len(samples) // self._frame
        whole = samples[: frames * self._frame].reshape(frames, self._frame)
        power = np.mean((whole.astype(np.float64) / 32768) ** 2, axis=1)
        self._loud += (np.sqrt(power) > THRESHOLD_RMS).tolist()
        self._pending = pcm[SAMPLE_BYTES * whole.size :]
