"""`onset calibrate`: measure statistics and fit the asset that streaming rests on.

Knows nothing of how they are used.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from onset.calibrate import collect, corpus, fit, plan, read
from onset.commands.terminal import preparing, tell
from onset.config import load_settings
from onset.engine import Engine
from onset.statistics import ASSET, FEATURES, save
from onset.voices import parse

FITTED = "af_heart,am_michael,bf_emma,bm_george,af_bella,am_fenrir"
"""The voices of the asset that ships."""


def calibrate(
    voices: Annotated[str, typer.Option(help="Voices to measure, with commas.")] = FITTED,
    count: Annotated[int, typer.Option(min=2, help="Lines of the corpus for each voice.")] = 48,
    speed: Annotated[float, typer.Option(min=0.5, max=2.0)] = 1.0,
    output: Annotated[Path, typer.Option(help="The asset to write.")] = ASSET,
    model: Annotated[str | None, typer.Option(help="Another Kokoro export.")] = None,
) -> None:
    """Fit the statistics of voices and write them.

    Every line measured is kept in the cache folder, so a run that was stopped goes on where it
    was. Takes about 3 seconds a line on two cores.
    """
    names = [name.strip() for name in voices.split(",")]
    for name in names:
        parse(name)
    settings = load_settings(model=model)
    with preparing() as bytes_done:
        engine = Engine(settings, progress=bytes_done)
    folder = settings.cache_dir / "calibration" / f"{engine.backend.digest[:16]}-f{FEATURES}"
    requests = plan(names, corpus(), count, speed)
    with _progress() as progress:
        task = progress.add_task("Measuring", total=len(requests))
        collect(engine, requests, folder, lambda: progress.advance(task))
    samples = {name: group for name, group in read(folder).items() if name in names}
    save(fit(samples, engine.backend.digest), output)
    measured = sum(len(group) for group in samples.values())
    tell(f"{output}: {len(samples)} voices from {measured} segments.")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
