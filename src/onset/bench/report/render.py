"""A report as one HTML file that needs no other, and as Markdown for where it is committed.

The templates escape everything that came from outside, such as error texts and names of arms.
"""

from collections.abc import Iterator
from functools import cache
from textwrap import TextWrapper

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from onset.bench.analysis.case_metrics import ALL_METRICS
from onset.bench.analysis.distribution import name
from onset.bench.report.page import ReportPage
from onset.drawing.chart_style import chart_css

_STATES = ("pass", "fail", "invalid", "inconclusive", "not-measured")
_FINDINGS = {
    "a-better": "pass",
    "equivalent": "pass",
    "b-better": "fail",
    "no-difference-shown": "open",
    "too-few-texts": "open",
}
_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_|[]#"} | {"<": "&lt;", ">": "&gt;"})

_lines = TextWrapper(100, break_long_words=False, break_on_hyphens=False)


def html(page: ReportPage) -> str:
    """The HTML file."""
    return _templates().get_template("page.html").render(page=page, chart_css=chart_css())


def markdown(page: ReportPage) -> str:
    """The Markdown file, its prose in lines of at most 100 columns."""
    return wrapped(_templates().get_template("page.md").render(page=page))


def wrapped(text: str) -> str:
    """Markdown with long lines of prose broken; tables and headings stay as they are."""
    return "\n".join(
        line if line.startswith(("|", "#")) else _lines.fill(line) for line in text.split("\n")
    )


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return " ".join(text.translate(_MARKS).split())


def metric_rows() -> Iterator[str]:
    """The table of docs/metrics.md: every figure there is and what it means."""
    yield "| key | definition | unit | better |"
    yield "|---|---|---|---|"
    for row in ALL_METRICS:
        better = "more" if row.more_is_better else "less"
        yield f"| `{row.key}` | {row.definition} | {name(row.unit)} | {better} |"


def _css(state: str) -> str:
    """The class for a state or finding; none for other words."""
    words = state.lower().replace(" ", "-")
    return words if words in _STATES else _FINDINGS.get(words, "")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("onset.bench.report", "."),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"css": _css, "md": escaped}
    return environment
