"""`onset serve`: the speech server. Knows nothing of what it serves."""

from typing import Annotated

import typer

from onset import server
from onset.assets import model_file
from onset.commands.terminal import preparing
from onset.config import load_settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind (8880).")] = None,
    model: Annotated[
        str | None, typer.Option(help="Another Kokoro ONNX file or Hugging Face repository.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of one model computation.")] = None,
) -> None:
    """Start the speech server.

    It speaks OpenAI's API, POST /v1/audio/speech, until Ctrl-C. What is not given here is taken
    from ONSET_*.
    """
    settings = load_settings(host=host, port=port, model=model, threads=threads)
    with preparing() as progress:
        model_file(settings, progress)
    server.run(settings)
