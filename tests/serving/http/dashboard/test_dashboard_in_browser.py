"""The page in real Chromium, against a real server: it shows, follows, pauses, speaks, stops."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from asking import ask, http
from browser import CHROMIUM, PATIENCE, BrowserPage, browser_page
from fakes import Running, fake_engine, serving
from onset.audio.onset_detection import OnsetDetector
from onset.config import load_settings
from onset.protocol.performance_api import TTFA_PATH
from onset.serving.http.dashboard.live_panels import PANELS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

QUIET = load_settings({}, port=0, drain_timeout=0, history=False)
LONG = "One two three four five six seven. " * 60


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with serving(lambda: fake_engine(0.003), QUIET) as running:
        for _ in range(20):
            ask(running)
        yield running


@pytest.fixture(scope="module")
def tab(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserPage]:
    with browser_page(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(server: Running, tab: BrowserPage) -> Iterator[BrowserPage]:
    """Freshly opened. Whatever a test did, it asked nobody else and broke no policy."""
    tab.requests.clear()
    tab.complaints.clear()
    tab.visit(server.url + "/")
    tab.until("document.getElementById('connection').textContent === 'Live.'")
    yield tab
    asked = [url for url in tab.requests if not url.startswith(("about:", "data:"))]
    assert asked and not [url for url in asked if not url.startswith(server.url + "/")]
    assert not tab.complaints


def patiently(condition: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < end, "it never came true"
        sleep(0.05)


def outcomes(server: Running) -> list[str]:
    recent = http.get(server.url + TTFA_PATH).json()["recent"]
    return [answer["outcome"] for answer in recent]


def rows(page: BrowserPage) -> int:
    return int(page.value("document.querySelectorAll('#panel-answers tbody tr').length"))


def write(page: BrowserPage, text: str) -> None:
    page.value(f"document.getElementById('text').value = {text!r}")


def test_panels_are_filled_and_follow_until_paused(server: Running, page: BrowserPage) -> None:
    page.until("document.querySelectorAll('#panel-answers tbody tr').length >= 20")
    for name in PANELS:
        assert "Waiting" not in page.text(f"panel-{name}") and page.text(f"panel-{name}")
    assert page.value("document.querySelectorAll('#panel-last_hour circle').length") >= 20
    assert page.value("document.querySelectorAll('#panel-stages svg[role=img] rect').length") > 3
    page.value("document.querySelector('#alerts-all').open = true")
    before = rows(page)
    ask(server)
    page.until(f"document.querySelectorAll('#panel-answers tbody tr').length > {before}")
    assert page.value("document.querySelector('#alerts-all').open"), "what was opened stays so"
    page.click("pause")
    page.until("document.getElementById('connection').textContent === 'Paused.'")
    before = rows(page)
    ask(server)
    sleep(2.5)
    assert rows(page) == before
    page.click("pause")
    page.until(f"document.querySelectorAll('#panel-answers tbody tr').length > {before}")


def test_a_hidden_tab_closes_its_stream(server: Running, page: BrowserPage) -> None:
    assert viewers(server) == 1
    hide(page, True)
    patiently(lambda: viewers(server) == 0)
    hide(page, False)
    patiently(lambda: viewers(server) == 1)


def viewers(server: Running) -> int:
    assert server.monitor is not None
    return server.monitor.viewers


def hide(page: BrowserPage, hidden: bool) -> None:
    """What a browser does when another tab is shown; headless ones have no other way."""
    page.value(f"Object.defineProperty(document, 'hidden', {{configurable: true, value: {hidden}}})"
               .replace("True", "true").replace("False", "false"))  # fmt: skip
    page.value("document.dispatchEvent(new Event('visibilitychange'))")


def test_speaking_plays_and_shows_where_the_time_went(server: Running, page: BrowserPage) -> None:
    page.until("document.getElementById('voice').options.length > 50")
    write(page, "One two three four five six.")
    page.press_button("say")
    page.until("!document.getElementById('waterfall').hidden")
    page.until("document.querySelectorAll('#words .now').length === 1")
    page.until("document.getElementById('said').textContent.startsWith('Spoken: ')")
    assert page.value("document.querySelectorAll('#words .now').length") == 0
    assert page.text("words").split() == ["One", "two", "three", "four", "five", "six."]
    caption = page.text("waterfall-caption")
    shown = page.text("waterfall-rows")
    assert "server: front" in shown and "silence before the speech" in shown
    if "not measured;" not in caption:
        whole, parts = (int(word) for word in caption.split() if word.isdecimal())
        assert abs(whole - parts) <= 1
    assert outcomes(server)[-1] == "spoken"


SOUNDS = {
    "speech after silence": [0] * 1700 + [3000, -3000] * 1200,
    "a click": [0] * 1200 + [9000, -9000] * 120 + [0] * 2400 + [900, -900] * 900,
    "a dip": [0] * 120 + [5000, -5000] * 180 + [0] * 240 + [5000, -5000] * 900,
    "too short": [0] * 500 + [5000, -5000] * 500,
    "nothing": [0] * 5000,
}


@pytest.mark.parametrize("name", SOUNDS)
def test_the_page_hears_the_onset_where_we_do(page: BrowserPage, name: str) -> None:
    detector = OnsetDetector(24_000)
    expected = detector.feed(np.array(SOUNDS[name], "<i2").tobytes())
    page.value(
        "import('/dashboard/player.js').then(({OnsetFinder}) => { const it = new OnsetFinder(); "
        f"const all = {SOUNDS[name]}.map((value) => value / 32768); "
        "for (let at = 0; at < all.length; at += 777) it.feed(all.slice(at, at + 777)); "
        "window.found = [it.sample]; })"
    )
    page.until("window.found !== undefined")
    assert page.value("window.found[0]") == expected
    assert (expected is None) == (name in ("too short", "nothing"))


def test_stopping_is_seen_by_the_server(server: Running, page: BrowserPage) -> None:
    write(page, LONG)
    page.press_button("say")
    page.until("document.getElementById('said').textContent === 'Speaking.'")
    page.press_button("stop")
    page.until("document.getElementById('said').textContent === 'Stopped.'")
    patiently(lambda: outcomes(server)[-1] == "left" and server.scheduler.active == 0)
    assert page.value("document.getElementById('stop').disabled")


def test_the_policy_stops_what_is_not_the_pages_own(server: Running, tab: BrowserPage) -> None:
    tab.visit(server.url + "/dashboard")
    tab.complaints.clear()
    script = "Object.assign(document.createElement('script'), {text: 'stolen = 1'})"
    tab.value(f"document.head.append({script})")
    tab.value("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x'}))")
    tab.value("document.body.setAttribute('style', 'color: red')")
    assert tab.value("typeof stolen") == "undefined"
    assert len([told for told in tab.complaints if "Content Security Policy" in told]) == 3
    tab.complaints.clear()


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1200, True)])
def test_nothing_is_wider_than_the_screen(
    page: BrowserPage, tmp_path: Path, width: int, dark: bool
) -> None:
    page.until("document.querySelectorAll('#panel-answers tbody tr').length >= 20")
    page.screenshot(tmp_path / "page.png", width, 900, dark=dark)
    assert page.value("document.documentElement.scrollWidth") <= width


def test_a_key_is_asked_for_and_kept_in_the_page_alone(tmp_path: Path, tab: BrowserPage) -> None:
    guarded = load_settings({}, port=0, drain_timeout=0, history=False, api_key="secret")
    with serving(fake_engine, guarded) as server:
        tab.visit(server.url + "/")
        tab.until("!document.getElementById('key-form').hidden")
        for key in ("wrong", "secret"):
            tab.value(f"document.getElementById('key').value = '{key}'")
            tab.value("document.getElementById('key-form').requestSubmit()")
            says = "key-wrong" if key == "wrong" else "connection"
            words = "That key" if key == "wrong" else "Live."
            tab.until(f"document.getElementById('{says}').textContent.startsWith('{words}')")
        tab.until("document.getElementById('voice').options.length > 50")
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        assert tab.value(kept) == '[{},{},""]' and "secret" not in tab.value("location.href")
        tab.visit("about:blank")
