"""The commands `onset bench run`, `scenarios` and `analyse`, and where the others hang.

Knows nothing of how a figure is computed.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.bench.commands import compare, load, questions, selfcheck
from onset.bench.commands.signals import command_line, orderly_end
from onset.bench.records.scenarios import chosen, scenarios, suites
from onset.bench.report.formatting import telling
from onset.bench.report.terminal import console
from onset.bench.report.write import conclude
from onset.bench.run.arms import ONSET, ArmSpec, open_arms
from onset.bench.run.runner import record_run

app = typer.Typer(help="Measure what a listener hears.", no_args_is_help=True)

RUNS = Path("runs")
"""Where runs go unless --output says otherwise: a folder each, and the history beside them."""


@app.command()
def run(
    names: Annotated[list[str], typer.Argument(help="Scenarios or suites; see `scenarios`.")],
    url: Annotated[
        str | None, typer.Option(help="A running speech server; without it one is started.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for what is recorded.")] = None,
    voice: Annotated[str | None, typer.Option(help="Voice; else the server's own.")] = None,
    pid: Annotated[int | None, typer.Option(help="Process of the server at --url.")] = None,
    seed: Annotated[int, typer.Option(help="Chooses the texts.")] = 1,
) -> None:
    """Run scenarios, record everything, then judge: 0 pass, 1 fail, 2 undecided, 3 invalid."""
    wanted = chosen(names)
    name = "+".join(names)
    folder = output or RUNS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}"
    ours = ArmSpec(ONSET, url=url, voice=voice, pid=pid)
    with orderly_end(), telling() as tell, open_arms([ours]) as arms:
        own = url is None
        record_run(
            folder, name, arms, wanted, tell=tell, seed=seed, command=command_line(), own=own
        )
    raise typer.Exit(conclude(folder))


@app.command("scenarios")
def list_scenarios() -> None:
    """List suites and scenarios, with what each promises."""
    out = console()
    table = Table("name", "what", "targets", title="Scenarios")
    for one in scenarios().values():
        promised = [f"{t.metric} {_bound(t.most, t.least)}" for t in one.targets]
        table.add_row(one.name, one.title, "\n".join(promised))
    out.print(table)
    groups = Table("suite", "what", "scenarios", title="Suites")
    for name, suite in suites().items():
        groups.add_row(name, suite.title, " ".join(suite.scenarios))
    out.print(groups)


@app.command()
def analyse(
    folder: Annotated[Path, typer.Argument(help="What `bench run` recorded.")],
) -> None:
    """Derive every figure, verdict and report of a recorded run again; nothing is asked."""
    raise typer.Exit(conclude(folder))


for question in (questions.ttfa, questions.stream, questions.oneshot, questions.memory):
    app.command()(question)
for ruler in (load.load, selfcheck.selfcheck, selfcheck.overhead):
    app.command()(ruler)
for judge in (compare.compare, compare.trend, compare.metrics, compare.publish):
    app.command()(judge)


def _bound(most: float | None, least: float | None) -> str:
    return f"at most {most:g}" if most is not None else f"at least {least:g}"
