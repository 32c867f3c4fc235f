"""`onset serve`: runs the speech server."""

import gc
import sys
from importlib import import_module
from threading import Event
from typing import Annotated

import typer

from onset.cli.progress import preparing
from onset.config import Settings, load_settings
from onset.engine.engine import Engine
from onset.model.address_space import require_address_space
from onset.model.assets import model_file
from onset.serving.scheduling.scheduler import SWITCH, WARM_UP, Scheduler, scheduler_of
from onset.serving.speech_log import start_logging

LOADING = 2.0
"""Seconds until the server listens at the latest, whether or not its engine is there."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind (8880).")] = None,
    model: Annotated[
        str | None, typer.Option(help="Another Kokoro ONNX file or Hugging Face repository.")
    ] = None,
    wyoming: Annotated[
        int | None, typer.Option(help="Port for Wyoming too, which Home Assistant speaks (10200).")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of one model computation.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Engines side by side, each with so many threads (1).")
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(help="Key that clients must bring; ONSET_API_KEY hides it from `ps`."),
    ] = None,
) -> None:
    """Start the speech server.

    It speaks OpenAI's API, POST /v1/audio/speech, until Ctrl-C. What is not given here is taken
    from ONSET_*.
    """
    settings = load_settings(
        host=host,
        port=port,
        wyoming_port=wyoming,
        model=model,
        threads=threads,
        workers=workers,
        api_key=api_key,
    )
    require_address_space()
    start_logging(settings)
    with preparing() as progress:
        model_file(settings, progress)
    scheduler = _loading(settings)
    # Only now, while the engine speaks for the first time: to import it takes half a second, and
    # Python would give each half of its time.
    app = import_module("onset.serving.http.app")
    auth = import_module("onset.serving.http.middleware.auth")
    if warning := auth.exposed(settings):
        typer.secho(f"\n  {warning}\n", fg="red", bold=True, err=True)
    app.run(settings, scheduler)


def _loading(settings: Settings) -> Scheduler:
    """A scheduler with an engine, or one that still loads: the first start builds for long."""
    loaded = Event()

    def load() -> Engine:
        try:
            return Engine(settings)
        finally:
            loaded.set()

    gc.disable()  # until all is there: what is loaded is no garbage
    sys.setswitchinterval(SWITCH)
    scheduler = scheduler_of(settings, load, WARM_UP)
    scheduler.start()
    loaded.wait(LOADING)
    return scheduler
