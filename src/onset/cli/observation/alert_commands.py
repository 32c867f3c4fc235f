"""`onset alerts`: what fires alerts, how often that is false, and the same for other programs."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from onset.errors import InvalidRequest
from onset.monitoring.alerts.alert_rules import alert_rules
from onset.monitoring.alerts.alert_simulation import simulate
from onset.monitoring.exports.grafana_dashboard import grafana_dashboard
from onset.monitoring.exports.prometheus_rules import prometheus_lines

YEARS = 20
"""Quiet years that are simulated where nobody says otherwise: ten seconds."""


def alerts(
    simulated: Annotated[
        bool, typer.Option("--simulate", help="How often each is false, and how soon it tells.")
    ] = False,
    years: Annotated[int, typer.Option(min=1, max=1000, help="Quiet years to simulate.")] = YEARS,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Write rules for Prometheus to standard output.")
    ] = False,
    grafana: Annotated[
        bool, typer.Option("--grafana", help="Write a dashboard for Grafana to standard output.")
    ] = False,
) -> None:
    """Tell what fires alerts and what clears them.

    Asks no server: where a server's alerts stand is shown by its page, and by `onset top`.
    """
    if simulated + prometheus + grafana > 1:
        raise InvalidRequest("--simulate, --prometheus and --grafana are asked for one at a time.")
    if prometheus:
        typer.echo("\n".join(prometheus_lines()))
    elif grafana:
        json.dump(grafana_dashboard(), sys.stdout, indent=1)
        typer.echo()
    elif simulated:
        _simulate(years)
    else:
        _show()


def _show() -> None:
    table = Table("alert", "severity", "fires", "clears", "says")
    for rule in alert_rules():
        words = rule.firing_words, rule.clearing_words
        plain = (each.replace("`", "") for each in words)
        table.add_row(rule.name, rule.severity, *plain, rule.says)
    Console().print(table)


def _simulate(years: int) -> None:
    table = Table("alert", "fires", "false alarms", "tells after (median)")
    for found in simulate(years):
        table.add_row(found.name, found.threshold.replace("`", ""), found.false_alarms, found.delay)
    Console().print(table)
    typer.echo(f"Simulated: {years} quiet years. Others watch a figure, and are not due to chance.")
