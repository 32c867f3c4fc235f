"""What a module of speech-dispatcher says: answers, events, and audio between them.

Protocol: speech-dispatcher 0.11, "Communication Protocol for Output Modules". Samples go to the
server, which plays them.
"""

import os
from collections.abc import Callable, Sequence
from threading import Lock

from onset.audio.encoders import PcmEncoder
from onset.types import Floats

ESCAPE = b"\x7d"
NEWLINE = b"\n"
INVERTED = 0x20
"""HDLC's escape, and the bit that is inverted behind it, so that no newline is in the samples."""

BEGIN, END, STOP, PAUSE = b"701 BEGIN\n", b"702 END\n", b"703 STOP\n", b"704 PAUSE\n"


def audio_event(samples: Floats, rate: int) -> bytes:
    """The event that gives the server samples to play, 16 bit, at `rate` a second."""
    pcm = PcmEncoder().feed(samples)
    escaped = pcm.replace(ESCAPE, _escaped(ESCAPE)).replace(NEWLINE, _escaped(NEWLINE))
    head = (
        f"705-bits=16\n705-num_channels=1\n705-sample_rate={rate}\n"
        f"705-num_samples={len(samples)}\n705-big_endian=0\n705-AUDIO"
    )
    return head.encode() + b"\0" + escaped + b"\n705 AUDIO\n"


def _escaped(byte: bytes) -> bytes:
    return ESCAPE + bytes([byte[0] ^ INVERTED])


def mark_event(name: str) -> bytes:
    """The event of a mark that was reached."""
    return f"700-{name}\n700 INDEX MARK\n".encode()


class ModuleOutput:
    """Standard output: whole answers and events, from any thread. descriptor: where they go."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._lock = descriptor, Lock()

    def answer(self, *lines: str) -> None:
        """Answer a command."""
        self.write("".join(f"{line}\n" for line in lines).encode())

    def write(self, data: bytes, wanted: Callable[[], bool] | None = None) -> bool:
        """Write all of it, unless `wanted` says no when it is its turn; whether it was written.

        Waits while the server does not read. Raises OSError if it is gone.
        """
        with self._lock:
            if wanted is not None and not wanted():
                return False
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            return True


class MessageEvents:
    """The events of one message: it begins, ends or is stopped once, and nothing comes after."""

    def __init__(self, output: ModuleOutput) -> None:
        self._output = output
        self.over = False

    def begin(self) -> None:
        """Its speech begins."""
        self._send(BEGIN)

    def audio(self, samples: Floats, rate: int) -> None:
        """The next samples of it."""
        if len(samples):
            self._send(audio_event(samples, rate))

    def marks(self, names: Sequence[str]) -> None:
        """These marks were reached."""
        for name in names:
            self._send(mark_event(name))

    def finish(self, event: bytes) -> bool:
        """The last event of it, END, STOP or PAUSE; whether it was this one."""
        return self._output.write(event, self._close)

    def _close(self) -> bool:
        first, self.over = not self.over, True
        return first

    def _send(self, event: bytes) -> None:
        self._output.write(event, lambda: not self.over)
