"""`onset calibrate`: measure AdaIN statistics, and fit the predictor that streaming rests on."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from onset.calibration.collect import SPEEDS, blends, collect, corpus, plan, read
from onset.calibration.regression import extend, fit
from onset.cli.lists import listed, speed_values, voice_names
from onset.cli.progress import advancing, preparing, tell
from onset.config import load_settings
from onset.engine.engine import load_backend
from onset.errors import InvalidRequest
from onset.model.adain_predictor import ASSET, FEATURES, load, save
from onset.model.voice_styles import VOICES, parse

COUNT = 32
"""Lines for each voice. Twice as many lower the held-out error by a tenth.

See docs/log/2026-11-22-all-voices.md.
"""

MIXES = 200
"""Mixes to measure: they show how a mix differs from the mean of its voices."""


def calibrate(
    voices: Annotated[str | None, typer.Option(help="With commas; default: all.")] = None,
    speeds: Annotated[
        str, typer.Option(help="What every second line is spoken at, with commas.")
    ] = ",".join(map(str, SPEEDS)),
    count: Annotated[int, typer.Option(min=2, help="Lines of the corpus for each voice.")] = COUNT,
    mixes: Annotated[
        int, typer.Option(min=0, help="Lines spoken by mixes of the voices, each another one.")
    ] = MIXES,
    onto: Annotated[
        Path | None,
        typer.Option(help="Statistics to go on from: what they get wrong is fitted and added."),
    ] = None,
    output: Annotated[Path, typer.Option(help="The asset to write.")] = ASSET,
    model: Annotated[str | None, typer.Option(help="Another Kokoro export.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that measure.")] = os.cpu_count()
    or 1,
    resume: Annotated[
        bool, typer.Option("--resume/--afresh", help="Go on from what was measured before.")
    ] = True,
) -> None:
    """Fit the statistics of voices and write them.

    Every line measured is kept in the cache folder, so a run that was stopped goes on where it
    was. It takes as long as synthesising `--count` lines a voice whole; the bar tells how long.
    """
    names = voice_names(voices)
    rates = speed_values(speeds) if listed(speeds) else []
    settings = load_settings(model=model)
    with preparing() as bytes_done:
        digest = load_backend(settings, bytes_done).digest
    base = load(onto) if onto else None
    if base is not None and base.digest != digest:
        raise InvalidRequest(f"{onto} was fitted on another model than this one.", "onto")
    folder = settings.cache_dir / "calibration" / f"{digest[:16]}-f{FEATURES}"
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    lines = {code: corpus(language=code) for code in {VOICES[name].language for name in names}}
    requests = plan(names, lines, count, rates) + blends(names, lines, mixes)
    with advancing("Measuring", len(requests)) as advance:
        collect(requests, folder, settings, workers, advance)
    samples = {
        name: group
        for name, group in read(folder).items()
        if {voice for voice, _ in parse(name)} <= set(names)
    }
    save(extend(base, samples) if base else fit(samples, digest), output)
    measured = sum(len(group) for group in samples.values())
    tell(f"{output}: {len(names)} voices from {measured} segments.")
