"""`onset say --timing`: the time to the first sound by stage, as one bar."""

from typing import Any

from rich.text import Text

WIDTH = 60
"""Characters of the whole bar."""

COLORS = ("cyan", "magenta", "yellow", "green", "blue", "red")

OUTER = ("headers", "total")
"""Durations that contain others."""


def stages(started: dict[str, Any], begun_ns: int) -> list[tuple[str, float]]:
    """(stage, milliseconds) from `begun_ns` to the first sound, in order; from a "started" event.

    call: until the daemon was asked. Then the server's own stages. wire: between them and the
    first samples. silence: the leading silence of the speech, or the wait for its first audible
    sample. buffer: until the device took it. device: until it was heard.
    """
    server = [
        (n, ms) for n, ms in started["stages_ms"].items() if n not in OUTER and ms is not None
    ]
    first = started["first_ms"]
    onset = max(first + (started.get("lead_ms") or 0.0), started.get("onset_ms") or first)
    taken, heard = started["taken_ms"], started["heard_ms"]
    made = sum(ms for _, ms in server)
    all_stages = [
        ("call", (started["asked_ns"] - begun_ns) / 1e6),
        *server,
        ("wire" if server else "speech", first - made),
        ("silence", min(onset, taken) - first),
        ("buffer", max(0.0, taken - onset)),
        ("device", heard - taken),
    ]
    return [(name, ms) for name, ms in all_stages if ms >= 0.05]


def bar(parts: list[tuple[str, float]]) -> Text:
    """A bar in the proportions of the parts, and under it what they are."""
    total = sum(ms for _, ms in parts)
    drawn, legend = Text(), Text()
    for number, (name, ms) in enumerate(parts):
        color = COLORS[number % len(COLORS)]
        drawn.append("█" * max(1, round(WIDTH * ms / total)), color)
        legend.append(f"{name} {ms:.0f}  ", color)
    return Text.assemble(drawn, f" heard after {total:.0f} ms\n", legend)
