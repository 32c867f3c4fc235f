"""Commands that answer one question each: presets of `onset bench run` with one scenario.

Each leaves a run folder, shows its tables and verdicts, and ends with a line of JSON with the
figures of its question (`preset_lines`). Exit codes are those of `onset bench run`.
"""

import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from onset.bench.commands import preset_lines
from onset.bench.records.scenarios import Scenario, scenarios
from onset.bench.report.formatting import telling
from onset.bench.report.write import Line, conclude
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

RUNS = Path("runs")
"""Where runs go unless --output says otherwise: a folder each, and the history beside them."""

Url = Annotated[str | None, typer.Option(help="A running server; without it one is started.")]
Pid = Annotated[int | None, typer.Option(help="Process of the server at --url.")]
Voice = Annotated[str, typer.Option(help="Voice of every side that speaks with Kokoro.")]
Seed = Annotated[int, typer.Option(help="Chooses the texts.")]
Output = Annotated[Path | None, typer.Option(help="Folder for what is recorded.")]


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
    scenario = _scenario("ttfa", requests=n, classes=tuple(only or COMPARED))
    # The library comes with the best that a splitter by clause can do with it.
    names = [n for text in compare or () for n in ((text, CLAUSE) if text == KOKORO else (text,))]
    peers = [parse_arm(name, voice, model) for name in dict.fromkeys(names)]
    measure([scenario], [measured_arm(url, voice), *peers], "ttfa", output, seed)


def stream(
    seconds: Annotated[float, typer.Option(min=1, help="At least how long the speech is.")] = 60,
    url: Url = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """One long answer: does it keep ahead of the listener?"""
    scenario = _scenario("streaming", seconds=seconds)
    arms = [measured_arm(url, voice)]
    measure([scenario], arms, "stream", output, seed, preset_lines.stream)


def oneshot(
    n: Annotated[int, typer.Option(min=1, max=DISTINCT, help="Paragraphs.")] = 8,
    url: Url = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """What streaming costs against decoding every utterance whole, interleaved."""
    arms = [measured_arm(url, voice)]
    scenario = _scenario("oneshot", requests=n)
    measure([scenario], arms, "oneshot", output, seed, preset_lines.oneshot, exact_too=True)


def memory(
    requests: Annotated[int, typer.Option(min=2, max=3 * DISTINCT)] = 200,
    url: Url = None,
    pid: Pid = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """Resident memory of the server over many requests."""
    if url is not None and pid is None:
        raise InvalidRequest("--url needs --pid, the process to measure.", "pid")
    scenario = _scenario("memory", requests=requests)
    arms = [measured_arm(url, voice, pid)]
    measure([scenario], arms, "memory", output, seed, preset_lines.memory)


def load(
    seconds: Annotated[float, typer.Option(min=20, help="Audio that each listener hears.")] = 300,
    listeners: Annotated[
        int | None, typer.Option(min=1, help="How many; else as many as the server says.")
    ] = None,
    url: Url = None,
    voice: Voice = "af_heart",
    seed: Seed = 1,
    output: Output = None,
) -> None:
    """As many listeners as can be served, for minutes: does one stutter, is one more told so?

    Fails if a listener's player with 200 ms of prebuffer runs dry, if a new listener's first sound
    takes more than three times what it takes alone, or if a refusal takes more than 50 ms.
    """
    scenario = _scenario("held", seconds=seconds, listeners=listeners)
    measure([scenario], [measured_arm(url, voice)], "load", output, seed, preset_lines.load)


def measured_arm(url: str | None, voice: str | None, pid: int | None = None) -> ArmSpec:
    """The arm that a run is about: the server at `url`, else one of ours that is started."""
    if url == "":
        raise InvalidRequest("--url is empty: give the address of a server.", "url")
    return ArmSpec(ONSET, url=url or "", voice=voice, pid=pid)


def measure(
    wanted: Sequence[Scenario],
    specs: Sequence[ArmSpec],
    name: str,
    output: Path | None,
    seed: int,
    line: Line | None = None,
    *,
    exact_too: bool = False,
) -> None:
    """Record the scenarios into a folder, judge and show them, and exit with the verdict's code.

    line: the figures of the last line, by default those of every run. exact_too: see `record`.
    """
    folder = output or new_folder(name)
    record(folder, name, specs, wanted, seed, exact_too=exact_too)
    raise typer.Exit(conclude(folder, line=line))


def record(
    folder: Path,
    name: str,
    specs: Sequence[ArmSpec],
    wanted: Sequence[Scenario],
    seed: int,
    *,
    exact_too: bool = False,
) -> None:
    """Start the arms, record the scenarios into the folder, and leave no process behind.

    exact_too: ask the measured server for audio that is decoded whole as well, as another arm.
    """
    command, own = shlex.join(["onset", *sys.argv[1:]]), not specs[0].url
    with _orderly_end(), telling() as tell, open_arms(distinct(specs)) as arms:
        if exact_too:
            arms = [*arms, replace(arms[0], name=f"{arms[0].name}:exact", exact=True)]
        record_run(folder, name, arms, wanted, tell=tell, seed=seed, command=command, own=own)


def new_folder(name: str) -> Path:
    """Where a run of this name goes: the time it starts, numbered if another took that second."""
    first = RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}"
    numbered = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(folder for folder in chain([first], numbered) if not folder.exists())


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


def _scenario(name: str, **changes: object) -> Scenario:
    return scenarios()[name].model_copy(update=changes)
