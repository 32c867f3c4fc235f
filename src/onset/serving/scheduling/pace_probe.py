"""A stream to nobody, on an idle worker: it measures the machine, then speaks one sentence."""

from threading import Condition

from onset.engine.engine import Engine
from onset.engine.playout_budget import pace_class
from onset.serving.scheduling.stream import Stream
from onset.trace import Trace
from onset.types import Request


class PaceProbe:
    """The probes of one worker, one at a time; `begin` with the worker's lock."""

    def __init__(self) -> None:
        self._stream: Stream | None = None
        self._engine: Engine | None = None
        self._class: float | None = None

    def begin(self, engine: Engine, request: Request, changed: Condition, now: float) -> Stream:
        """The stream of a new probe."""
        stream = Stream(request, Trace(), changed, now, background=True)
        stream.language, stream.purpose, stream.idle = engine.language(request), "probe", True
        self._stream, self._engine = stream, engine
        return stream

    def end(self) -> None:
        """Somebody is there: stop within one operator of the model. It has served nobody."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def measures(self, stream: Stream) -> bool:
        """Whether the stream's turn is the one that measures the pace."""
        return stream is self._stream and stream.pace is None

    def measure(self, stream: Stream) -> bool:
        """Measure the pace; whether it is another than it was. The work is nobody's.

        Then what speech cost until now says nothing any more, such as after a busy moment at the
        start. Raises Halted.
        """
        assert self._engine is not None
        before = self._class or self._engine.pace
        stream.pace = self._engine.measure_pace(stream.halt)
        self._class = pace_class(stream.pace)
        stream.trace.restart()
        return self._class != before
