"""`onset serve`: runs the speech server."""

from typing import Annotated

import typer

from onset.cli.progress import preparing
from onset.config import load_settings
from onset.model.address_space import require_address_space
from onset.model.assets import model_file
from onset.serving.http import app
from onset.serving.http.middleware.auth import exposed
from onset.serving.speech_log import start_logging


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
    if warning := exposed(settings):
        typer.secho(f"\n  {warning}\n", fg="red", bold=True, err=True)
    with preparing() as progress:
        model_file(settings, progress)
    app.run(settings)
