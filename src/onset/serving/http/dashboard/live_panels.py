"""The panels of the page as HTML: made once a second at most, for all who look at once."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.live_window import LiveWindow, counted
from onset.monitoring.snapshots import SnapshotSource
from onset.protocol.performance_api import PerformanceSnapshot
from onset.serving.http.dashboard.panel_changes import PanelChange, in_lines, panel_change
from onset.serving.http.dashboard.panel_pictures import end_of_hour, last_hour, stages
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

SHOWN: Mapping[str, tuple[str, ...]] = {
    "state": ("version", "ready", "system"),
    "firing": ("alerts",),
    "first_sound": ("ttfa", "heard", "plans", "populations"),
    "last_hour": (),
    "stages": ("pipeline", "pipeline_p95"),
    "flow": ("flow",),
    "machine": ("system", "probe"),
    "alerts": ("alerts",),
    "advice": ("recommendations", "not_enough_known", "followed"),
    "heard": ("heard",),
    "answers": ("recent",),
}
"""What each panel shows of a snapshot: while that is as before, it is not drawn again."""

PICTURES = ("last_hour", "stages")
"""Panels with a picture of the answers themselves."""

NOTHING_NEW = b":\n\n"
"""The event for a viewer who has seen all panels: a comment, so that they know that we are here."""


@dataclass(frozen=True, slots=True)
class MadePanels:
    """The panels of one snapshot as HTML, and what changed in them since those made `before`.

    shown: what each panel is made of.
    """

    snapshot: PerformanceSnapshot | None = None
    html: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, object] = field(default_factory=dict)
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
                self._made = await asyncio.to_thread(_made, snapshot, records, self._made)
            return self._made


def _made(
    snapshot: PerformanceSnapshot, records: Sequence[AnswerRecord], old: MadePanels
) -> MadePanels:
    shown = _shown(snapshot, records)
    due = [name for name in PANELS if name not in old.html or old.shown[name] != shown[name]]
    drawn = {name: in_lines(panel) for name, panel in rendered(snapshot, records, due).items()}
    changes = {
        name: panel_change(old.html[name], panel)
        for name, panel in drawn.items()
        if name in old.html and old.html[name] != panel
    }
    html = {name: drawn[name] if name in drawn else old.html[name] for name in PANELS}
    return MadePanels(snapshot, html, shown, old.html, changes)


def _shown(snapshot: PerformanceSnapshot, records: Sequence[AnswerRecord]) -> dict[str, object]:
    shown: dict[str, object] = {
        name: [getattr(snapshot, part) for part in parts] for name, parts in SHOWN.items()
    }
    pictured = {name: (shown[name], records, end_of_hour(snapshot.at)) for name in PICTURES}
    return shown | pictured


def rendered(
    snapshot: PerformanceSnapshot, records: Sequence[AnswerRecord], names: Collection[str]
) -> dict[str, str]:
    """Panels of a snapshot. records: the answers that the promise is about."""
    pictures = {
        "hour": last_hour(records, snapshot.at) if "last_hour" in names else None,
        "bars": stages(records) if "stages" in names else None,
    }
    template = templates().get_template("panels.html.jinja")
    module = template.make_module({"shown": snapshot} | pictures)
    return {name: str(getattr(module, name)()).strip() for name in names}
