"""What the page says was heard, against a recording of the sound that Chromium made.

Chromium plays to a PulseAudio of the test's own, whose null sink is recorded.
"""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter_ns, sleep

import numpy as np
import pytest

from asking import http
from browser import PATIENCE, BrowserPage, browser_page, needs_browser
from fakes import Running, eventually, fake_engine, serving
from onset.audio.onset_detection import OnsetDetector
from onset.config import load_settings
from onset.protocol.http_api import HEARD_PATH, PlaybackReport
from sound_server import Recording, SoundServer, missing, recording, sound_server

pytestmark = [
    needs_browser,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]

CLICKS = 20
"""Besides a first one, which opens the device: on a busy machine that one tells its time wrong."""

WITHIN = 20.0
"""Milliseconds between what the page says and what was recorded."""

RATE = 48_000
"""What Chromium opens its device with, so that nothing is resampled on the way."""

NOTE_THE_REQUEST = """
(() => {
  const ask = window.fetch;
  window.fetch = (path, ...more) => {
    if (path === '/v1/audio/speech') window.askedAt = performance.now();
    return ask(path, ...more);
  };
})()
"""


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    with sound_server(tmp_path_factory.mktemp("pulse"), RATE) as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    quiet = load_settings({}, port=0, drain_timeout=0, history=False)
    with serving(lambda: fake_engine(0.01), quiet) as running:
        yield running


def page_clock(page: BrowserPage) -> float:
    """Nanoseconds of `perf_counter_ns` when the page's clock was 0, by the quickest of 30 looks."""
    looks: list[tuple[int, float]] = []
    for _ in range(30):
        before = perf_counter_ns()
        at = page.value("performance.now()")
        after = perf_counter_ns()
        looks.append((after - before, (before + after) / 2 - 1e6 * at))
    return min(looks)[1]


def recorded_onset(made: Recording, begin: int) -> int:
    """When what is recorded from that sample on became audible, `perf_counter_ns`.

    Waits until that is over: on a busy machine a recorder is late, and what it still has of one
    click would be taken for the next.
    """
    detector, at = OnsetDetector(RATE), begin
    end = monotonic() + PATIENCE
    while detector.sample is None or at - begin - detector.sample < RATE or heard_lately(made):
        assert monotonic() < end, "nothing was recorded, or it does not end"
        sleep(0.05)
        new = made.samples[at:]
        detector.feed(new.tobytes())
        at += len(new)
    return made.time_of(begin + detector.sample)


def heard_lately(made: Recording) -> bool:
    """Whether the newest half second has any sound."""
    return bool(np.any(made.samples[-RATE // 2 :]))


def click(page: BrowserPage, server: Running) -> tuple[float, PlaybackReport]:
    """Speak once; when it was asked for, on the page's clock, and what the page told of it."""
    before = reports(server)
    page.value("document.getElementById('said').textContent = ''")
    page.press_button("say")
    # Not while it plays: to be asked all the time would hold up server and sound.
    page.until("document.getElementById('said').textContent.startsWith('Spoken: ')")
    eventually(lambda: len(reports(server)) > len(before), PATIENCE)
    return float(page.value("window.askedAt")), reports(server)[-1]


def reports(server: Running) -> list[PlaybackReport]:
    told = http.get(server.url + HEARD_PATH, timeout=PATIENCE).json()["heard"]
    return [PlaybackReport.model_validate(one) for one in told]


def test_the_page_says_when_sound_was_heard(
    server: Running, sink: SoundServer, tmp_path: Path
) -> None:
    with (
        browser_page(tmp_path, sink.environment) as page,
        recording(sink) as made,
    ):
        page.visit(server.url + "/")
        page.until("document.getElementById('connection').textContent === 'Live.'")
        page.value(NOTE_THE_REQUEST)
        page.value("document.getElementById('text').value = 'One two three.'")
        errors = []
        for _ in range(1 + CLICKS):
            sleep(0.3)
            begin = len(made.samples)
            asked, report = click(page, server)
            said = page_clock(page) + 1e6 * (asked + report.heard_ms)
            errors.append((said - recorded_onset(made, begin)) / 1e6)
            whole, parts = (
                int(word) for word in page.text("waterfall-caption").split() if word.isdecimal()
            )
            assert abs(whole - parts) <= 5
        print("said minus recorded, ms:", " ".join(f"{error:.1f}" for error in errors))
        assert max(map(abs, errors[1:])) <= WITHIN, errors
        assert abs(median(errors[1:])) <= WITHIN / 2
