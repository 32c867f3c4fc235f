"""The sentences of a report: what was measured, how it ended, under which conditions."""

from onset.bench.analysis.comparison import PRIMARY, RunComparison
from onset.bench.analysis.summary import RunSummary
from onset.bench.report.formatting import three_digits


def lead(summary: RunSummary) -> tuple[str, ...]:
    """The first lines."""
    counts = [f"{count} {state}" for state, count in summary.counts.items() if count]
    floor = summary.floor.get("ttfa_audible")
    share = (
        f"is {three_digits(floor.p50)} ms (median against a server that computes nothing)"
        if floor and floor.p50 is not None
        else "was not measured"
    )
    return (
        f"Promises: {', '.join(counts) or 'none'}. Made on {summary.started_utc}, "
        f"version {summary.version}.",
        f"The harness's own share of every latency {share}. "
        "A failed request is infinitely late; nothing was dropped.",
    )


def footer(summary: RunSummary) -> tuple[str, ...]:
    """How to repeat the run."""
    return (
        f"Command: {summary.command}",
        f"Seed {summary.seed}, {summary.started_utc} to {summary.ended_utc}, "
        f"fingerprint {summary.fingerprint}.",
        "Every figure is derived from the recorded files alone; the same files give the same "
        "bytes (onset bench analyse).",
    )


def comparison_lead(comparison: RunComparison) -> tuple[str, ...]:
    """The findings of the metric that decides."""
    order = "interleaved, the order changing with every text"
    order = order if comparison.interleaved else "not interleaved: from two runs"
    primary = [cell for cell in comparison.cells if cell.metric == PRIMARY]
    return (
        f"A is {comparison.a.name}, B is {comparison.b.name}; {order}.",
        *(f"{cell.case}: {cell.finding.value}; {cell.text}." for cell in primary),
        f"What shows that the arms are two: {'; '.join(comparison.proof) or 'nothing'}.",
    )
