"""The commands `onset bench run`, `scenarios` and `analyse`; the others are registered here."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onset.bench.commands import compare, presets, selfcheck
from onset.bench.records.scenarios import chosen, scenarios, suites
from onset.bench.report.terminal import console
from onset.bench.report.write import conclude

app = typer.Typer(help="Measure what a listener hears.", no_args_is_help=True)


@app.command()
def run(
    names: Annotated[list[str], typer.Argument(help="Scenarios or suites; see `scenarios`.")],
    url: Annotated[
        str | None, typer.Option(help="A running speech server; without it one is started.")
    ] = None,
    output: presets.Output = None,
    voice: Annotated[str | None, typer.Option(help="Voice; else the server's own.")] = None,
    pid: presets.Pid = None,
    seed: presets.Seed = 1,
) -> None:
    """Run scenarios, record everything, then judge: 0 pass, 1 fail, 2 undecided, 3 invalid."""
    arm = presets.measured_arm(url, voice, pid)
    presets.measure(chosen(names), [arm], "+".join(names), output, seed)


@app.command("scenarios")
def list_scenarios() -> None:
    """List suites and scenarios, with what each promises."""
    out = console()
    table = Table("name", "what", "targets", title="Scenarios")
    for one in scenarios().values():
        promised = [
            f"{t.metric} at least {t.least:g}"
            if t.most is None
            else f"{t.metric} at most {t.most:g}"
            for t in one.targets
        ]
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


for command in (
    *(presets.ttfa, presets.stream, presets.oneshot, presets.memory, presets.load),
    *(selfcheck.selfcheck, selfcheck.overhead),
    *(compare.compare, compare.trend, compare.metrics, compare.publish),
):
    app.command()(command)
