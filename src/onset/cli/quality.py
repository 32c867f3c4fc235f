"""`onset quality`: the quality gate, streaming against exact decoding."""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.bench.report.terminal import console, print_json
from onset.bench.run.fingerprint import environment
from onset.calibration.collect import corpus
from onset.cli import listening
from onset.cli.lists import listed, speed_values, voice_names
from onset.cli.progress import advancing, preparing, tell
from onset.config import Settings, load_settings
from onset.engine.engine import load_backend
from onset.errors import InvalidRequest
from onset.model.adain_predictor import ASSET
from onset.model.opening_predictor import OPENING_ASSET
from onset.model.voice_styles import VOICES
from onset.quality import report_page, spectrogram
from onset.quality.evaluate import evaluate, load
from onset.quality.extra import INSTALL, missing
from onset.quality.gate_items import LINES, SPEEDS, GateItem, plan_items
from onset.quality.listening.listening_items import COUNT
from onset.quality.measures import MEASURES
from onset.quality.renditions.renditions import speak_twice
from onset.quality.report_page import GateRun
from onset.quality.results import PARTS, ItemResult, ResultsFile, code_digest, results_path
from onset.quality.thresholds import PACE, verdicts

EVERY_SPEED = ",".join(f"{speed:g}" for speed in SPEEDS)

COLORS = {"pass": "green", "fail": "red", "not measured": "yellow"}


def quality(
    voices: Annotated[str | None, typer.Option(help="With commas; default: all.")] = None,
    speeds: Annotated[str, typer.Option(help="With commas.")] = EVERY_SPEED,
    count: Annotated[int, typer.Option(min=1, help="Lines a voice at speed 1.")] = LINES,
    only: Annotated[
        str, typer.Option(help=f"Parts, with commas, of {', '.join(PARTS)}.")
    ] = ",".join(PARTS),
    pace: Annotated[
        float, typer.Option(min=0.01, max=1, help="Of the machine: work for a second of speech.")
    ] = PACE,
    workers: Annotated[int, typer.Option(min=1, help="Processes that measure.")] = os.cpu_count()
    or 1,
    report: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    listen: listening.Listen = None,
    sentences: listening.Sentences = COUNT,
    tally: listening.Tally = False,
    files: listening.Files = None,
) -> None:
    """Judge streaming against exact decoding, on texts never used for fitting.

    Exit code 1 if a threshold is missed. What was measured is kept in the cache folder, so a run
    that was stopped goes on where it was; everything takes some hours of two cores. With --listen
    or --tally people judge it instead, in a blind listening test.
    """
    if listen is not None or tally or files:
        return _listening(listen, sentences, tally, files or (), voices, pace)
    names, rates, asked = voice_names(voices), speed_values(speeds), _parts(only)
    complete = (names, rates, asked) == (list(VOICES), list(SPEEDS), list(PARTS))
    whole = complete and count >= LINES and pace == PACE
    parts, notes = _possible(asked)
    settings, surroundings = load_settings(pace=pace), environment()
    with preparing() as bytes_done:
        model = load_backend(settings, bytes_done).digest
    items = _items(names, rates, count)
    assets = b"".join(path.read_bytes() for path in (ASSET, OPENING_ASSET))
    asset, code = sha256(assets).hexdigest(), code_digest()
    kept = ResultsFile(results_path(settings.cache_dir / "quality", model, asset, pace, code))
    with advancing("Comparing", len(items)) as advance:
        evaluate(items, parts, kept, settings, workers, advance)
    results = [kept.get(item) for item in items]
    judged = verdicts(results, asked)
    run = GateRun(results, judged, model, asset, code, pace, surroundings, whole, notes)
    if report is not None:
        page = report_page.report(run, _drawn(report, results, settings))
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(page, encoding="utf-8")
        tell(f"{report}: written.")
    console().print(_table(run))
    print_json(report_page.summary(run))
    if run.passed < len(run.verdicts):
        raise typer.Exit(1)


def _listening(
    folder: Path | None,
    sentences: int,
    tally: bool,
    files: Sequence[Path],
    voices: str | None,
    pace: float,
) -> None:
    """Raises InvalidRequest for files without --tally, and for both at once."""
    if (folder is not None and tally) or (files and not tally):
        raise InvalidRequest("Write a test with --listen FOLDER, or count with --tally FILE...")
    if folder is not None:
        listening.write_test(folder, voices, sentences, pace)
    else:
        listening.print_tally(files)


def _parts(given: str) -> list[str]:
    """Raises InvalidRequest for a part there is not."""
    names = listed(given)
    if not names or set(names) - set(PARTS):
        raise InvalidRequest(f"Parts are {', '.join(PARTS)}, not {given!r}.", "only")
    return [part for part in PARTS if part in names]


def _possible(asked: Sequence[str]) -> tuple[list[str], list[str]]:
    """The parts whose packages are installed, and a note for each of the others."""
    absent = {part: missing(MEASURES[part].packages) for part in asked}
    needs = {part: ", ".join(names) for part, names in absent.items() if names}
    notes = [f"{part} needs {names}: {INSTALL}" for part, names in needs.items()]
    for note in notes:
        tell(f"Not measured: {note}")
    return [part for part in asked if not absent[part]], notes


def _items(names: Sequence[str], speeds: Sequence[float], count: int) -> list[GateItem]:
    codes = {VOICES[name].language for name in names}
    lines = {code: corpus("heldout", code) for code in codes}
    return plan_items(names, speeds, count, lines, corpus())


def _drawn(path: Path, results: Sequence[ItemResult], settings: Settings) -> list[tuple[str, str]]:
    """Draw the best, the median and the worst case: title and path from the report."""
    if absent := missing(spectrogram.PACKAGES):
        tell(f"No pictures without {', '.join(absent)}: {INSTALL}")
        return []
    ranked = sorted(
        (r.rmse.log_mel_rmse, r.item.request.voice, r.item.request.text, r.item)
        for r in results
        if r.rmse and r.item.group == "voice"
    )
    if not ranked:
        return []
    engine = load(settings)
    cases = {"best": ranked[0], "median": ranked[len(ranked) // 2], "worst": ranked[-1]}
    pictures = []
    for name, (distance, voice, _, item) in cases.items():
        target = path.with_suffix("") / f"{name}.png"
        spectrogram.draw(speak_twice(engine, item.request), target)
        pictures.append((f"{name}: {voice}, {distance:.2f} dB", f"{path.stem}/{target.name}"))
    return pictures


def _table(run: GateRun) -> Table:
    columns = "threshold", *report_page.COLUMNS[1:]
    table = Table(*columns, title="Streaming against exact, held-out texts")
    for row, verdict in zip(report_page.rows(run.verdicts), run.verdicts, strict=True):
        table.add_row(*row, style=COLORS[verdict.state])
    return table
