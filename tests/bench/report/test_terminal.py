"""The terminal shows what the report shows, and ends with one line of JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench_runs import after, failed, made_run
from onset.bench.analysis.comparison import ArmPair, compare
from onset.bench.analysis.summary import summarise
from onset.bench.records.plan import Arm, Target
from onset.bench.report.page import comparison_page, run_page
from onset.bench.report.terminal import comparison_line, line, show


def test_a_run_is_told_and_ends_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    run = made_run(
        lambda c, i, a: failed("[red]no[/red]") if i == 0 else after(0.2),
        20,
        targets=[Target("ttfa_audible", most=0.8, share=0.95)],
    )
    summary = replace(summarise(run), invalid=("the generator was late",))
    show(run_page(run, summary), Path("report.html"), line(summary))
    out = capsys.readouterr().out
    assert "INCONCLUSIVE" in out and "[red]no[/red]" in out
    assert "Not to be believed: the generator was late" in out
    figures = json.loads(out.splitlines()[-1])
    assert figures["figures"]["ttfa/sentence/onset"]["failures"] == 1


def test_what_was_not_measured_is_null() -> None:
    figures = line(summarise(made_run(lambda c, i, a: failed(), 3)))
    assert figures["harness_floor_ms_p50"] is None
    assert figures["figures"] == {
        "ttfa/sentence/onset": {
            "n": 3,
            "failures": 3,
            "ttfa_audible_ms_p50": None,
            "ttfa_audible_ms_p95": None,
            "rtf_stream_p50": None,
            "stalls": None,
        }
    }


def test_a_comparison_is_told_and_ends_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    arms = Arm("onset", "http://127.0.0.1:1"), Arm("piper", "http://127.0.0.1:2")
    run = made_run(lambda c, i, arm: after(0.2 if arm == "onset" else 0.6), 20, arms=arms)
    pair = ArmPair(*arms, run, run)
    found = compare(pair)
    show(comparison_page(pair, found), Path("comparison.html"), comparison_line(found))
    out = capsys.readouterr().out
    assert "piper takes 3 times as long as onset" in out
    assert json.loads(out.splitlines()[-1]) == json.loads(json.dumps(comparison_line(found)))
