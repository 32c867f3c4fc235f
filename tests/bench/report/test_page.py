"""What stands on a report's page: its first sentences, and a section for each scenario."""

from dataclasses import replace

from bench_runs import Answer, after, failed, made_run
from onset.bench.analysis.comparison import ArmPair, compare
from onset.bench.analysis.summary import summarise
from onset.bench.records.plan import Arm, Case, Target
from onset.bench.records.recording import Recording
from onset.bench.report.page import ReportPage, comparison_page, run_page
from onset.bench.report.render import html, markdown


def test_the_lead_says_that_the_floor_is_missing_or_how_high_it_is() -> None:
    run = made_run(lambda c, i, a: after(0.2), 4)
    assert "was not measured" in run_page(run, summarise(run)).lead[1]
    floor = [replace(t, ask=replace(t.ask, scenario="floor", arm="null")) for t in run.trials]
    run = replace(run, trials=(*run.trials, *floor))
    assert "is 200 ms" in run_page(run, summarise(run)).lead[1]


def test_a_scenario_that_was_planned_and_never_made_has_its_section() -> None:
    run = replace(made_run(lambda c, i, a: after(0.2), 6), trials=())
    (part,) = run_page(run, summarise(run)).parts
    assert part.sheets[0].rows and not part.figures


def test_a_comparison_says_who_is_who_and_what_shows_it() -> None:
    arms = Arm("onset", "http://127.0.0.1:1"), Arm("piper", "http://127.0.0.1:2")
    run = made_run(lambda c, i, arm: after(0.2 if arm == "onset" else 0.6), 20, arms=arms)
    pair = ArmPair(*arms, run, run)
    told = comparison_page(pair, compare(pair)).lead
    assert told[0].startswith("A is onset, B is piper; interleaved")
    assert "piper takes 3 times as long as onset" in told[1]
    assert "audio differs in 20 of 20" in told[2]


def broken(case: str, number: int, arm: str) -> Recording:
    """The second case is late, and fails twice."""
    if case == "two" and number in (1, 5):
        return failed("HTTP 500")
    return after(0.9 + number / 100 if case == "two" else 0.2)


def report(answer: Answer = broken) -> ReportPage:
    targets = [Target("ttfa_audible", most=0.8, share=0.95), Target("error_ratio", most=0.0)]
    run = made_run(answer, 80, [Case("one"), Case("two")], targets)
    return run_page(run, summarise(run))


def test_a_report_leads_with_what_failed_and_why() -> None:
    page = report()
    failing, _ = page.sheets
    assert failing.title == "What failed, and why"
    assert [row[:3] for row in failing.rows] == [("FAIL", "ttfa", "two")] * 2
    assert "HTTP 500 (2)" in failing.rows[0][-1] and "generator has" in failing.rows[0][-1]
    text = html(page)
    places = [text.index(words) for words in ("What failed, and why", "First sound, median")]
    places += [text.index(f"<{tag}") for tag in ("figure>", "details>")]
    assert places == sorted(places)


def test_kept_promises_are_folded_by_scenario() -> None:
    page = report()
    (table,) = page.kept
    assert table.title.endswith(": 2 of 4 kept") and len(table.rows) == 2
    assert {row[0] for row in table.rows} == {"PASS"}
    text = html(page)
    folded = text[text.index("<details>") :]
    assert ">PASS<" in folded and ">PASS<" not in text[: text.index("<details>")]


def test_where_all_was_kept_nothing_is_said_to_have_failed() -> None:
    page = report(lambda c, i, a: after(0.2))
    assert page.state == "pass" and not page.sheets[0].rows
    assert "What failed" not in html(page) + markdown(page)


def test_the_headline_has_figures_and_pictures_of_the_first_sound() -> None:
    page = report()
    told = {one.name: (one.value, one.good) for one in page.headline}
    assert told["First sound, median"] == ("200 ms", True)
    assert told["Failed requests"] == ("0 of 80", True)
    assert len(page.figures) == 2 and all("<svg" in figure.svg for figure in page.figures)


def test_a_headline_says_what_it_could_not_measure() -> None:
    run = made_run(lambda c, i, a: after(0.2), 6)
    told = {one.name: one for one in run_page(run, summarise(run)).headline}
    tail = told["First sound, 95th percentile"]
    assert (tail.value, tail.good) == ("not measured", None) and "takes 20" in tail.note
