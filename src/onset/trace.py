"""Traces: named moments of one request, in nanoseconds."""

from dataclasses import dataclass, field
from time import perf_counter_ns


@dataclass(slots=True)
class Trace:
    """The moments of one request. Each stage calls `mark`; metrics are made by the reader.

    `marks` holds (name, perf_counter_ns) in the order they were made; the first is "start".
    """

    marks: list[tuple[str, int]] = field(default_factory=lambda: [("start", perf_counter_ns())])

    def mark(self, name: str) -> None:
        """Note that the stage `name` has just ended."""
        self.marks.append((name, perf_counter_ns()))

    def stages(self, until: str) -> dict[str, float] | None:
        """Seconds of each stage from "start" to the first mark `until`, None if it never came.

        A stage runs from the mark before it to its own; stages of one name add up, so the values
        sum to the whole.
        """
        seconds: dict[str, float] = {}
        for (_, begin), (name, end) in zip(self.marks, self.marks[1:], strict=False):
            seconds[name] = seconds.get(name, 0.0) + (end - begin) / 1e9
            if name == until:
                return seconds
        return None
