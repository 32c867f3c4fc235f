"""Commands that answer one question each, out of a run of one scenario.

Each prints a table for people and ends with one line of JSON for machines. --output keeps the
run's folder, from which `onset bench analyse` derives everything again.
Knows nothing of how a figure is computed.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from onset.bench.analysis.memory_growth import MemoryGrowth
from onset.bench.commands import oneshot as oneshot_figures
from onset.bench.commands import sustained
from onset.bench.commands.signals import command_line, orderly_end
from onset.bench.records.plan import Arm
from onset.bench.records.recording import RequestOutcome
from onset.bench.records.run_folder import Run, read
from onset.bench.records.scenarios import Scenario, scenarios
from onset.bench.report.formatting import telling
from onset.bench.report.terminal import console
from onset.bench.report.write import conclude
from onset.bench.run.arms import (
    CHOICES,
    CLAUSE,
    KOKORO,
    ONSET,
    ArmSpec,
    distinct,
    open_arms,
    parse_arm,
)
from onset.bench.run.runner import record_run
from onset.bench.workload.texts import COMPARED, DISTINCT, TextClass
from onset.errors import InvalidRequest

Url = Annotated[str | None, typer.Option(help="A running server; without it one is started.")]
Voice = Annotated[str, typer.Option(help="Voice of every side that speaks with Kokoro.")]
Seed = Annotated[int, typer.Option(help="Chooses the texts.")]
Output = Annotated[Path | None, typer.Option(help="Keep the run in this folder.")]


def ttfa(
    compare: Annotated[
        list[str] | None,
        typer.Option(help=f"An arm to measure beside ours; may be repeated: {CHOICES}."),
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
    wanted = _scenario("ttfa", requests=n, classes=tuple(only or COMPARED))
    with _folder(output) as folder:
        with open_arms([_measured(url, voice), *_compared(compare or (), voice, model)]) as arms:
            _record(folder, arms, wanted, seed)
        raise typer.Exit(conclude(folder))


def stream(
    seconds: Annotated[float, typer.Option(min=1, help="At least how long the speech is.")] = 60,
    url: Url = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """One long answer: does it keep ahead of the listener?"""
    wanted = _scenario("streaming", seconds=seconds)
    with _folder(output) as folder:
        with open_arms([_measured(url, voice)]) as arms:
            _record(folder, arms, wanted, seed)
        run = read(folder)
    (recording,) = [t.recording for t in run.trials if t.ask.scenario == wanted.name]
    console().print(sustained.table(recording))
    _print_json(sustained.summary(recording), run)
    if recording.outcome is RequestOutcome.FAILED:
        raise typer.Exit(1)


def oneshot(
    n: Annotated[int, typer.Option(min=1, max=DISTINCT, help="Paragraphs.")] = 8,
    url: Url = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """What streaming costs against decoding every segment whole, interleaved."""
    with _folder(output) as folder:
        with open_arms([_measured(url, voice)]) as (arm,):
            whole = replace(arm, name=f"{arm.name}:exact", exact=True)
            _record(folder, [arm, whole], _scenario(oneshot_figures.SCENARIO, requests=n), seed)
        run = read(folder)
    found = oneshot_figures.pairs(run)
    console().print(oneshot_figures.table(found))
    _print_json(oneshot_figures.summary(found), run)
    if any(pair.ratio is None for pair in found):
        raise typer.Exit(1)


def memory(
    requests: Annotated[int, typer.Option(min=2, max=3 * DISTINCT)] = 200,
    url: Url = None,
    pid: Annotated[int | None, typer.Option(help="Process of the server at --url.")] = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Resident memory of the server over many requests."""
    if url is not None and pid is None:
        raise InvalidRequest("--url needs --pid, the process to measure.", "pid")
    wanted = _scenario("memory", requests=requests)
    with _folder(output) as folder:
        with open_arms([_measured(url, voice, pid)]) as arms:
            _record(folder, arms, wanted, seed)
        run = read(folder)
    growth = MemoryGrowth.of(run, wanted.name)
    for name, value in growth.summary().items():
        console().print(f"{name}: {value}")
    _print_json(growth.summary(), run)
    if growth.failures:
        raise typer.Exit(1)


def _measured(url: str | None, voice: str, pid: int | None = None) -> ArmSpec:
    return ArmSpec(ONSET, url=url, voice=voice, pid=pid)


def _compared(given: Sequence[str], voice: str, model: Path | None) -> list[ArmSpec]:
    """The arms to compare with. kokoro-onnx comes with the best that a clause splitter can do."""
    names = [name for text in given for name in ((text, CLAUSE) if text == KOKORO else (text,))]
    specs = [parse_arm(name, voice, model) for name in dict.fromkeys(names)]
    return distinct([_measured(None, voice), *specs])[1:]


def _scenario(name: str, **changes: object) -> Scenario:
    return scenarios()[name].model_copy(update=changes)


@contextmanager
def _folder(output: Path | None) -> Iterator[Path]:
    """The folder to record into: one that is kept, or one that is gone after the block."""
    with orderly_end():
        if output is not None:
            yield output
            return
        with TemporaryDirectory(prefix="onset-bench-") as name:
            yield Path(name) / "run"


def _record(folder: Path, arms: Sequence[Arm], scenario: Scenario, seed: int) -> None:
    with telling() as tell:
        record_run(
            folder, scenario.name, arms, [scenario], tell=tell, seed=seed, command=command_line()
        )


def _print_json(figures: dict[str, object], run: Run) -> None:
    machine = dict(run.fingerprint.comparable) | dict(run.fingerprint.other)
    typer.echo(json.dumps(figures | {"environment": machine}))
