"""The HTML report needs no other file, and shows words from outside as words."""

import re
from html.parser import HTMLParser

from bench_runs import after, failed, made_run
from onset.bench.analysis.comparison import ArmPair, compare
from onset.bench.analysis.summary import summarise
from onset.bench.records.plan import Arm, Case, LoadShape, Target
from onset.bench.records.recording import Recording
from onset.bench.report.page import comparison_page, run_page
from onset.bench.report.render import html

ARMS = (Arm("onset", "http://127.0.0.1:1"), Arm("<b>peer", "http://127.0.0.1:2"))

VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Notes tags and attributes, and that every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(text: str) -> Outline:
    """The page as a parser sees it."""
    made = Outline()
    made.feed(text)
    assert made.open == []
    return made


def answer(case: str, number: int, arm: str) -> Recording:
    """Mostly good, once with an error of somebody who means harm."""
    return failed("<script>alert(1)</script>") if number == 3 else after(0.2 + number / 1000)


def made() -> str:
    """A report with everything in it."""
    cases = [Case("c=1"), Case("c=2", LoadShape.CLOSED, 2), Case("CUDA", not_measured="no device")]
    run = made_run(answer, 20, cases, [Target("ttfa_audible", most=0.8, share=0.95)], ARMS)
    return html(run_page(run, summarise(run)))


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = made()
    tags = {tag for tag, _ in outline(text).found}
    assert not tags & {"script", "link", "img", "iframe", "object", "base"}
    assert not re.search(r"url\(|@import|src=|href=", text)


def test_words_from_outside_stay_words() -> None:
    text = made()
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<b>peer" not in text


def test_every_picture_can_be_read_aloud() -> None:
    text = made()
    pictures = [attributes for tag, attributes in outline(text).found if tag == "svg"]
    told = [attributes for attributes in pictures if attributes.get("role") == "img"]
    assert len(told) >= 4
    assert all(attributes.get("aria-label") for attributes in told)
    assert text.count("<desc>") == len(told)
    assert all("role" in a or a.get("aria-hidden") == "true" for a in pictures)


def test_verdicts_failures_and_what_is_missing_are_on_the_page() -> None:
    text = made()
    for words in ("INCONCLUSIVE", "NOT MEASURED", "no device", "Check:", "fingerprint"):
        assert words in text


def test_the_same_run_gives_the_same_page() -> None:
    assert made() == made()


def test_a_comparison_has_its_page() -> None:
    run = made_run(answer, 20, arms=ARMS)
    arms = ArmPair(*ARMS, run, run)
    text = html(comparison_page(arms, compare(arms)))
    outline(text)
    assert "<b>peer" not in text and "&lt;b&gt;peer" in text
    assert "95 % CI" in text and "equivalent" in text
