"""`onset calibrate`: measure AdaIN statistics, and fit the predictor that streaming rests on."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from onset.calibration.collect import (
    SPEEDS,
    blends,
    collect,
    corpus,
    generator_samples,
    opening_samples,
    plan,
    read,
)
from onset.calibration.regression import OPENING_RANK, RANK, extend, fit
from onset.cli.lists import listed, speed_values, voice_names
from onset.cli.progress import advancing, preparing, tell
from onset.config import load_settings
from onset.engine.engine import load_backend
from onset.errors import InvalidRequest
from onset.model.adain_predictor import ASSET, FEATURES, load, save
from onset.model.opening_predictor import OPENING_ASSET, OPENING_FEATURES
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
    opening: Annotated[
        bool,
        typer.Option(help="Fit what is predicted of the trunk, for the first sound of an answer."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="The asset to write; default: the one that ships.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Another Kokoro export.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that measure.")] = os.cpu_count()
    or 1,
    resume: Annotated[
        bool, typer.Option("--resume/--afresh", help="Go on from what was measured before.")
    ] = True,
) -> None:
    """Fit the statistics of voices and write them.

    Those of the generator, or with --opening those of the trunk, which take a tenth of the time.
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
    version = f"o{OPENING_FEATURES}" if opening else f"f{FEATURES}"
    folder = settings.cache_dir / "calibration" / f"{digest[:16]}-{version}"
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
    lines = {code: corpus(language=code) for code in {VOICES[name].language for name in names}}
    requests = plan(names, lines, count, rates) + blends(names, lines, mixes)
    with advancing("Measuring", len(requests)) as advance:
        measure = opening_samples if opening else generator_samples
        collect(requests, folder, settings, workers, measure, advance)
    samples = {
        name: group
        for name, group in read(folder).items()
        if {voice for voice, _ in parse(name)} <= set(names)
    }
    rank = OPENING_RANK if opening else RANK
    path = output or (OPENING_ASSET if opening else ASSET)
    save(extend(base, samples, rank=rank) if base else fit(samples, digest, rank=rank), path)
    measured = sum(len(group) for group in samples.values())
    tell(f"{path}: {len(names)} voices from {measured} readings.")
