"""The panels of the page as HTML: made once a second at most, for all who look at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.live_window import LiveWindow, counted
from onset.monitoring.snapshots import SnapshotSource
from onset.protocol.performance_api import PerformanceSnapshot
from onset.serving.http.dashboard.panel_changes import PanelChange, in_lines, panel_change
from onset.serving.http.dashboard.panel_pictures import last_hour, stages
from onset.serving.http.dashboard.panel_templates import templates

PANELS = {
    "state": "",
    "firing": "",
    "first_sound": "First sound",
    "last_hour": "The last hour",
    "stages": "Where the time goes",
    "flow": "Keeps up",
    "machine": "Machine",
    "alerts": "Alerts",
    "advice": "What to do",
    "heard": "Heard at the device",
    "answers": "Last answers",
}
"""Names of the panels and their headings; those without one are in the head of the page."""

NOTHING_NEW = b":\n\n"
"""The event for a viewer who has seen all panels: a comment, so that they know that we are here."""


@dataclass(frozen=True, slots=True)
class MadePanels:
    """The panels of one snapshot as HTML, and what changed in them since those made `before`."""

    snapshot: PerformanceSnapshot | None = None
    html: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, PanelChange] = field(default_factory=dict)

    def event(self, seen: Mapping[str, str]) -> bytes:
        """What is new for a viewer who has seen those, as HTML or as a change of what they saw."""
        new: dict[str, str | PanelChange] = {}
        for name, html in self.html.items():
            if seen.get(name) == html:
                continue
            follows = name in self.changes and seen.get(name) == self.before[name]
            new[name] = self.changes[name] if follows else html
        return b"data: " + json.dumps(new).encode() + b"\n\n" if new else NOTHING_NEW


@dataclass(slots=True)
class LivePanels:
    """Makes the panels of the newest snapshot in a thread, and none while nobody looks."""

    snapshots: SnapshotSource
    window: LiveWindow
    _made: MadePanels = field(default_factory=MadePanels)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def viewer(self) -> Callable[[], Awaitable[bytes]]:
        """Makes the events of one viewer: all panels first, then what has changed."""
        seen: Mapping[str, str] = {}

        async def event() -> bytes:
            nonlocal seen
            made = await self._newest()
            told, seen = made.event(seen), made.html
            return told

        return event

    async def panels(self) -> Mapping[str, str]:
        """The HTML of every panel by its name."""
        return (await self._newest()).html

    async def _newest(self) -> MadePanels:
        async with self._lock:
            snapshot = await self.snapshots.current()
            if self._made.snapshot is not snapshot:
                records = counted(self.window.records())
                self._made = await asyncio.to_thread(_made, snapshot, records, self._made.html)
            return self._made


def _made(
    snapshot: PerformanceSnapshot, records: Sequence[AnswerRecord], before: Mapping[str, str]
) -> MadePanels:
    html = {name: in_lines(panel) for name, panel in rendered(snapshot, records).items()}
    changes = {
        name: panel_change(before[name], panel)
        for name, panel in html.items()
        if name in before and before[name] != panel
    }
    return MadePanels(snapshot, html, before, changes)


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
