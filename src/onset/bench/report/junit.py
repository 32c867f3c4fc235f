"""Verdicts as JUnit XML, which every CI shows: a promise is a test case.

A promise that was not kept is a failure, one that could not be decided or measured is skipped
with its reason, and an invalid run is an error of its own.
Knows nothing of how verdicts came about.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from onset.bench.analysis.summary import RunSummary, ScenarioSummary
from onset.bench.analysis.verdicts import TargetVerdict, VerdictState

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot say."""


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
    found = [
        (case.name, verdict)
        for case in scenario.cases
        for arm in case.arms
        for verdict in arm.verdicts
    ]
    states = [verdict.state for _, verdict in found]
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_plain(scenario.name),
        tests=str(len(found)),
        failures=str(states.count(VerdictState.FAIL)),
        errors="0",
        skipped=str(
            states.count(VerdictState.INCONCLUSIVE) + states.count(VerdictState.NOT_MEASURED)
        ),
    )
    for case, verdict in found:
        _case(suite, f"{scenario.name}.{case}", verdict)


def _case(suite: ET.Element, place: str, verdict: TargetVerdict) -> None:
    case = ET.SubElement(suite, "testcase", classname=_plain(place), name=_plain(verdict.promise))
    if verdict.state is VerdictState.PASS:
        return
    kind = "failure" if verdict.state is VerdictState.FAIL else "skipped"
    told = "nothing" if verdict.measured is None else f"{verdict.measured:g} {verdict.unit}"
    why = f"; {verdict.reason}" if verdict.reason else ""
    ET.SubElement(case, kind, message=_plain(f"{verdict.state.value}: measured {told}{why}"))


def _invalid(root: ET.Element, reasons: Sequence[str]) -> None:
    suite = ET.SubElement(
        root, "testsuite", name="validity", tests="1", failures="0", errors="1", skipped="0"
    )
    case = ET.SubElement(suite, "testcase", classname="validity", name="the run can be believed")
    ET.SubElement(case, "error", message=_plain("; ".join(reasons)))


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
