"""`onset quality`: how far streaming is from exact decoding, on texts never used for fitting.

Knows nothing of how either is made.
"""

import json
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from onset.calibrate import corpus
from onset.commands.calibrate import FITTED
from onset.config import load_settings
from onset.engine import Engine
from onset.quality import Comparison, compare
from onset.types import Request


def quality(
    voices: Annotated[str, typer.Option(help="Voices to judge, with commas.")] = FITTED,
    count: Annotated[int, typer.Option(min=1, help="Held-out lines for each voice.")] = 20,
    speed: Annotated[float, typer.Option(min=0.5, max=2.0)] = 1.0,
) -> None:
    """Compare streaming with exact decoding.

    The texts are held out: none was used for fitting.
    """
    engine = Engine(load_settings())
    names = [name.strip() for name in voices.split(",")]
    lines = corpus("heldout")
    requests = [
        Request(lines[(i * len(names) + k) % len(lines)], name, speed)
        for k, name in enumerate(names)
        for i in range(count)
    ]
    for request in requests:
        engine.check(request)
    errors = Console(stderr=True)
    watched = track(requests, "Comparing", console=errors, transient=True)
    found = [compare(engine, request) for request in watched]
    Console().print(_table(found))
    typer.echo(json.dumps(_summary(found)))


def _table(found: list[Comparison]) -> Table:
    table = Table(title="Streaming against exact, held-out texts")
    for column in ("voice", "n", "log-mel RMSE dB p50", "p95", "level dB p50", "largest"):
        table.add_column(column, justify="left" if column == "voice" else "right")
    for voice in sorted({c.request.voice for c in found}):
        table.add_row(*_row(voice, [c for c in found if c.request.voice == voice]))
    table.add_section()
    table.add_row(*_row("all", found))
    return table


def _row(name: str, found: list[Comparison]) -> tuple[str, ...]:
    rmse = [c.log_mel_rmse for c in found]
    level = [c.level for c in found]
    largest = max(level, key=abs)
    p50, p95 = np.quantile(rmse, (0.5, 0.95))
    median = float(np.median(level))
    return name, str(len(found)), f"{p50:.2f}", f"{p95:.2f}", f"{median:+.2f}", f"{largest:+.2f}"


def _summary(found: list[Comparison]) -> dict[str, object]:
    rmse = np.array([c.log_mel_rmse for c in found])
    level = np.array([c.level for c in found])
    return {
        "schema": 1,
        "bench": "quality",
        "n": len(found),
        "audio_seconds": round(sum(c.seconds for c in found), 2),
        "exact_only": sum(c.log_mel_rmse == 0.0 for c in found),
        "log_mel_rmse_db_p50": round(float(np.median(rmse)), 3),
        "log_mel_rmse_db_p95": round(float(np.quantile(rmse, 0.95)), 3),
        "level_db_p50": round(float(np.median(level)), 3),
        "level_within_half_db_ratio": round(float(np.mean(np.abs(level) <= 0.5)), 3),
    }
