"""The page in a terminal: every figure, at every size, and what was not measured says so."""

from io import StringIO

import pytest
from rich.console import Console

from answers import record
from onset.cli.observation.terminal_page import FEWEST_ANSWERS, terminal_page, unreachable
from onset.monitoring.live_window import LiveWindow
from onset.monitoring.probe.probe_watch import ProbeWatch
from onset.monitoring.server_state import ProcessWatch, ServerState
from onset.monitoring.snapshots import SnapshotSource
from onset.protocol.performance_api import (
    AlertStatus,
    FollowedAdvice,
    LiveAdvice,
    PerformanceSnapshot,
)

FIRING = AlertStatus(
    name="ttfa-fast", severity="page", state="firing", since=1.0, says="Many are late.",
    evidence="7 of the last 20", check="onset bench ttfa",
)  # fmt: skip
ADVICE = LiveAdvice(rule="queue", evidence="61 %", suggestion="Take fewer.", check="onset bench x")

FOLLOWED = FollowedAdvice(
    rule="device", suggestion="A wire.", check="onset say --timing", since=1.0, was="140 ms",
    now="30 ms", gone_at=9.0,
)  # fmt: skip


def snapshot(answers: int = 0, known: bool = True) -> PerformanceSnapshot:
    window = LiveWindow(lambda: record().at)
    for number in range(answers):
        window.add(record(ttfa=0.15 + number / 1e3))
    return SnapshotSource(
        window,
        lambda: ServerState(ready=known, listeners=3 if known else None, pace=0.25),
        ProcessWatch(),
        lambda: [FIRING] if answers else [],
        lambda _: ([ADVICE], [FOLLOWED]) if answers else ([], []),
        ProbeWatch(0).status,
    ).snapshot()


def test_what_listeners_got_is_told_and_fast_answers_apart() -> None:
    window = LiveWindow(lambda: record().at)
    for plan in ("balanced", "balanced", *["fast"] * 20):
        window.add(record(plan=plan, ttfa=0.02 if plan == "fast" else 0.18))
    page = SnapshotSource(
        window, ServerState, ProcessWatch(), list, lambda _: ([], []), ProbeWatch(0).status
    ).snapshot()
    text = "\n".join(shown(page))
    assert "fast 20, balanced 2, fast in 20 ms" in text and "median 180 ms" in " ".join(
        text.split()
    )


def shown(page: PerformanceSnapshot, width: int = 120, height: int | None = 50) -> list[str]:
    console = Console(width=width, no_color=True, record=True, file=StringIO())
    console.print(terminal_page(page, width, height))
    return console.export_text().splitlines()


def test_all_that_the_page_shows_is_there() -> None:
    text = "\n".join(shown(snapshot(40)))
    for words in ("pace 0.25", "0 of 3 listeners", "189 ms", "100.0%", "ttfa-fast", "Take fewer."):
        assert words in text, words
    for words in ("onset bench ttfa", "7 of the last 20", "front 30", "step 60", "af_heart"):
        assert words in text, words
    assert "device: 140 ms -> 30 ms, advised 1970-01-01" in text
    assert "off: ONSET_PROBE_INTERVAL is 0" in text


def test_what_was_not_measured_says_so() -> None:
    text = "\n".join(shown(snapshot(0, known=False)))
    assert text.count("not measured") >= 12 and "No answer yet" in text
    assert "not ready" in text and "0 of unknown listeners" in text
    assert " 0 ms" not in text


@pytest.mark.parametrize(("width", "height"), [(60, 24), (80, 24), (100, 30), (160, 60), (220, 80)])
def test_it_fits_every_terminal(width: int, height: int) -> None:
    lines = shown(snapshot(50), width, height)
    assert max(map(len, lines)) <= width and len(lines) <= height
    rows = sum("spoken" in line for line in lines)
    assert rows >= FEWEST_ANSWERS and (rows > 10) == (height >= 40)
    text = "\n".join(lines)
    assert "ttfa-fast" in text and "First sound" in text, "what is urgent is always there"
    assert text.count("\u256d") == text.count("\u256f"), "no panel is cut in two"


def test_a_server_that_is_gone_is_told_above_what_was_known() -> None:
    console = Console(width=100, no_color=True, record=True, file=StringIO())
    console.print(unreachable("It does not answer.", snapshot(20), 100, 50))
    console.print(unreachable("It does not answer.", None, 100, 50))
    text = console.export_text()
    assert text.startswith("It does not answer. Trying again.") and "First sound" in text
