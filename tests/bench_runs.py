"""Made-up runs with known delays, for tests of the judging half: no server, no socket."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from onset.bench.analysis.history import HistoryEntry
from onset.bench.records.plan import Arm, Case, Extent, Phase, PlannedRequest, ScenarioRun, Target
from onset.bench.records.recording import Recording, RequestOutcome
from onset.bench.records.run_folder import (
    Fingerprint,
    MachineSample,
    Manifest,
    Run,
    RunWriter,
    Trial,
    read,
)
from onset.protocol.http_api import server_timing
from scripted_server import recorded

Answer = Callable[[str, int, str], Recording]
"""(case, number of the text, arm) -> the recording."""

ONE_ARM = (Arm("onset", "http://127.0.0.1:1"),)

FIGURE = "ttfa/sentence/onset/ttfa_audible"

STAGES = {"queue": 0.01, "front": 0.2, "trunk": 0.29, "generator": 0.5}
"""Share of each stage in the time to the first audio."""


def after(seconds: float, audio: float = 1.0, sha256: str = "") -> Recording:
    """A whole answer, audible after `seconds`; ten pieces that come twice as fast as they play."""
    piece = audio / 10
    arrivals = [(seconds + piece / 2 * number, piece) for number in range(10)]
    made = recorded(*arrivals)
    stages = {name: 0.99 * share * seconds for name, share in STAGES.items()}
    return replace(
        made,
        headers_ns=made.arrivals[0][0],
        ended_ns=made.arrivals[-1][0] + 1_000_000,
        status=200,
        sha256=sha256,
        server_timing=server_timing(stages | {"total": sum(stages.values())}),
    )


def failed(detail: str = "HTTP 500") -> Recording:
    """A failed request."""
    return replace(recorded(outcome=RequestOutcome.FAILED), detail=detail)


def asks(
    scenario: str, case: Case, arms: Sequence[Arm], n: int, first: int, extent: Extent
) -> list[PlannedRequest]:
    """n texts to every arm, the order of the arms changing with each text."""
    made: list[PlannedRequest] = []
    for number in range(n):
        for arm in arms if number % 2 == 0 else list(reversed(arms)):
            text = f"{scenario} {case.name} {number}"
            made.append(
                PlannedRequest(
                    id=first + len(made),
                    scenario=scenario,
                    case=case.name,
                    arm=arm.name,
                    phase=Phase.MEASURED,
                    number=number,
                    text=text,
                    text_class="sentence",
                    extent=extent,
                )
            )
    return made


def made_run(
    answer: Answer,
    n: int = 20,
    cases: Sequence[Case] = (Case("sentence"),),
    targets: Sequence[Target] = (),
    arms: Sequence[Arm] = ONE_ARM,
    system: Sequence[MachineSample] = (),
    name: str = "made",
    extent: Extent = Extent.WHOLE,
    not_measured: str = "",
) -> Run:
    """A run of one scenario, complete and valid."""
    planned: list[PlannedRequest] = []
    for case in cases:
        if not case.not_measured and not not_measured:
            planned += asks("ttfa", case, arms, n, len(planned), extent)
    trials = [Trial(ask, _at(answer(ask.case, ask.number, ask.arm), ask.id)) for ask in planned]
    scenario = ScenarioRun(
        "ttfa", "First sound", tuple(targets), tuple(cases), {"sentence": "00"}, not_measured
    )
    manifest = Manifest(
        schema=1,
        name=name,
        seed=1,
        command="onset bench run made",
        version="0.1.0",
        started_utc="2026-01-01T00:00:00+00:00",
        ended_utc="2026-01-01T00:10:00+00:00",
        complete=True,
        stopped="",
        arms=tuple(arms),
        scenarios=(scenario,),
    )
    fingerprint = Fingerprint(1, "f" * 64, {"cpu": "a processor", "cores": 2}, {})
    return Run(manifest, fingerprint, tuple(planned), tuple(trials), tuple(system))


def written(run: Run, folder: Path) -> Path:
    """Write the run into the folder; gives the folder."""
    with RunWriter(folder, run.fingerprint) as writer:
        writer.plan(run.planned)
        for trial in run.trials:
            writer.record(trial)
        for sample in run.system:
            writer.sample(sample)
        writer.finish(run.manifest)
    assert read(folder).trials == run.trials
    return folder


def history_with_step(step: float, machine: str = "a", count: int = 96) -> list[HistoryEntry]:
    """Eight hours of a run every five minutes, slower by `step` from the middle on."""
    noise = np.random.default_rng(1).normal(0, 0.05, count)
    return [
        HistoryEntry(
            schema=1,
            started_utc=f"2026-01-01T{i // 12:02d}:{5 * (i % 12):02d}:00+00:00",
            name="quick",
            version="0.1.0" if i < count // 2 else "0.2.0",
            fingerprint=machine,
            state="pass",
            figures={FIGURE: 200 * float(np.exp(noise[i])) * (step if i >= count // 2 else 1)},
        )
        for i in range(count)
    ]


def _at(made: Recording, number: int) -> Recording:
    """The recording, moved to two seconds after the one before it."""
    by = 2_000_000_000 * number

    def moved(ns: int | None) -> int | None:
        return None if ns is None else ns + by

    return replace(
        made,
        due_ns=made.due_ns + by,
        sent_ns=made.sent_ns + by,
        headers_ns=moved(made.headers_ns),
        ended_ns=moved(made.ended_ns),
        arrivals=tuple((at + by, samples) for at, samples in made.arrivals),
        sha256=made.sha256 or f"{number:064x}",
    )
