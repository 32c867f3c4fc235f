"""Verdicts as JUnit XML, which every CI shows: each target is a test case.

A missed target is a failure; one that could not be decided or measured is skipped, with its
reason. An invalid run is an error of its own.
"""

import re
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from onset.bench.analysis.summary import RunSummary, arms
from onset.bench.analysis.verdicts import TargetVerdict, VerdictState

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def junit(summary: RunSummary) -> bytes:
    """The file."""
    root = ET.Element("testsuites", name=_plain(f"onset bench {summary.name}"))
    if summary.invalid:
        reasons = "; ".join(summary.invalid)
        _suite(root, "validity", [("validity", "the run can be believed", "error", reasons)])
    for scenario in summary.scenarios:
        cases = [
            (f"{scenario.name}.{case}", *_outcome(verdict))
            for _, case, arm in arms((scenario,))
            for verdict in arm.verdicts
        ]
        _suite(root, scenario.name, cases)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _suite(root: ET.Element, title: str, cases: Sequence[tuple[str, str, str, str]]) -> None:
    """cases: place, name, kind of what went wrong (empty: nothing), and a message."""
    counts = Counter(kind for _, _, kind, _ in cases)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_plain(title),
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
    )
    for place, name, kind, message in cases:
        case = ET.SubElement(suite, "testcase", classname=_plain(place), name=_plain(name))
        if kind:
            ET.SubElement(case, kind, message=_plain(message))


def _outcome(verdict: TargetVerdict) -> tuple[str, str, str]:
    if verdict.state is VerdictState.PASS:
        return verdict.promise, "", ""
    kind = "failure" if verdict.state is VerdictState.FAIL else "skipped"
    measured = "nothing" if verdict.measured is None else f"{verdict.measured:g} {verdict.unit}"
    why = f"; {verdict.reason}" if verdict.reason else ""
    return verdict.promise, kind, f"{verdict.state.value}: measured {measured}{why}"


def _plain(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
