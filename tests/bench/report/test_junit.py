"""Verdicts as the JUnit XML that a CI reads."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from bench_runs import after, made_run
from onset.bench.analysis.summary import RunSummary, summarise
from onset.bench.records.plan import Case, Target
from onset.bench.report.junit import junit

TARGETS = [
    Target("ttfa_audible", most=0.4, share=0.95),
    Target("ttfa_audible_p50", most=0.1),
    Target("error_ratio", most=0.01),
]


def summary() -> RunSummary:
    """Undecided, failed and passed; and a case that nobody could measure."""
    cases = [Case("sentence"), Case("CUDA", not_measured="no device\x00")]
    return summarise(made_run(lambda c, i, a: after(0.2), 20, cases, TARGETS))


def test_a_target_is_a_test_case() -> None:
    (suite,) = ET.fromstring(junit(summary()))
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("ttfa", "6", "1")
    assert suite.get("skipped") == "4"
    assert [child.tag for case in suite for child in case] == ["skipped", "failure"] + [
        "skipped"
    ] * 3
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "fail: measured 200 ms"


def test_an_invalid_run_is_an_error() -> None:
    root = ET.fromstring(junit(replace(summary(), invalid=("the generator was late",))))
    (error,) = root.iter("error")
    assert error.get("message") == "the generator was late"


def test_what_xml_cannot_say_is_replaced() -> None:
    assert "no device?" in junit(summary()).decode()
