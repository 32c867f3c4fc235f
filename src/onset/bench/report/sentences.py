"""What a report says in sentences: what it was, how it ended, under which conditions.

Knows nothing of tables and pictures.
"""

from onset.bench.analysis.comparison import PRIMARY, RunComparison
from onset.bench.analysis.summary import RunSummary
from onset.bench.report.tables import headline, shown


def lead(summary: RunSummary) -> tuple[str, ...]:
    """The first lines."""
    counts = [f"{count} {state}" for state, count in summary.counts.items() if count]
    floor = summary.floor.get("ttfa_audible")
    told = floor.p50 if floor else None
    share = (
        "The harness's own share of every latency was not measured."
        if told is None
        else f"The harness's own share of every latency is {shown(told)} ms (median against a "
        "server that computes nothing)."
    )
    return (
        f"Promises: {', '.join(counts) or 'none'}. Made on {summary.started_utc}, "
        f"version {summary.version}.",
        f"{share} A failed request is infinitely late; nothing was dropped.",
    )


def footer(summary: RunSummary) -> tuple[str, ...]:
    """How to make it again."""
    return (
        f"Command: {summary.command}",
        f"Seed {summary.seed}, {summary.started_utc} to {summary.ended_utc}, "
        f"fingerprint {summary.fingerprint}.",
        "Every figure is derived from the recorded files alone; the same files give the same "
        "bytes (onset bench analyse).",
    )


def comparison_lead(comparison: RunComparison) -> tuple[str, ...]:
    """The verdict in words."""
    turns = "interleaved, the order changing with every text" if comparison.interleaved else (
        "not interleaved: from two runs"
    )  # fmt: skip
    primary = [cell for cell in comparison.cells if cell.metric == PRIMARY]
    return (
        f"A is {comparison.a.name}, B is {comparison.b.name}; {turns}.",
        *(f"{headline(cell)}." for cell in primary),
        f"What shows that the arms are two: {'; '.join(comparison.proof) or 'nothing'}.",
    )
