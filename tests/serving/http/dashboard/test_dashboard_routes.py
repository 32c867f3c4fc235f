"""The page and its files: no data, no key, no other origin, a strict policy."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from asking import ask, http
from fakes import Running, eventually, fake_engine, serving
from onset.config import load_settings
from onset.protocol.http_api import PAGE_FILES, PAGE_PATH, PAGE_PATHS
from onset.protocol.performance_api import LIVE_PATH, TTFA_PATH
from onset.serving.http.dashboard import dashboard_routes
from onset.serving.http.dashboard.live_panels import PANELS

QUIET = load_settings({}, port=0, drain_timeout=0, history=False)
FOLDER = Path(dashboard_routes.__file__).parent
FOREIGN = re.compile(r"(?:https?:)?//(?!www\.w3\.org/2000/svg)[\w.-]+\.\w|@import|url\(")


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(lambda: fake_engine(0.001), QUIET) as running:
        yield running


@pytest.mark.parametrize("path", PAGE_PATHS)
def test_every_file_comes_with_the_policy_and_nothing_foreign(server: Running, path: str) -> None:
    answer = http.get(server.url + path)
    assert answer.status_code == 200 and answer.text.strip()
    policy = dict(part.strip().split(" ", 1) for part in answer.headers[POLICY].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers[POLICY]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    code = "\n".join(line for line in answer.text.splitlines() if not line.startswith("//"))
    assert not FOREIGN.search(code)
    head = http.head(server.url + path)
    assert (head.status_code, head.content) == (200, b"")


POLICY = "content-security-policy"


def test_what_is_foreign_would_be_seen() -> None:
    for planted in ("https://cdn.example.com/x.js", '"//example.com/x"', "@import 'x'", "url(x)"):
        assert FOREIGN.search(planted)


def test_media_types_are_what_browsers_insist_on(server: Running) -> None:
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    for name in PAGE_FILES:
        kind = http.get(f"{server.url}{PAGE_PATH}/{name}").headers["content-type"]
        assert kind.startswith(kinds[name.rpartition(".")[2]])
    assert http.get(server.url).headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", ["__init__.py", "shell.html.jinja", "../app.py", "x.js"])
def test_no_other_file_can_be_had(server: Running, name: str) -> None:
    assert http.get(f"{server.url}{PAGE_PATH}/{name}").status_code == 404


class PageOutline(HTMLParser):
    """What the page consists of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.ids = list[str](), list[str]()
        self.labelled, self.named = set[str](), set[str]()
        self.inline = list[str]()
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self._open = "" if "src" in found else tag
        self.ids += [found["id"] or ""] if "id" in found else []
        self.labelled |= {found.get("for") or ""} if tag == "label" else set()
        self.named |= {found.get("aria-labelledby") or ""} if tag == "section" else set()
        if tag in ("input", "select", "textarea"):
            self.named.add(found.get("id") or "no id")
        self.inline += [key for key in found if key == "style" or key.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self._open in ("script", "style") and data.strip():
            self.inline.append(data)


def test_the_shell_is_whole_and_has_nothing_inline() -> None:
    outline = PageOutline()
    outline.feed(dashboard_routes.shell())
    assert not outline.inline
    assert len(outline.ids) == len(set(outline.ids))
    assert {f"panel-{name}" for name in PANELS} <= set(outline.ids)
    fields = {"text", "voice", "speed", "key"}
    assert fields <= outline.labelled and fields <= outline.named
    assert outline.named - fields <= set(outline.ids), "sections are named by their headings"
    assert outline.tags.count("h1") == outline.tags.count("main") == 1


def test_ids_that_scripts_look_for_are_in_the_shell() -> None:
    outline = PageOutline()
    outline.feed(dashboard_routes.shell())
    for name in ("page.js", "player.js"):
        wanted = set(re.findall(r'byId\("([\w-]+)"\)', (FOLDER / name).read_text()))
        assert wanted and wanted <= set(outline.ids), wanted - set(outline.ids)


def test_there_is_no_data_in_the_page(server: Running) -> None:
    before = {path: http.get(server.url + path).content for path in PAGE_PATHS}
    ask(server)
    eventually(lambda: len(http.get(server.url + TTFA_PATH).json()["recent"]) >= 1)
    assert {path: http.get(server.url + path).content for path in PAGE_PATHS} == before


def test_the_page_needs_no_key_its_data_do_and_strange_hosts_get_neither() -> None:
    guarded = load_settings({}, port=0, drain_timeout=0, history=False, api_key="secret")
    with serving(fake_engine, guarded) as server:
        for path in PAGE_PATHS:
            assert http.get(server.url + path).status_code == 200
            strange = http.get(server.url + path, headers={"Host": "rebound.example"})
            assert strange.status_code == 403
        for path in (LIVE_PATH + "?as=panels", TTFA_PATH, "/v1/audio/voices"):
            assert http.get(server.url + path).status_code == 401
        assert http.get(f"{server.url}{PAGE_PATH}/x").status_code == 401, "only these files"
