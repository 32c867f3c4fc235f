"""The panels of the page as HTML: made once a second at most, for all who look at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.live_window import LiveWindow, counted
from onset.monitoring.snapshots import SnapshotSource
from onset.protocol.performance_api import PerformanceSnapshot
from onset.serving.http.dashboard.panel_pictures import last_hour, stages
from onset.serving.http.dashboard.panel_values import (
    clock,
    megabytes,
    milliseconds,
    percent,
    plain,
)

PANELS = {
    "state": "",
    "firing": "",
    "first_sound": "First sound",
    "last_hour": "The last hour",
    "stages": "Where it goes",
    "flow": "Keeps up",
    "heard": "Heard at the device",
    "machine": "Machine",
    "alerts": "Alerts",
    "advice": "What to do",
    "answers": "Last answers",
}
"""Names of the panels and their headings; those without one are in the head of the page."""

NOTHING_NEW = b":\n\n"
"""The event for a viewer who has seen all panels: a comment, so that they know that we are here."""


@dataclass(slots=True)
class LivePanels:
    """Makes the panels of the newest snapshot in a thread, and none while nobody looks."""

    snapshots: SnapshotSource
    window: LiveWindow
    _made: tuple[PerformanceSnapshot, dict[str, str]] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def viewer(self) -> Callable[[], Awaitable[bytes]]:
        """Makes the events of one viewer: all panels first, then those that have changed."""
        seen: dict[str, str] = {}

        async def event() -> bytes:
            panels = await self.panels()
            new = {name: html for name, html in panels.items() if seen.get(name) != html}
            seen.update(new)
            return b"data: " + json.dumps(new).encode() + b"\n\n" if new else NOTHING_NEW

        return event

    async def panels(self) -> dict[str, str]:
        """The HTML of every panel by its name."""
        async with self._lock:
            snapshot = await self.snapshots.current()
            if self._made is None or self._made[0] is not snapshot:
                records = counted(self.window.records())
                self._made = snapshot, await asyncio.to_thread(rendered, snapshot, records)
            return self._made[1]


def rendered(snapshot: PerformanceSnapshot, records: Sequence[AnswerRecord]) -> dict[str, str]:
    """The panels of a snapshot. records: the answers that the promise is about."""
    module = (
        templates()
        .get_template("panels.html.jinja")
        .make_module(
            {
                "shown": snapshot,
                "hour": last_hour(records, snapshot.at),
                "bars": stages(records),
            }
        )
    )
    return {name: str(getattr(module, name)()).strip() for name in PANELS}


@cache
def templates() -> Environment:
    """The templates of the page; they escape everything."""
    environment = Environment(
        loader=PackageLoader("onset.serving.http.dashboard", "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ms": milliseconds,
        "percent": percent,
        "plain": plain,
        "megabytes": megabytes,
        "clock": clock,
    }
    return environment
