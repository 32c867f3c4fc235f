"""First utterances that were made before, in memory, so that they need not be made again.

What follows an utterance that was taken from here goes on from the state that it left, so an answer
has the same samples either way. Bounded in bytes; the least recently used goes first. What has a
digit in it is never kept: codes and numbers are nobody else's business.
"""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_bytes
from threading import Lock

from onset.engine.audible_span import FrameSpan
from onset.engine.plans import Plan
from onset.types import Floats, Reading, Request, SpokenWord

ENTRY_BYTES = 1000
"""Bytes of an entry besides its samples and words, about."""

WORD_BYTES = 250
"""Bytes of a word and its times, about."""


@dataclass(frozen=True, slots=True)
class MadeUtterance:
    """An utterance as it was made, and what was left behind it.

    pieces: its samples as they came, float32 [n] each, before the limiter. words: with the first.
    span: which frames they are. tails: what is to be mixed into what follows. ahead: seconds that
    the listener had, as counted; steps: how many had been made.
    """

    pieces: tuple[Floats, ...]
    words: tuple[SpokenWord, ...]
    span: FrameSpan
    tails: Floats
    ahead: float | None
    steps: int

    @property
    def bytes(self) -> int:
        """What keeping it takes, about."""
        samples = sum(piece.nbytes for piece in self.pieces) + self.tails.nbytes
        return samples + WORD_BYTES * len(self.words) + ENTRY_BYTES


class FirstUtterances:
    """The cache of one engine; figures may be asked for from any thread."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes, self.bytes = most_bytes, 0
        self._secret = token_bytes(32)  # so that keys say nothing about texts
        self._lock = Lock()
        self._hits = self._misses = 0
        self._made: OrderedDict[bytes, MadeUtterance] = OrderedDict()

    def may_keep(self, request: Request, plan: Plan) -> bool:
        """Whether a request may be looked up and kept. A student is as soon without."""
        plain = not (plan.student or request.is_directed)
        return self.most_bytes > 0 and plain and not any(map(str.isnumeric, request.text))

    def key(self, reading: Reading, request: Request, plan: Plan, pace: float) -> bytes:
        """Of all that decides samples; the model and its statistics are those of the engine."""
        manner = request.voice, request.speed, plan.name, pace
        digest = blake2b(repr((reading, manner)).encode(), key=self._secret, digest_size=32)
        return digest.digest()

    def find(self, key: bytes) -> MadeUtterance | None:
        """What was kept under a key."""
        with self._lock:
            made = self._made.get(key)
            if made is None:
                self._misses += 1
                return None
            self._hits += 1
            self._made.move_to_end(key)
            return made

    def keep(self, key: bytes, made: MadeUtterance) -> None:
        """Keep an utterance, unless it is larger than all that may be kept."""
        if made.bytes > self.most_bytes:
            return
        with self._lock:
            if (old := self._made.pop(key, None)) is not None:
                self.bytes -= old.bytes
            self._made[key] = made
            self.bytes += made.bytes
            while self.bytes > self.most_bytes:
                _, oldest = self._made.popitem(last=False)
                self.bytes -= oldest.bytes

    def cache_info(self) -> tuple[int, int, int]:
        """Hits and misses since the start, and entries."""
        with self._lock:
            return self._hits, self._misses, len(self._made)


@dataclass(frozen=True, slots=True)
class KeptBeginning:
    """The cache as one answer sees it."""

    cache: FirstUtterances
    request: Request
    plan: Plan
    pace: float

    def key(self, reading: Reading) -> bytes | None:
        """Of a reading that is a whole utterance; None for others, which are not kept."""
        if not (reading.first and reading.last and not reading.begin):
            return None
        return self.cache.key(reading, self.request, self.plan, self.pace)
