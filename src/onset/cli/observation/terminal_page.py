"""What the page at `/` shows, for a terminal of any size. What was not measured says so."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from onset.protocol.http_api import STAGES
from onset.protocol.performance_api import AlertStatus, FollowedAdvice, PerformanceSnapshot

NOT_MEASURED = "not measured"

TWO_COLUMNS = 96
"""Characters from which on panels stand beside each other."""

FEWEST_ANSWERS = 3
"""Rows of answers that are shown where there is no room for more."""

COLORS = ("#8a9299", "#3b8fd0", "#d9702a", "#2a9d7c", "#b86aa6", "#a8842a")
"""Of stages, in the order of the page's."""


def terminal_page(snapshot: PerformanceSnapshot, width: int, height: int | None) -> RenderableType:
    """A snapshot. height: rows there are; None: as many as it takes. What has no room is left out,
    the least urgent first, and never cut in two.
    """
    first, flow = _first_sound(snapshot), _flow(snapshot)
    machine, probe = _machine(snapshot), _probe(snapshot)
    stages = _stages(snapshot, width)
    parts: list[RenderableType] = [_head(snapshot), *_alerts(snapshot.alerts)]
    if width >= TWO_COLUMNS:
        parts += [_beside(first, machine), stages, _beside(flow, probe)]
    else:
        parts += [first, stages, flow, machine, probe]
    shown: list[RenderableType] = []
    room = 10_000 if height is None else height - FEWEST_ANSWERS - 1
    for part in [*parts, *_recommendations(snapshot)]:
        rows = _rows(part, width)
        if rows <= room:
            shown.append(part)
            room -= rows
    return Group(*shown, _answers(snapshot, width, room + FEWEST_ANSWERS))


def unreachable(
    problem: str, last: PerformanceSnapshot | None, width: int, height: int
) -> RenderableType:
    """The server does not answer; below it what was known last."""
    told = Text(f"{problem} Trying again.", style="bold red")
    return told if last is None else Group(told, terminal_page(last, width, height - 1))


def _rows(part: RenderableType, width: int) -> int:
    """How many rows it takes."""
    console = Console(width=width, file=StringIO(), legacy_windows=False)
    return len(console.render_lines(part, pad=False))


def _head(snapshot: PerformanceSnapshot) -> Text:
    system = snapshot.system
    ready = "ready" if snapshot.ready else "not ready"
    listeners = f"{system.active} of {_known(system.listeners, '{:d}', 'unknown')} listeners"
    at = datetime.fromtimestamp(snapshot.at).strftime("%H:%M:%S")
    words = [f"Onset {snapshot.version}", ready, listeners, f"pace {_known(system.pace, '{:g}')}"]
    return Text(" \u00b7 ".join([*words, at]), style="bold", no_wrap=True, overflow="ellipsis")


def _alerts(alerts: Sequence[AlertStatus]) -> list[RenderableType]:
    firing = [alert for alert in alerts if alert.state in ("firing", "clearing")]
    return [
        Text(f"! {alert.name}: {alert.says} {alert.evidence}. {alert.check}", style="bold red")
        for alert in firing
    ]


def _first_sound(snapshot: PerformanceSnapshot) -> Panel:
    ttfa = snapshot.ttfa
    rate = _known(ttfa.achievement_rate, "{:.1%}")
    low, high = ttfa.interval or (None, None)
    between = "" if low is None or high is None else f" ({low:.1%} to {high:.1%}, n = {ttfa.n})"
    style = ""
    if ttfa.current_ms is not None:
        style = "green" if ttfa.current_ms <= ttfa.target_ms else "red"
    return _panel(
        "First sound",
        [
            ("newest", _ms(ttfa.current_ms), f"bold {style}".strip()),
            ("median", _ms(ttfa.p50_ms), ""),
            ("95th percentile", _ms(ttfa.p95_ms), ""),
            (f"within {ttfa.target_ms:.0f} ms", rate + between, ""),
            ("trend", ttfa.trend, "red" if ttfa.trend == "degrading" else ""),
            ("heard at devices", _ms(snapshot.heard.heard_ms), ""),
            ("plans", plans_told(snapshot), ""),
        ],
    )


def plans_told(snapshot: PerformanceSnapshot) -> str:
    """What listeners got: how many answers of each plan, and the median of fast ones apart."""
    told = [f"{name} {one.n}" for name, one in snapshot.plans.items() if one.n]
    fast = snapshot.plans.get("fast")
    if fast is not None and fast.p50_ms is not None:
        told.append(f"fast in {_ms(fast.p50_ms)}")
    return ", ".join(told) or NOT_MEASURED


def _flow(snapshot: PerformanceSnapshot) -> Panel:
    flow = snapshot.flow
    return _panel(
        "Keeps up",
        [
            ("work for a second of audio", _known(flow.rtf_p50, "{:.2f} s"), ""),
            ("answers without a stall", _known(flow.smooth_ratio, "{:.1%}"), ""),
            ("stalls", _known(flow.stalls, "{:d}"), "red" if flow.stalls else ""),
            ("answers decoded exactly", _known(flow.exact_ratio, "{:.1%}"), ""),
        ],
    )


def _machine(snapshot: PerformanceSnapshot) -> Panel:
    system = snapshot.system
    return _panel(
        "Machine",
        [
            ("memory", f"{system.rss_bytes / 1e6:.0f} MB", ""),
            ("cores kept busy", _known(system.cpu_ratio, "{:.2f}"), ""),
            ("all cores in use", _known(system.host_cpu_ratio, "{:.0%}"), ""),
            ("cache hits", _known(system.cache_hit_ratio, "{:.0%}"), ""),
        ],
    )


def _probe(snapshot: PerformanceSnapshot) -> Panel:
    probe = snapshot.probe
    at = None if probe.at is None else datetime.fromtimestamp(probe.at).strftime("%H:%M")
    newest = "none yet" if at is None else f"{probe.n} since the start, the newest at {at}"
    return _panel(
        "Idle probe",
        [
            ("probes", f"off: {probe.off}" if probe.off else newest, ""),
            ("first sound", _ms(probe.first_audio_ms), ""),
            ("pace", _known(probe.pace, "{:.2f}"), ""),
            ("other work", _ms(probe.host_ms), ""),
        ],
    )


def _stages(snapshot: PerformanceSnapshot, width: int) -> Panel:
    bars: list[Text] = []
    answers = (("p50", snapshot.pipeline), ("p95", snapshot.pipeline_p95))
    whole = max((_sum(stages) for _, stages in answers), default=0.0)
    for name, stages in answers:
        bars += _bar(name, stages, whole, max(10, width - 20))
    known = bars or [Text(NOT_MEASURED, style="italic")]
    return Panel(Group(*known), title="Where the time goes", title_align="left")


def _sum(stages: dict[str, float | None]) -> float:
    return sum(ms for ms in stages.values() if ms is not None)


def _bar(name: str, stages: dict[str, float | None], whole: float, cells: int) -> list[Text]:
    total = _sum(stages)
    if total <= 0:
        return []
    bar, key = Text(f"{name} ", style="bold"), Text("    ")
    for place, stage in enumerate(STAGES):
        ms = stages.get(f"{stage}_ms")
        if ms is None or ms < 1:
            continue
        color = COLORS[place % len(COLORS)]
        # The name stands in the bar too: colours alone tell not everybody which is which.
        length = round(cells * ms / whole)
        bar.append(f"{stage[:length]:{length}}", style=f"white on {color}")
        key.append(f"{stage} {ms:.0f}  ", style=color)
    bar.append(f" {total:.0f} ms")
    bar.no_wrap = True
    return [bar, key]


def _recommendations(snapshot: PerformanceSnapshot) -> list[RenderableType]:
    lines = [
        Text(f"{one.suggestion} {one.evidence}. {one.check}") for one in snapshot.recommendations
    ]
    lines += [
        Text(f"{one.rule}: {one.was or NOT_MEASURED} -> {one.now or NOT_MEASURED}, {_day(one)}")
        for one in snapshot.followed
        if one.gone_at is not None
    ]
    unknown = ", ".join(f"{one.rule} {one.n} of {one.of}" for one in snapshot.not_enough_known)
    if unknown:
        lines.append(Text(f"Not enough known: {unknown}", style="dim"))
    if not lines:
        return []
    return [Panel(Group(*lines), title="What to do", title_align="left")]


def _day(followed: FollowedAdvice) -> str:
    return datetime.fromtimestamp(followed.since).strftime("advised %Y-%m-%d %H:%M")


def _answers(snapshot: PerformanceSnapshot, width: int, room: int) -> RenderableType:
    newest = list(reversed(snapshot.recent))[:room]
    if not newest:
        return Text("No answer yet.", style="italic")
    columns = ["at", "for", "way", "outcome", "first sound", "plan"]
    columns += ["voice", "language", "stalls"]
    most = len(columns) if width >= 90 else 6 if width >= 60 else 5
    table = Table(*columns[:most], box=None, header_style="dim", pad_edge=False)
    for one in newest:
        at = datetime.fromtimestamp(one.at).strftime("%H:%M:%S")
        stalls = "" if one.stalls is None else str(one.stalls)
        cells = [at, one.purpose, one.way, one.outcome, _ms(one.ttfa_ms, "-")]
        cells += [one.plan or "", one.voice or "", one.language or "", stalls]
        table.add_row(*cells[:most])
    return table


def _panel(title: str, rows: Iterable[tuple[str, str, str]]) -> Panel:
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(style="dim")
    grid.add_column(justify="right")
    for name, value, style in rows:
        unknown = "italic dim" if value == NOT_MEASURED else style
        grid.add_row(name, Text(value, style=unknown))
    return Panel(grid, title=title, title_align="left")


def _beside(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid


def _ms(value: float | None, unknown: str = NOT_MEASURED) -> str:
    return _known(value, "{:.0f} ms", unknown)


def _known(value: float | None, written: str, unknown: str = NOT_MEASURED) -> str:
    return unknown if value is None else written.format(value)
