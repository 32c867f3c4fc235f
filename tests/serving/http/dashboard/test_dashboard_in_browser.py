"""The page in real Chromium, against a real server: it shows, follows, pauses, speaks, stops."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep, time

import numpy as np
import pytest

from answers import record
from asking import ask, http
from browser import PATIENCE, REQUIRED, BrowserPage, browser_page, needs_browser
from fakes import Running, fake_engine, serving
from onset.audio.onset_detection import OnsetDetector
from onset.config import load_settings
from onset.monitoring.history.history_store import FILE, HistoryStore
from onset.protocol.http_api import HEARD_PATH, PLAYED_PATH
from onset.protocol.performance_api import TTFA_PATH
from onset.serving.http.dashboard.live_panels import PANELS

pytestmark = needs_browser

LONG = "One two three four five six seven. " * 60


def remember_two_versions(path: Path) -> None:
    """Eighty hours of answers, later since another version was started."""
    with closing(HistoryStore(path)) as store:
        now = time() - 3600
        for version, first, ttfa in (("0.1.0", 80, 0.17), ("0.1.1", 40, 0.21)):
            start = store.begin(now - first * 3600, version, "Linux x86_64 2")
            hours = [now - hour * 3600 for hour in range(first, first - 40, -1)]
            store.add(start, [record(at=at + n, ttfa=ttfa) for at in hours for n in range(25)])
            if first == 40:
                facts = json.dumps({"evidence": "35 of the last 400", "severity": "ticket"})
                store.add(start, events=[(now, "alert", "ttfa-slow", "firing", facts)])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    cache = tmp_path_factory.mktemp("cache")
    remember_two_versions(cache / FILE)
    settings = load_settings({}, port=0, drain_timeout=0, cache_dir=cache)
    with serving(lambda: fake_engine(0.003), settings) as running:
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
    return server.monitor.live.viewers


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


def test_the_server_is_told_what_was_heard(server: Running, page: BrowserPage) -> None:
    write(page, "One two three four five six.")
    page.press_button("say")
    page.until("document.getElementById('said').textContent.startsWith('Spoken: ')")
    patiently(lambda: bool(http.get(server.url + PLAYED_PATH).json()["reporters"]["browser"]["n"]))
    (*_, end) = http.get(server.url + PLAYED_PATH).json()["played"]
    said = float(page.text("said").split()[1])
    assert end["reporter"] == "browser" and end["outcome"] == "complete"
    assert end["played_s"] == pytest.approx(said, abs=0.06) and end["stalls"] == 0
    assert end["concealed_ms"] == 0, "waiting for the end is no stall"
    heard = http.get(server.url + HEARD_PATH).json()["heard"]
    if "not measured" not in page.text("waterfall-caption"):
        (*_, start) = heard
        assert start["reporter"] == "browser" and start["request"] == end["request"]
        assert 0 < start["first_ms"] <= start["onset_ms"] < start["heard_ms"]
    page.until("document.getElementById('panel-heard').innerText.includes('answers')")


def test_the_history_is_shown_and_followed(page: BrowserPage) -> None:
    page.until("document.getElementById('history-panel').innerText.includes('Later since')")
    assert "Version 0.1.0 became 0.1.1." in page.text("history-panel")
    page.value("document.getElementById('history-alerts').open = true")
    assert "35 of the last 400" in page.text("history-panel")
    before = len(page.requests)
    page.value("document.getElementById('days').value = '30'")
    page.value("document.getElementById('days').dispatchEvent(new Event('change'))")
    patiently(lambda: any("days=30" in url for url in requests_after(page, before)))


def requests_after(page: BrowserPage, count: int) -> list[str]:
    page.value("0")  # reads what the browser told meanwhile
    return page.requests[count:]


BENCHMARK = """
import json, pathlib, sys, time
folder = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
folder.mkdir()
(folder / "progress.json").write_text(
    '{"scenario": "ttfa-short", "scenarios_done": 1, "scenarios": 3}')
time.sleep(3)
kept = {"state": "pass", "promise": "95 % within 800 ms", "measured": 0.99, "unit": "ratio"}
broken = {"state": "fail", "promise": "no <b>failures</b>", "measured": None, "unit": "ratio"}
(folder / "summary.json").write_text(json.dumps({"state": "fail", "invalid": [], "scenarios": [
    {"name": "ttfa-short", "cases": [{"name": "", "arms": [{"verdicts": [kept, broken]}]}]}]}))
(folder / "report.html").write_text("<title>Run</title><h1>The report</h1><script>x = 1</script>")
sys.exit(1)
"""


def test_a_benchmark_is_started_followed_and_its_report_opened(
    server: Running, page: BrowserPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(server.benchmarks, "program", (sys.executable, "-c", BENCHMARK))
    monkeypatch.setattr(server.benchmarks, "folder", tmp_path)
    page.value("document.getElementById('benchmark-scenario').value = 'smoke'")
    page.press_button("benchmark-start")
    page.until("document.getElementById('benchmark-state').innerText.includes('1 of 3')")
    assert page.value("document.getElementById('benchmark-progress').value") == 1
    assert page.value("document.getElementById('benchmark-start').disabled"), "one at a time"
    page.visit(server.url + "/")
    page.until("document.getElementById('benchmark-state').innerText.includes('1 of 3')")
    page.until("document.getElementById('benchmark-state').innerText.includes('smoke: fail')")
    rows = page.text("benchmark-result").splitlines()
    assert "fail" in rows[1] and "no <b>failures</b>" in rows[1] and "not measured" in rows[1]
    assert "95 % within 800 ms" in rows[2] and "0.99 ratio" in rows[2]
    assert not page.value("document.getElementById('benchmark-start').disabled")
    link = page.value("document.querySelector('#benchmark-result a').href")
    page.visit(link)
    assert page.value("document.querySelector('h1').innerText") == "The report"
    (blocked,) = page.complaints
    assert "script" in blocked, "a report runs nothing"
    page.complaints.clear()


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


AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
"""The checker of accessibility: `make test` has npm install it where there is npm."""

VIOLATIONS = """
axe.run(document, {resultTypes: ['violations']}).then(({violations}) =>
  violations.map(({id, nodes}) => id + ': ' + nodes.map(({html}) => html).join(' | ')))
"""


@pytest.mark.skipif(not (AXE.exists() or REQUIRED), reason="axe-core is not installed (npm)")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 1200])
def test_axe_finds_no_violation(page: BrowserPage, width: int, dark: bool) -> None:
    page.look(width, 900, dark=dark)
    page.until("document.querySelectorAll('#panel-answers tbody tr').length >= 20")
    page.until("!document.getElementById('history-panel').innerText.includes('Waiting')")
    page.value("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    write(page, "One two three four five six.")
    page.press_button("say")
    page.until("!document.getElementById('waterfall').hidden")
    page.value(AXE.read_text(encoding="utf-8"))
    assert page.awaited(VIOLATIONS) == []
    page.value("document.getElementById('pause').textContent = ''")
    found = page.awaited(VIOLATIONS)
    assert any(one.startswith("button-name") for one in found), "it would see a fault"


def test_all_of_it_can_be_used_by_keys_alone(page: BrowserPage) -> None:
    page.until("document.querySelectorAll('#panel-answers tbody tr').length >= 20")
    reachable = page.value(
        "[...document.querySelectorAll('a[href], button, input, select, textarea, summary, .wide')]"
        ".filter((one) => one.offsetParent && !one.disabled).map((one) => one.id || one.className)"
    )
    met = []
    for _ in range(len(reachable) + 5):
        page.tab()
        met.append(page.value("document.activeElement.id || document.activeElement.className"))
    assert set(reachable) <= set(met), set(reachable) - set(met)
    outlined = "getComputedStyle(document.activeElement).outlineStyle"
    page.value("document.getElementById('pause').focus()")
    page.tab()
    assert page.value(outlined) != "none", "where one is can be seen"


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1200, True)])
def test_nothing_is_wider_than_the_screen(
    page: BrowserPage, tmp_path: Path, width: int, dark: bool
) -> None:
    page.until("document.querySelectorAll('#panel-answers tbody tr').length >= 20")
    page.screenshot(tmp_path / "page.png", width, 900, dark=dark)
    assert page.value("document.documentElement.scrollWidth") <= width
    newest = "[...document.querySelectorAll('#panel-last_hour circle')].at(-1)"
    assert page.value(f"{newest}.getBoundingClientRect().right") <= width, "it is in sight"


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
