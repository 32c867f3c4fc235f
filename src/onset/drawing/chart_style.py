"""The style sheet of charts: their colours, light and dark, and what their classes look like."""

from functools import cache
from importlib import resources


@cache
def chart_css() -> str:
    """The style sheet. It defines --paper, --ink and other colours that a page may use too."""
    return (resources.files("onset.drawing") / "chart.css").read_text(encoding="utf-8")
