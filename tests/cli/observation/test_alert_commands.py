"""`onset alerts`: the rules, their simulation, and what other programs read."""

import json

import pytest

from command_line import Command
from onset.monitoring.alerts.alert_rules import alert_rules


def test_every_rule_is_shown(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("alerts", COLUMNS="200") == 0
    shown = capsys.readouterr().out
    assert all(rule.name in shown for rule in alert_rules())


def test_a_simulation_has_rates_and_delays(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("alerts", "--simulate", "--years", "1", COLUMNS="250") == 0
    shown = capsys.readouterr().out
    assert "of 10,000 answers" in shown and "days at +10 %" in shown and "a start" in shown


def test_other_programs_get_a_file(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("alerts", "--grafana") == 0
    assert json.loads(capsys.readouterr().out)["uid"] == "onset"
    assert command("alerts", "--prometheus") == 0
    assert capsys.readouterr().out.startswith("# Alerts of Onset")


def test_one_thing_at_a_time(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("alerts", "--grafana", "--prometheus") == 2
    assert "one at a time" in capsys.readouterr().err
