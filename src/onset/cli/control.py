"""`onset stop`, `pause`, `resume` and the like: what a person does about what is playing.

Knows nothing of how it is done.
"""

import json
from typing import Annotated, Any

import typer

from onset.config import load_settings
from onset.playback.daemon_client import connect
from onset.protocol.playback_frames import SPEEDS, VOLUMES, Action

CALLER = "onset say"
"""Who `onset say` is, unless it is told."""

LOW_SPEED, HIGH_SPEED = SPEEDS
LOW_VOLUME, HIGH_VOLUME = VOLUMES


def stop() -> None:
    """Fall silent, and forget what waits."""
    _control("stop")


def pause() -> None:
    """Fall silent, and keep the place."""
    _control("pause")


def resume() -> None:
    """Go on where it was paused."""
    _control("resume")


def skip() -> None:
    """Go on with what waits."""
    _control("skip")


def back() -> None:
    """Go back a sentence."""
    _control("back")


def replay() -> None:
    """Hear it again from the beginning."""
    _control("replay")


def tempo(
    value: Annotated[float, typer.Argument(min=LOW_SPEED, max=HIGH_SPEED, help="1 is as spoken.")],
) -> None:
    """Hear everything faster or slower.

    The pitch stays.
    """
    _control("speed", value=value)


def volume(
    value: Annotated[float, typer.Argument(min=LOW_VOLUME, max=HIGH_VOLUME, help="1 is as is.")],
) -> None:
    """Hear everything louder or softer."""
    _control("volume", value=value)


def voice(
    name: Annotated[
        str | None, typer.Argument(help="A voice or a mix; without one, what is kept is forgotten.")
    ] = None,
    caller: Annotated[str, typer.Option(help="Who speaks in it, as onset say --caller.")] = CALLER,
) -> None:
    """Keep a voice for a caller.

    He speaks in it from now on unless he asks for another, as long as the daemon runs.
    """
    report = _control("voice", caller, voice=name)
    typer.echo(f"{caller}: {report.get('voice') or 'its own choice'}")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Tell what is playing and what waits."""
    report = _control("status")
    typer.echo(json.dumps(report) if as_json else told(report))


def told(report: dict[str, Any]) -> str:
    """A report for people."""
    playing, counters = report.get("playing"), report["counters"]
    lines = [report["state"]]
    if playing is not None:
        length = playing.get("length_s")
        whole = "" if length is None else f" of {length:.1f}"
        lines[0] += f", {playing['position_s']:.1f}{whole} s"
    device = report.get("device") or "none open"
    lines.append(f"device {device}, speed {report['speed']:g}, volume {report['volume']:g}")
    lines.append(f"waiting {len(report['waiting'])}")
    lines.append(
        f"played {counters['played']}, stopped {counters['stopped']}, stalls {counters['stalls']} "
        f"({counters['stalled_s']:.2f} s)"
    )
    return "\n".join(lines)


def _control(action: Action, caller: str = "onset", **fields: Any) -> dict[str, Any]:
    with connect(load_settings().socket, caller) as remote:
        return remote.control(action, **fields)
