"""`onset tempo`, `volume`, `voice` and `status`: how the playback daemon plays, and for whom."""

import json
from typing import Annotated, Any

import typer

from onset.cli.playing.control import control
from onset.protocol.playback_frames import SPEEDS, VOLUMES

SAY_CALLER = "onset say"
"""The caller that `onset say` is for the daemon, unless another is given."""


def tempo(
    value: Annotated[float, typer.Argument(min=SPEEDS[0], max=SPEEDS[1], help="1 is as spoken.")],
) -> None:
    """Hear everything faster or slower.

    The pitch stays.
    """
    control("speed", value=value)


def volume(
    value: Annotated[float, typer.Argument(min=VOLUMES[0], max=VOLUMES[1], help="1 is as is.")],
) -> None:
    """Hear everything louder or softer."""
    control("volume", value=value)


def voice(
    name: Annotated[
        str | None, typer.Argument(help="A voice or a mix; without one, what is kept is forgotten.")
    ] = None,
    caller: Annotated[
        str, typer.Option(help="Who speaks in it, as onset say --caller.")
    ] = SAY_CALLER,
) -> None:
    """Keep a voice for a caller.

    They speak in it from now on unless they ask for another, as long as the daemon runs.
    """
    report = control("voice", caller, voice=name)
    typer.echo(f"{caller}: {report.get('voice') or 'its own choice'}")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Tell what is playing and what waits."""
    report = control("status")
    typer.echo(json.dumps(report) if as_json else summary(report))


def summary(report: dict[str, Any]) -> str:
    """A status report as lines for people."""
    state, counters = report["state"], report["counters"]
    if playing := report.get("playing"):
        length = playing.get("length_s")
        whole = "" if length is None else f" of {length:.1f}"
        state += f", {playing['position_s']:.1f}{whole} s"
    return (
        f"{state}\n"
        f"device {report.get('device') or 'none open'}, speed {report['speed']:g}, "
        f"volume {report['volume']:g}\n"
        f"waiting {len(report['waiting'])}\n"
        f"played {counters['played']}, stopped {counters['stopped']}, "
        f"stalls {counters['stalls']} ({counters['stalled_s']:.2f} s)"
    )
