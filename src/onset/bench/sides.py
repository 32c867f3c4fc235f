"""The sides of a comparison: who is asked, with what of the text, and when it is at rest again.

Knows nothing of the order in which they are asked.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic, sleep

import httpx

from onset.bench.plan import Extent
from onset.bench.processes import onset_server, peer
from onset.bench.recording import Recording, record
from onset.bench.texts import TextClass, first_clause
from onset.client import health
from onset.errors import ServerError
from onset.wire import SpeechRequest

ONSET = "onset"
KOKORO = "kokoro-onnx"
CLAUSE = "kokoro-onnx-clause"
PIPER = "piper"

TIMEOUT = httpx.Timeout(connect=5.0, read=300.0, write=10.0, pool=5.0)
"""Seconds: a peer may compute a long while before its first byte."""

IDLE_SECONDS = 300.0
"""Longest wait for a side to stop working after its listener has left."""

SETTLE_SECONDS = 0.3
"""Wait after every request, once the server says it is at rest or if it does not tell.

Its threads may spin for more work long after: right behind kokoro-onnx, the first graph of a process
that had nothing to do with it took 85 ms instead of 53, 0.3 s later 57 (docs/log.md).
"""


class Peer(StrEnum):
    """What can be compared with. KOKORO comes with CLAUSE, the best a clause splitter can do."""

    KOKORO = KOKORO
    PIPER = PIPER


@dataclass(frozen=True, slots=True)
class Side:
    """One side. said: what of a text it is given; voice None is the server's own default.

    exact: ask our server to decode each segment whole.
    """

    name: str
    url: str
    said: Callable[[str], str] = str
    voice: str | None = None
    exact: bool = False

    @property
    def is_peer(self) -> bool:
        """Whether this is somebody else's work."""
        return self.name != ONSET

    def takes(self, text: str) -> bool:
        """Whether the side has something of its own to say: a clause of one clause has not."""
        return self.name != CLAUSE or first_clause(text) != text

    def extent(self, text_class: TextClass) -> Extent:
        """Ours is heard to the end, except for long texts; a peer until its onset."""
        whole = not self.is_peer and text_class is not TextClass.LONG
        return Extent.WHOLE if whole else Extent.ONSET

    def listen(self, text: str, extent: Extent) -> Recording:
        """Record one answer and wait until the side is at rest. Raises ServerError if it is not."""
        request = SpeechRequest(
            input=self.said(text), voice=self.voice, response_format="pcm", exact=self.exact
        )
        recording = record(self.url, request, extent=extent, timeout=TIMEOUT)
        wait_idle(self.url)
        return recording


def wait_idle(url: str) -> None:
    """Wait until the server's health page says that nothing is being spoken, and SETTLE_SECONDS.

    A server without such a page gets only the latter. Raises ServerError after IDLE_SECONDS.
    """
    deadline = monotonic() + IDLE_SECONDS
    while monotonic() < deadline:
        if not _active(url):  # at rest, or it does not tell
            sleep(SETTLE_SECONDS)
            return
        sleep(0.02)
    raise ServerError(f"{url} is still working {IDLE_SECONDS:g} s after its listener left")


def _active(url: str) -> int | None:
    try:
        return health(url).active
    except ServerError:
        return None


@contextmanager
def open_sides(
    url: str | None, compare: Sequence[Peer], voice: str, model: Path | None
) -> Iterator[list[Side]]:
    """Start what is to be measured; everything started is stopped when the block is left.

    url: a running server of ours, or None to start one. voice: for the sides that speak with
    Kokoro. model: another Kokoro file for the peer. Raises ServerError.
    """
    with ExitStack() as stack:
        if url is None:
            url, _ = stack.enter_context(onset_server())
        sides = [Side(ONSET, url, voice=voice)]
        if Peer.KOKORO in compare:
            options = ["--voice", voice] + (["--model", str(model)] if model else [])
            peer_url = stack.enter_context(peer("onset.bench.peer_kokoro", options))
            sides += [Side(KOKORO, peer_url), Side(CLAUSE, peer_url, said=first_clause)]
        if Peer.PIPER in compare:
            sides.append(Side(PIPER, stack.enter_context(peer("onset.bench.peer_piper"))))
        yield sides
