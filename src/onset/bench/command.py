"""The commands `onset bench ttfa`, `stream`, `oneshot`, `memory` and `read`.

Each prints tables for people and ends with one line of JSON for machines.
Knows nothing of how a figure is computed.
"""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from onset.bench import memory as memory_growth
from onset.bench import oneshot, sustained
from onset.bench.floor import harness_floor
from onset.bench.machine import environment, load_average
from onset.bench.processes import onset_server
from onset.bench.recording import Extent, Outcome, Recording
from onset.bench.report import console, summary, tell
from onset.bench.result import Result, read, write
from onset.bench.run import Trial, measure, planned, warm_up
from onset.bench.sides import ONSET, Peer, Side, open_sides
from onset.bench.texts import DISTINCT, WARM_UP, TextClass, Workload, prose, workload
from onset.errors import InvalidRequest

app = typer.Typer(help="Measure what a listener hears.", no_args_is_help=True)

Url = Annotated[str | None, typer.Option(help="A running server; without it one is started.")]
Voice = Annotated[str, typer.Option(help="Voice of every side that speaks with Kokoro.")]
Seed = Annotated[int, typer.Option(help="Chooses the texts.")]
Output = Annotated[Path | None, typer.Option(help="Also write the raw trials, as JSON.")]


@app.command()
def ttfa(
    compare: Annotated[
        list[Peer] | None, typer.Option(help="A peer to measure beside us; may be repeated.")
    ] = None,
    n: Annotated[int, typer.Option(min=1, max=DISTINCT, help="Trials of each class.")] = 20,
    only: Annotated[
        list[TextClass] | None, typer.Option("--class", help="Only this class; may be repeated.")
    ] = None,
    url: Url = None,
    voice: Voice = "af_heart",
    model: Annotated[
        Path | None, typer.Option(help="Kokoro file for the peer (default: ours).")
    ] = None,
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Time from request to audible speech, ours and peers', interleaved in one run."""
    texts = _chosen(workload(seed, n), only)
    with _orderly_end(), open_sides(url, compare or (), voice, model) as sides:
        result = _run(sides, texts)
    if output:
        write(result, output)
    _print(result)
    if any(trial.side == ONSET and _failed(trial.recording) for trial in result.trials):
        raise typer.Exit(1)


@app.command("read")
def read_result(path: Annotated[Path, typer.Argument(help="What --output wrote.")]) -> None:
    """Derive the figures of a recorded `bench ttfa` again."""
    _print(read(path))


@app.command()
def stream(
    seconds: Annotated[float, typer.Option(min=1, help="About how long the speech is.")] = 60,
    url: Url = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
) -> None:
    """One long answer: does it keep ahead of the listener?"""
    text = prose(round(seconds * sustained.CHARACTERS_A_SECOND), seed)
    with _orderly_end(), _server(url) as (address, _):
        side = Side(ONSET, address, voice=voice)
        side.listen(WARM_UP[0], Extent.WHOLE)
        recording = side.listen(text, Extent.WHOLE)
    console().print(sustained.table(recording))
    _print_json(sustained.summary(recording) | {"environment": environment()})
    if _failed(recording):
        raise typer.Exit(1)


@app.command("oneshot")
def against_oneshot(
    n: Annotated[int, typer.Option(min=1, max=DISTINCT, help="Paragraphs.")] = 8,
    url: Url = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
) -> None:
    """What streaming costs against decoding every segment whole, interleaved."""
    texts = workload(seed, n).texts[TextClass.PARAGRAPH]
    with _orderly_end(), _server(url) as (address, _):
        side = Side(ONSET, address, voice=voice)
        list(oneshot.pairs(side, WARM_UP[:1]))
        with _progress() as progress:
            found = list(progress.track(oneshot.pairs(side, texts), total=n, description="pairs"))
    console().print(oneshot.table(found))
    _print_json(oneshot.summary(found) | {"environment": environment()})
    if any(pair.ratio is None for pair in found):
        raise typer.Exit(1)


@app.command()
def memory(
    requests: Annotated[int, typer.Option(min=2, max=3 * DISTINCT)] = 200,
    url: Url = None,
    pid: Annotated[int | None, typer.Option(help="Process of the server at --url.")] = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
) -> None:
    """Resident memory of the server over many requests."""
    with _orderly_end(), _server(url, pid) as (address, server_pid):
        if server_pid is None:
            raise InvalidRequest("--url needs --pid, the process to measure.", "pid")
        growth = _exercise(Side(ONSET, address, voice=voice), server_pid, requests, seed)
    figures = growth.summary()
    for name, value in figures.items():
        console().print(f"{name}: {value}")
    _print_json(figures | {"environment": environment()})
    if growth.failures:
        raise typer.Exit(1)


def _run(sides: list[Side], texts: Workload) -> Result:
    facts = environment()
    floor = harness_floor()
    trials = [*_watched(warm_up(sides), len(sides) * len(WARM_UP), "warm-up")]
    trials += _watched(measure(sides, texts), planned(sides, texts), "trials")
    return Result(
        schema=1,
        environment=facts | {"load_average_after": load_average()},
        seed=texts.seed,
        texts_sha256={text_class: texts.sha256(text_class) for text_class in texts.texts},
        floor_seconds=floor,
        trials=tuple(trials),
    )


def _watched(trials: Iterator[Trial], total: int, title: str) -> Iterator[Trial]:
    with _progress() as progress:
        task = progress.add_task(title, total=total)
        for trial in trials:
            progress.advance(task)
            yield trial


def _exercise(side: Side, pid: int, requests: int, seed: int) -> memory_growth.Growth:
    start = memory_growth.resident(pid)
    spoken = list(memory_growth.texts(requests, seed))
    with _progress() as progress:
        task = progress.add_task("requests", total=requests)
        readings = []
        for reading in memory_growth.exercise(side, pid, spoken):
            readings.append(reading)
            progress.advance(task)
    failures = sum(not well for _, well in readings)
    return memory_growth.Growth(start, tuple(size for size, _ in readings), failures)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _server(
    url: str | None, pid: int | None = None
) -> AbstractContextManager[tuple[str, int | None]]:
    return onset_server() if url is None else nullcontext((url, pid))


def _chosen(texts: Workload, only: list[TextClass] | None) -> Workload:
    chosen = {name: made for name, made in texts.texts.items() if not only or name in only}
    return Workload(texts.seed, chosen)


def _failed(recording: Recording) -> bool:
    return recording.outcome is Outcome.FAILED


def _print(result: Result) -> None:
    out = console()
    for part in tell(result):
        out.print(part)
    _print_json(summary(result))


def _print_json(figures: dict[str, object]) -> None:
    typer.echo(json.dumps(figures))


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Let SIGTERM unwind the blocks, as Ctrl-C does, so that no process stays behind."""

    def leave(signum: int, frame: FrameType | None) -> None:
        sys.exit(128 + signum)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
