"""Verdicts as JUnit XML, which every CI shows: each target is a test case.

A missed target is a failure; one that could not be decided or measured is skipped, with its
reason. An invalid run is an error of its own.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from onset.bench.analysis.summary import RunSummary, ScenarioSummary
from onset.bench.analysis.verdicts import TargetVerdict, VerdictState

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def junit(summary: RunSummary) -> bytes:
    """The file."""
    root = ET.Element("testsuites", name=_plain(f"onset bench {summary.name}"))
    if summary.invalid:
        _invalid(root, summary.invalid)
    for scenario in summary.scenarios:
        _suite(root, scenario)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _suite(root: ET.Element, scenario: ScenarioSummary) -> None:
    verdicts = [
        (case.name, verdict)
        for case in scenario.cases
        for arm in case.arms
        for verdict in arm.verdicts
    ]
    states = [verdict.state for _, verdict in verdicts]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_plain(scenario.name),
        tests=str(len(verdicts)),
        failures=str(states.count(VerdictState.FAIL)),
        errors="0",
        skipped=str(
            states.count(VerdictState.INCONCLUSIVE) + states.count(VerdictState.NOT_MEASURED)
        ),
    )
    for case, verdict in verdicts:
        _case(suite, f"{scenario.name}.{case}", verdict)


def _case(suite: ET.Element, place: str, verdict: TargetVerdict) -> None:
    case = ET.SubElement(suite, "testcase", classname=_plain(place), name=_plain(verdict.promise))
    if verdict.state is VerdictState.PASS:
        return
    kind = "failure" if verdict.state is VerdictState.FAIL else "skipped"
    measured = "nothing" if verdict.measured is None else f"{verdict.measured:g} {verdict.unit}"
    why = f"; {verdict.reason}" if verdict.reason else ""
    ET.SubElement(case, kind, message=_plain(f"{verdict.state.value}: measured {measured}{why}"))


def _invalid(root: ET.Element, reasons: Sequence[str]) -> None:
    suite = ET.SubElement(
        root, "testsuite", name="validity", tests="1", failures="0", errors="1", skipped="0"
    )
    case = ET.SubElement(suite, "testcase", classname="validity", name="the run can be believed")
    ET.SubElement(case, "error", message=_plain("; ".join(reasons)))


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
