"""The report as Markdown, for people who read it where it is committed.

Tables come from `tables`, sentences from `sentences`.
"""

from collections.abc import Iterator, Mapping, Sequence

from onset.bench.analysis.comparison import RunComparison
from onset.bench.analysis.recommendations import advice
from onset.bench.analysis.summary import RunSummary
from onset.bench.report import tables
from onset.bench.report.sentences import comparison_lead, footer, lead
from onset.bench.report.tables import ReportTable


def report(summary: RunSummary) -> str:
    """A run."""
    return "\n".join(_report(summary)) + "\n"


def comparison(result: RunComparison, machine: Mapping[str, object]) -> str:
    """Two arms. machine: the facts of the fingerprint."""
    state = "invalid" if result.invalid else result.finding.value
    lines = [f"# {escaped(result.a.name)} against {escaped(result.b.name)}: {state}", ""]
    lines += [*_sentences(comparison_lead(result)), *_warnings(result.invalid, result.remarks)]
    sheets = (tables.compared(result), tables.smooth(result), tables.machine(machine))
    lines += [line for sheet in sheets for line in table(sheet)]
    return "\n".join(lines) + "\n"


def table(sheet: ReportTable) -> Iterator[str]:
    """A table with its title and note; nothing for one without rows."""
    if not sheet.rows:
        return
    yield from (f"**{sheet.title}**", "")
    yield _row(sheet.columns)
    marks = ["---" if sheet.kind(i) == "word" else "--:" for i in range(len(sheet.columns))]
    yield f"|{'|'.join(marks)}|"
    yield from map(_row, sheet.rows)
    yield ""
    if sheet.note:
        yield from (sheet.note, "")


def metric_rows() -> Iterator[str]:
    """The table of docs/metrics.md."""
    sheet = tables.metrics()
    yield _row(sheet.columns)
    yield "|---|---|---|---|"
    for key, *others in sheet.rows:
        yield f"| `{key}` | {' | '.join(others)} |"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    for mark in "\\`*_|<>[]#":
        text = text.replace(mark, f"\\{mark}" if mark not in "<>" else f"&{_NAMES[mark]};")
    return " ".join(text.split())


_NAMES = {"<": "lt", ">": "gt"}


def _report(summary: RunSummary) -> Iterator[str]:
    yield from (f"# Speech benchmark: {escaped(summary.name)}: {summary.state}", "")
    yield from _sentences(lead(summary))
    yield from _warnings(summary.invalid, summary.remarks)
    yield from table(tables.verdicts(summary))
    recommendations = advice(summary)
    if recommendations:
        yield from ("## What to do about it", "")
        for one in recommendations:
            evidence = escaped(one.evidence)
            yield f"- {escaped(one.suggestion)} Evidence: {evidence}. Check: `{one.check}`"
        yield ""
    for scenario in summary.scenarios:
        sheets = [tables.latencies(scenario), tables.smoothness(scenario)]
        if any(sheet.rows for sheet in sheets):
            yield from (f"## {escaped(scenario.title or scenario.name)} ({scenario.name})", "")
            yield from (line for sheet in sheets for line in table(sheet))
    yield from table(tables.absent(summary))
    yield from table(tables.failures(summary))
    yield from ("## How this was made", "")
    yield from _sentences(footer(summary))
    yield from table(tables.machine(summary.machine))


def _sentences(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from (escaped(line), "")


def _warnings(invalid: Sequence[str], remarks: Sequence[str]) -> Iterator[str]:
    yield from (f"- **Not to be believed:** {escaped(line)}" for line in invalid)
    yield from (f"- Remark: {escaped(line)}" for line in remarks)
    if invalid or remarks:
        yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"
