"""The commands `onset bench compare`, `trend`, `metrics` and `publish`."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from onset.bench.analysis import history
from onset.bench.analysis.comparison import ArmPair, arms_of
from onset.bench.analysis.summary import FLOOR
from onset.bench.commands.presets import RUNS, new_folder, record
from onset.bench.records.plan import Arm, Phase
from onset.bench.records.run_folder import HISTORY, Run, read
from onset.bench.records.scenarios import Scenario, ScenarioKind
from onset.bench.report.formatting import three_digits
from onset.bench.report.render import metric_rows
from onset.bench.report.tables import ReportTable
from onset.bench.report.terminal import print_json, print_sheet
from onset.bench.report.write import conclude_comparison, derive
from onset.bench.report.write import publish as copy_reports
from onset.bench.run.arms import CHOICES, ArmSpec, distinct, parse_arm
from onset.bench.workload.texts import DISTINCT, TextClass
from onset.errors import InvalidRequest
from onset.stats.changepoints import alarm_rate, simulated_series

ASSETS = Path("out") / "benchmarks"
"""Where HTML and JSON of a published run go: a folder that git ignores."""

CLASSES = (TextClass.TWO_WORDS, TextClass.SENTENCE, TextClass.PARAGRAPH)
"""What a comparison asks unless told otherwise: long texts take a slow side minutes each."""

Side = Annotated[str, typer.Argument(help=f"{CHOICES}.")]


def compare(
    a: Side,
    b: Side,
    n: Annotated[
        int, typer.Option(min=1, max=DISTINCT, help="Texts of each class; 6 at least decide.")
    ] = 20,
    only: Annotated[
        list[TextClass] | None, typer.Option("--class", help="Only this class; may be repeated.")
    ] = None,
    voice: Annotated[str | None, typer.Option(help="Voice of both sides.")] = None,
    seed: Annotated[int, typer.Option(help="Chooses the texts.")] = 1,
    output: Annotated[Path | None, typer.Option(help="Folder for run and reports.")] = None,
) -> None:
    """Ask A and B the same new texts in turns, and say who is faster, by how much, how surely.

    Exit: 0 A is better or equivalent, 1 B is better, 2 no difference shown, 3 invalid.
    """
    specs = distinct([parse_arm(text, voice) for text in (a, b)])
    folder = output or new_folder("compare")
    arms = _measured(specs, _scenario(tuple(only or CLASSES), n), seed, folder)
    raise typer.Exit(conclude_comparison(folder, arms))


def trend(
    path: Annotated[Path, typer.Argument(help="The history that runs were added to.")] = RUNS
    / HISTORY,
    simulate: Annotated[
        int, typer.Option(min=0, help="Instead, try so many made-up histories of eight hours.")
    ] = 0,
) -> None:
    """Since when is something slower? Steps in the history, on equal machines: 1 if slower."""
    if simulate:
        print_sheet(_simulations(simulate))
        return
    entries = history.read(path)
    changes = history.changes(entries)
    last = {change.figure: change.slower for change in changes}
    slower = sorted(figure for figure, is_slower in last.items() if is_slower)
    rows = [
        (
            "slower" if change.slower else "faster",
            change.figure,
            f"{100 * (change.step.ratio - 1):+.1f} %",
            three_digits(change.step.before),
            three_digits(change.step.after),
            f"{change.before.version}, {change.before.started_utc}",
            f"{change.after.version}, {change.after.started_utc}",
        )
        for change in changes
    ]
    columns = ("step", "figure", "by", "before", "after", "last run before", "first run after")
    note = "One series without a step in 1,000 shows one all the same, at each look."
    print_sheet(ReportTable("Steps", columns, tuple(rows), words=2, note=note))
    steps = [
        {"figure": one.figure, "ratio": round(one.step.ratio, 4), "after": one.after.started_utc}
        for one in changes
    ]
    machines = len({entry.fingerprint for entry in entries})
    counts = {"schema": 1, "bench": "trend", "runs": len(entries), "machines": machines}
    print_json({**counts, "steps": steps, "slower": slower})
    raise typer.Exit(1 if slower else 0)


def _simulations(count: int) -> ReportTable:
    """How often a look at eight hours of runs finds a step, with none, a small and a large one."""
    rows = []
    for noise, memory in ((0.05, 0.0), (0.05, 0.6), (0.1, 0.0), (0.2, 0.0)):
        series = partial(simulated_series, noise=noise, autocorrelation=memory)
        shares = [alarm_rate(partial(series, step=s), count, seed=1) for s in (1.0, 1.1, 1.2)]
        cells = [f"{100 * share:.1f} %" for share in shares]
        rows.append((f"{100 * noise:.0f} %", f"{memory:g}", *cells))
    columns = ("noise", "correlation of neighbours", "no step", "10 % step", "20 % step")
    note = f"Share of {count} histories of 96 runs in which a step was found."
    return ReportTable("Steps found", columns, tuple(rows), words=2, note=note)


def metrics() -> None:
    """Print what every figure means, as the table of docs/metrics.md."""
    typer.echo("\n".join(metric_rows()))


def publish(
    folder: Annotated[Path, typer.Argument(help="What `bench run` or `compare` wrote.")],
    destination: Annotated[Path, typer.Argument(help="Where to, such as docs/benchmarks/NAME.")],
    assets: Annotated[
        Path | None, typer.Option(help="Folder for all that git does not keep.")
    ] = None,
) -> None:
    """Copy a run's report and fingerprint to be committed, and its HTML and JSON to be attached.

    --assets is out/benchmarks/NAME by default, which git ignores.
    """
    committed, others = copy_reports(folder, destination, assets or ASSETS / destination.name)
    for path in committed:
        typer.echo(str(path))
    typer.echo("Not for git; attach these to a release:")
    for path in others:
        typer.echo(str(path))


def _scenario(classes: tuple[TextClass, ...], n: int, name: str = "compare") -> Scenario:
    title, kind = "The same texts to both", ScenarioKind.TEXTS
    return Scenario(name=name, title=title, kind=kind, classes=classes, requests=n)


def _measured(specs: Sequence[ArmSpec], scenario: Scenario, seed: int, folder: Path) -> ArmPair:
    """Both arms and their runs. A recorded arm is read; the others are asked, in one run.

    What is asked beside a recorded arm is what that was asked.
    """
    runs: dict[Path | None, Run] = {s.folder: read(s.folder) for s in specs if s.folder is not None}
    if asked := [spec for spec in specs if spec.folder is None]:
        scenarios = [scenario]
        for spec in specs:
            if spec.folder is not None:
                before = runs[spec.folder]
                scenarios, seed = _asked(before, arms_of(before, spec.arm)), before.manifest.seed
        name = " against ".join(spec.name for spec in specs)
        record(folder, name, asked, scenarios, seed)
        runs[None] = read(folder)
        derive(folder, runs[None])
    run_a, run_b = (runs[spec.folder] for spec in specs)
    name_a, name_b = (spec.arm if spec.folder else spec.name for spec in specs)
    return ArmPair(arms_of(run_a, name_a), arms_of(run_b, name_b), run_a, run_b)


def _asked(run: Run, arm: Arm) -> list[Scenario]:
    """The scenarios of texts that the arm was asked, to be asked again with the same seed."""
    asks = [ask for ask in run.planned if ask.arm == arm.name and ask.phase is Phase.MEASURED]
    scenarios = []
    for name in (one.name for one in run.manifest.scenarios if one.name != FLOOR):
        counts = Counter(ask.case for ask in asks if ask.scenario == name)
        if counts and counts.keys() <= set(TextClass) and len(set(counts.values())) == 1:
            classes = tuple(TextClass(case) for case in counts)
            scenarios.append(_scenario(classes, next(iter(counts.values())), name))
    if not scenarios:
        raise InvalidRequest("The recorded run asked no plain texts that can be asked again.")
    return scenarios
