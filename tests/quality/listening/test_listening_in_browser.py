"""The page in a real browser, opened as a file: heard, answered, kept, counted."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from browser import PATIENCE, BrowserPage, browser_page, needs_browser
from listening_tones import ITEMS, write
from onset.quality.listening.answer_files import read_answers
from onset.quality.listening.tally import tally

pytestmark = needs_browser

ROUND = 2 * len(ITEMS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("listening")
    write(made)
    return made


@pytest.fixture
def page(folder: Path, tmp_path: Path) -> Iterator[BrowserPage]:
    with browser_page(tmp_path / "profile") as tab:
        tab.open(folder / "index.html")
        yield tab


def listen(page: BrowserPage, names: str) -> None:
    """Play each recording by its key until it sounds; then it can be answered."""
    for name in names:
        page.press(name)
        page.until(f"document.getElementById('play-{name}').dataset.heard === 'true'")
    assert not page.value("document.getElementById('answer-a').disabled")


def test_a_round_by_the_keyboard(page: BrowserPage, folder: Path) -> None:
    for number in range(1, ROUND + 1):
        assert page.text("heading") == f"Question {number} of {ROUND}"
        assert page.text("sentence") in [item.text for item in ITEMS]
        page.press("1")  # not heard yet: no answer
        assert page.text("status") == "Listen to A, B, X first."
        listen(page, "abx")
        page.press(" ")
        assert page.text("status") == "Stopped"
        page.press("12"[number % 2])
    page.until("!document.getElementById('finished').hidden")
    assert page.value("document.activeElement.id") == "finished-heading"
    seen = page.value("document.body.innerText")
    assert not [name for name in ("streaming", "one-shot", "old cut") if name in seen]
    page.click("show")
    shown = page.text("tally")
    assert "streaming" in shown and "old cut" in shown and "3 of 35" in shown
    page.click("again")
    assert page.text("heading") == f"Question 1 of {ROUND}, round 2"
    assert not page.complaints
    assert all(url.startswith(folder.as_uri()) for url in page.requests if url != "about:blank")


def test_answers_are_kept(page: BrowserPage, folder: Path) -> None:
    page.click("preference")
    assert page.value("document.getElementById('play-x').hidden")
    listen(page, "ab")
    page.press("2")
    page.open(folder / "index.html")
    assert "“Which is better?”: 1." in page.text("count")
    page.click("preference")
    assert page.text("heading") == f"Question 2 of {ROUND}"
    assert page.value("document.getElementById('unkept').hidden")


def test_the_exported_file_is_counted(page: BrowserPage, tmp_path: Path) -> None:
    page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    for _ in range(2):
        listen(page, "abx")
        page.press("1")
    page.click("export")
    end = monotonic() + PATIENCE
    while not (files := list(tmp_path.glob("answers-*.json"))):
        assert monotonic() < end, page.complaints
        sleep(0.02)
    assert sum(row.n for row in tally(read_answers(files))) == 2


def test_the_policy_stops_what_is_not_the_pages_own(page: BrowserPage) -> None:
    page.value("document.body.append(Object.assign(new Image(), {src: 'picture.png'}))")
    script = "Object.assign(document.createElement('script'), {text: 'stolen = 1'})"
    page.value(f"document.head.append({script})")
    assert page.value("typeof stolen") == "undefined"
    assert len([told for told in page.complaints if "Content Security Policy" in told]) == 2


@pytest.mark.parametrize("width", [320, 1000])
def test_nothing_is_wider_than_the_screen(page: BrowserPage, tmp_path: Path, width: int) -> None:
    page.screenshot(tmp_path / "page.png", width, 700, dark=width > 320)
    assert page.value("document.documentElement.scrollWidth") <= width
