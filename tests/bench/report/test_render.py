"""The Markdown report shows words from outside as words, on one line of a table."""

import re
from dataclasses import replace
from pathlib import Path

from bench_runs import after, failed, made_run
from onset.bench.analysis.comparison import ArmPair, compare
from onset.bench.analysis.summary import summarise
from onset.bench.records.plan import Arm, Target
from onset.bench.report.page import comparison_page, run_page
from onset.bench.report.render import escaped, markdown, metric_rows, wrapped
from onset.bench.report.tables import ReportTable

DOCS = Path(__file__).parents[3] / "docs"


def test_a_table_has_as_many_cells_in_every_row() -> None:
    run = made_run(lambda c, i, a: after(0.2), 6)
    sheet = ReportTable("T", ("word", "figure"), (("a|b", "1"), ("c", "2")), words=1)
    page = replace(
        run_page(run, summarise(run)),
        sheets=(sheet, ReportTable("none", ("word",), ())),
        headline=(),
    )
    assert (
        "**T**\n\n| word | figure |\n|---|--:|\n| a\\|b | 1 |\n| c | 2 |\n\nPromises: "
        in markdown(page)
    )


def test_words_from_outside_stay_words() -> None:
    assert escaped("a\nb|*c*<script>") == "a b\\|\\*c\\*&lt;script&gt;"


def test_prose_is_broken_at_100_columns_and_tables_are_not() -> None:
    row, prose = "| " + "cell " * 30 + "|", "- Remark: " + "word " * 40
    *lines, last = wrapped(f"# Title\n\n{prose.strip()}\n\n{row}").split("\n")
    assert last == row and max(map(len, lines)) <= 100
    assert " ".join(lines).split() == f"# Title {prose}".split()


def test_a_report_tells_state_verdicts_and_machine() -> None:
    run = made_run(
        lambda c, i, a: failed("a | b") if i == 3 else after(0.2),
        20,
        targets=[Target("ttfa_audible", most=0.8, share=0.95)],
    )
    told = markdown(run_page(run, summarise(run)))
    assert told.startswith("# Speech benchmark: made: inconclusive\n")
    assert "| INCONCLUSIVE | ttfa | sentence |" in told
    assert "a \\| b (1)" in told and "| cpu | a processor |" in told
    assert markdown(run_page(run, summarise(run))) == told


def test_a_comparison_tells_its_finding() -> None:
    arms = Arm("onset", "http://127.0.0.1:1"), Arm("piper", "http://127.0.0.1:2")
    run = made_run(lambda c, i, arm: after(0.2 if arm == "onset" else 0.6), 20, arms=arms)
    pair = ArmPair(*arms, run, run)
    told = markdown(comparison_page(pair, compare(pair)))
    assert told.startswith("# onset against piper: A better\n")
    assert "| A better | sentence | audible TTFA | 20 |" in told


def test_the_documented_metrics_are_those_of_the_code() -> None:
    text = (DOCS / "metrics.md").read_text()
    assert "\n".join(metric_rows()) in text, "put in what `onset bench metrics` prints"
    documented = re.findall(r"^\| `(\w+)` \| .+ \| .+ \| (?:less|more) \|$", text, re.MULTILINE)
    assert len(documented) == len(set(documented)) == len(list(metric_rows())) - 2
