"""The speech of single characters and keys, kept in memory so that it is there at once."""

from collections import OrderedDict
from threading import Lock

import numpy as np

from onset.audio.encoders import PcmEncoder
from onset.audio.onset_detection import OnsetDetector
from onset.types import SAMPLE_RATE, Floats, Request

LARGEST = 24 << 20
"""Bytes of all samples that are kept: some 500 letters, of the voices and rates used last."""

LONGEST_KEPT = 40
"""Characters of what is kept at most: a letter, a key, a short name; never a text."""

LEAD = round(0.01 * SAMPLE_RATE)
"""Samples that stay before the onset: it is not loud from the first sample on."""


class LetterCache:
    """Samples of what was spoken, by what was asked for. May be used from any thread."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest, self._size, self._lock = largest, 0, Lock()
        self._kept: OrderedDict[Request, Floats] = OrderedDict()

    def get(self, request: Request) -> Floats | None:
        """Its samples, None if they are not kept."""
        with self._lock:
            samples = self._kept.get(request)
            if samples is not None:
                self._kept.move_to_end(request)
            return samples

    def put(self, request: Request, samples: Floats) -> Floats:
        """Keep the samples of the whole answer, and give them without the silence before the voice.

        What was asked for longest ago goes first; a long text is not kept.
        """
        trimmed = without_lead(samples)
        with self._lock:
            if len(request.text) <= LONGEST_KEPT and request not in self._kept:
                self._kept[request] = trimmed
                self._size += trimmed.nbytes
            while self._size > self._largest:
                self._size -= self._kept.popitem(last=False)[1].nbytes
        return trimmed


def without_lead(samples: Floats) -> Floats:
    """Samples without the silence before the voice is heard."""
    onset = OnsetDetector(SAMPLE_RATE).feed(PcmEncoder().feed(samples))
    return samples if onset is None else np.ascontiguousarray(samples[max(0, onset - LEAD) :])
