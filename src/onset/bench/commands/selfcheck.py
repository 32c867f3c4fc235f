"""The benchmark measured on servers of known behaviour: `onset bench selfcheck` and `overhead`.

Times are compared with what the scripted server noted when it sent.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.table import Table

from onset.bench.analysis.metrics import lateness, playback, ttfa_audible
from onset.bench.analysis.simulated_player import SMOOTH_STALL_SECONDS, play
from onset.bench.commands.tricks import SCRIPTS, TRICKS, Trick
from onset.bench.peers.scripted_server import Finish, Head, Script, Sound, Wait, scripted, tone
from onset.bench.records.plan import Arm, Case, LoadShape
from onset.bench.records.run_folder import Manifest, Run, RunWriter, read
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.report.formatting import milliseconds, shown, telling
from onset.bench.report.terminal import console
from onset.bench.run.fingerprint import fingerprint
from onset.bench.run.monitor import ResourceMonitor
from onset.bench.run.processes import peer
from onset.bench.run.request_sender import RequestSender
from onset.bench.run.session import BenchSession
from onset.bench.traffic.recorder import record
from onset.bench.workload.texts import TextSupply
from onset.protocol.http_api import SpeechRequest
from onset.stats.quantiles import quantile

HELLO = SpeechRequest(input="Hello there.", response_format="pcm")

MOST_ERROR = 0.005
"""Seconds, 95th percentile, between the audible TTFA and the truth."""

MOST_LATENESS = 0.005
"""Seconds, 99th percentile, with as many streams at once as by default."""


def selfcheck(
    trials: Annotated[int, typer.Option(min=20, help="Requests of each script.")] = 40,
) -> None:
    """Measure servers of known behaviour: 0 when every figure is right, else 1."""
    errors = {name: list(onset_errors(script, trials)) for name, script in SCRIPTS.items()}
    detection = stall_check(trials)
    tricks = [(trick, trick.exposed()) for trick in TRICKS]
    _tell(errors, detection, tricks)
    worst = quantile([e for each in errors.values() for e in each], 0.95)
    passed = (
        worst is not None
        and worst <= MOST_ERROR
        and detection.missed == detection.invented == 0
        and all(exposure for _, exposure in tricks)
    )
    figures = {
        "schema": 1,
        "bench": "selfcheck",
        "requests": sum(map(len, errors.values())),
        "ttfa_error_ms_p95": milliseconds(worst),
        **{f"stalls_{name}": count for name, count in detection._asdict().items()},
        "tricks": {trick.name: exposure for trick, exposure in tricks},
        "passed": passed,
    }
    typer.echo(json.dumps(figures))
    raise typer.Exit(0 if passed else 1)


def onset_errors(script: Script, trials: int) -> Iterator[float | None]:
    """Measured audible TTFA less the truth, in seconds; None when it was not measured."""
    loud = [step.data for step in script if isinstance(step, Sound)]
    at = next(i for i, data in enumerate(loud) if data in (tone(0.2), tone(0.005)))
    with scripted(script) as server:
        for _ in range(trials):
            recording = record(server.url, HELLO)
            measured, sent_ns = ttfa_audible(recording), server.heard[-1].sent_ns
            truth = (sent_ns[at] - recording.due_ns) / 1e9
            yield None if measured is None else measured - truth


class StallDetection(NamedTuple):
    """Of many streams: stalls there were, those not found, and those found that were none."""

    true: int
    missed: int
    invented: int


def stall_check(streams: int, seed: int = 1) -> StallDetection:
    """Streams with pauses at random places; short stalls are left to the machine's noise."""
    rng = random.Random(seed)
    true = missed = invented = 0
    for _ in range(streams):
        script = _pausing(rng)
        with scripted(script) as server:
            heard = playback(record(server.url, HELLO), 0.0)
            sent = server.heard[0].sent_ns
        truth = play([(at_ns / 1e9, 0.1) for at_ns in sent], 0.0)
        expected = _clear(truth.stalls if truth else ())
        count = _clear(heard.stalls if heard else ())
        true += expected
        missed += max(0, expected - count)
        invented += max(0, count - expected)
    return StallDetection(true, missed, invented)


def _pausing(rng: random.Random) -> Script:
    """Ten pieces of 100 ms, the next one 20 ms later but for a few pauses."""
    pauses = set(rng.sample(range(1, 10), rng.randrange(4)))
    lead = 0.0
    steps: list[Wait | Sound] = []
    for number in range(10):
        # Beyond what is buffered by at least 60 ms, so that no noise decides whether it is one.
        wait = lead + rng.uniform(0.06, 0.15) if number in pauses else 0.02
        lead = max(0.0, lead - wait) + 0.1
        steps += [Wait(wait), Sound(tone(0.1))]
    return (Head(), *steps, Finish())


def _clear(stalls: Sequence[tuple[float, float]]) -> int:
    return sum(length > 2 * SMOOTH_STALL_SECONDS for _, length in stalls)


def _tell(
    errors: dict[str, list[float | None]],
    detection: StallDetection,
    tricks: Sequence[tuple[Trick, str]],
) -> None:
    out = console()
    table = Table("script", "requests", "p50 ms", "p95 ms", title="Audible TTFA less the truth")
    for name, each in errors.items():
        middle, high = quantile(each, 0.5), quantile(each, 0.95)
        table.add_row(name, str(len(each)), shown(middle, 2), shown(high, 2))
    out.print(table)
    out.print(f"stalls: {detection.true}, missed {detection.missed}, invented {detection.invented}")
    seen = Table("trick", "what it shows off", "what the benchmark says", title="Tricks")
    for trick, exposure in tricks:
        seen.add_row(trick.name, trick.boast, exposure or "[red]TAKEN IN[/]")
    out.print(seen)


def overhead(
    streams: Annotated[int, typer.Option(min=1, help="Streams at once.")] = 200,
    seconds: Annotated[float, typer.Option(min=2, help="Of each stream.")] = 10.0,
) -> None:
    """How late the generator is with many streams of a fake server at once: 0 if it keeps up."""
    with tempfile.TemporaryDirectory(prefix="onset-bench-") as name, telling() as tell:
        with peer("onset.bench.peers.scripted_server", [str(seconds)]) as started:
            arm = Arm("fake", started.url, pid=started.pid)
            asyncio.run(_overhead(Path(name), arm, streams, seconds, tell))
        run = read(Path(name))
    figures = overhead_figures(run, streams)
    for key, value in figures.items():
        console().print(f"{key}: {value}")
    typer.echo(json.dumps(figures))
    raise typer.Exit(0 if figures["passed"] else 1)


async def _overhead(
    folder: Path, arm: Arm, streams: int, seconds: float, tell: Callable[[str], None]
) -> None:
    """Arrivals so close that `streams` are open at once for as long as one stream lasts."""
    scenario = Scenario(name="overhead", title="The generator alone", kind=ScenarioKind.BURSTS)
    with RunWriter(folder, fingerprint([arm])) as writer:
        monitor = ResourceMonitor(writer.sample)
        session = BenchSession(writer, RequestSender([arm], monitor), monitor, TextSupply(1), tell)
        rate = streams / seconds
        case = Case("overhead", LoadShape.OPEN, streams, rate)
        async with session.monitor, session.scenario(scenario):
            await session.timed_case(case, [number / rate for number in range(2 * streams)])
        manifest = Manifest(1, "overhead", 1, "", "", "", "", True, "", (arm,), tuple(session.done))
        writer.finish(manifest)


def overhead_figures(run: Run, streams: int) -> dict[str, object]:
    """Lateness, the loop's lag, and the generator's own computing."""
    late = [lateness(trial.recording) for trial in run.trials]
    lags = [lag / 1e6 for sample in run.system if sample.case for lag in sample.loop_lags_us]
    inside = [sample for sample in run.system if sample.case]
    used = (inside[-1].own_cpu_seconds or 0) - (inside[0].own_cpu_seconds or 0)
    wall = (inside[-1].at_ns - inside[0].at_ns) / 1e9
    failed = sum(trial.recording.outcome != "complete" for trial in run.trials)
    most = max(sample.in_flight for sample in inside)
    p99 = quantile(late, 0.99)
    return {
        "schema": 1,
        "bench": "overhead",
        "requests": len(run.trials),
        "failed": failed,
        "streams_at_once_max": most,
        "lateness_ms_p50": milliseconds(quantile(late, 0.5)),
        "lateness_ms_p99": milliseconds(p99),
        "loop_lag_ms_p99": milliseconds(quantile(lags, 0.99)),
        "generator_cpu_ratio": round(used / wall, 4),
        "pieces_per_second": round(sum(len(t.recording.arrivals) for t in run.trials) / wall),
        "passed": not failed and most >= 0.95 * streams and (p99 or 1.0) <= MOST_LATENESS,
    }
