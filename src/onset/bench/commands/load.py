"""The command `onset bench load`: listeners held for minutes, and visitors meanwhile.

Knows nothing of how a figure is computed.
"""

import asyncio
from contextlib import nullcontext
from typing import Annotated

import typer

from onset.bench.commands.signals import orderly_end
from onset.bench.report.terminal import console, print_json
from onset.bench.run.fingerprint import environment
from onset.bench.run.processes import onset_server
from onset.bench.traffic.held_load import hold


def load(
    seconds: Annotated[float, typer.Option(min=20, help="Audio that each listener hears.")] = 300,
    listeners: Annotated[
        int | None, typer.Option(min=1, help="How many; else as many as the server says.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="A running server; else one is started.")] = None,
    voice: Annotated[str, typer.Option(help="Voice of every request.")] = "af_heart",
    seed: Annotated[int, typer.Option(help="Chooses the texts.")] = 1,
) -> None:
    """As many listeners as can be served, for minutes: does one stutter, is one more told so?

    Fails if a listener's player with 200 ms of prebuffer runs dry, if a new listener's first sound
    takes more than three times what it takes alone, or if a refusal takes more than 50 ms.
    """
    server = onset_server() if url is None else nullcontext(None)
    with orderly_end(), server as started:
        address = url or (started.url if started is not None else "")
        held = asyncio.run(hold(address, voice, seconds, listeners, seed))
    figures = held.summary()
    for name, value in figures.items():
        console().print(f"{name}: {value}")
    for kept, what in held.verdicts:
        console().print(f"{'kept   ' if kept else 'BROKEN '} {what}", highlight=False)
    print_json(figures | {"kept": held.kept, "environment": environment()})
    if not held.kept:
        raise typer.Exit(1)
