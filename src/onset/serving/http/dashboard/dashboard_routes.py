"""Routes of the page and its files. They need no key: there is no data in them.

The browser may run and show nothing but these files, and ask nobody but this server.
"""

from functools import cache
from importlib import resources

from fastapi import FastAPI
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from onset.drawing.chart_style import chart_css
from onset.protocol.http_api import PAGE_FILES, PAGE_PATH
from onset.serving.http.dashboard.live_panels import PANELS
from onset.serving.http.dashboard.panel_templates import templates
from onset.serving.http.performance import scenario_titles
from onset.types import MODES

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy. Worklets obey script-src."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
"""Content-Type by the end of a file's name."""


SPANS = ((1, "24 hours"), (7, "7 days"), (30, "30 days"), (90, "90 days"))
"""Days of the history that can be looked at."""


def add_page(app: FastAPI) -> None:
    """Add GET / and PAGE_PATH, and the page's files below it."""

    async def page() -> Response:
        """The page."""
        return Response(shell(), media_type="text/html", headers=HEADERS)

    async def file(http: HttpRequest) -> Response:
        """One of its files."""
        name = http.url.path.rpartition("/")[2]
        kind = KINDS[name.rpartition(".")[2]]
        return Response(_file(name), headers=HEADERS | {"Content-Type": kind})

    for path in ("/", PAGE_PATH):
        app.get(path, include_in_schema=False)(page)
        app.head(path, include_in_schema=False)(page)
    for name in PAGE_FILES:
        app.get(f"{PAGE_PATH}/{name}", include_in_schema=False)(file)
        app.head(f"{PAGE_PATH}/{name}", include_in_schema=False)(file)


@cache
def shell() -> str:
    """The HTML without any data."""
    template = templates().get_template("shell.html.jinja")
    choices = {"panels": PANELS, "spans": SPANS, "scenarios": scenario_titles()}
    return template.render(base=PAGE_PATH, plans=MODES, **choices)


@cache
def _file(name: str) -> str:
    if name == "chart.css":
        return chart_css()
    folder = resources.files("onset.serving.http.dashboard")
    return (folder / name).read_text(encoding="utf-8")
