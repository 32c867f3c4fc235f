"""Panels say what was measured, and say so where nothing was; nothing in them can act."""

import asyncio
import json
import re
from importlib.resources import files
from time import time
from typing import Any

import pytest

from answers import record
from asking import ask, http
from fakes import Running, eventually, fake_engine, serving
from onset.config import load_settings
from onset.monitoring.answer_record import AnswerRecord, StreamOutcome
from onset.monitoring.live_window import LiveWindow
from onset.monitoring.probe.probe_watch import ProbeWatch
from onset.monitoring.server_state import ProcessWatch, ServerState
from onset.monitoring.snapshots import SnapshotSource
from onset.protocol.performance_api import LIVE_PATH, AlertStatus, FollowedAdvice, LiveAdvice
from onset.serving.http.dashboard.live_panels import NOTHING_NEW, PANELS, SHOWN, LivePanels
from onset.serving.http.dashboard.panel_changes import changed
from onset.serving.http.dashboard.panel_pictures import MOST_DOTS, last_hour, stages
from onset.serving.http.dashboard.panel_values import milliseconds, percent, plain

FIRING = AlertStatus(
    name="ttfa-fast", severity="page", state="firing", since=1.0, says="Many are late.",
    evidence="6 of 20 <script>", check="onset bench ttfa",
)  # fmt: skip
FOLLOWED = FollowedAdvice(
    rule="queue", suggestion="Take fewer.", check="onset bench x", since=1.0, was="61 %",
    now="8 %", gone_at=None,
)  # fmt: skip
ADVICE = LiveAdvice(rule="queue", evidence="61 %", suggestion="Take fewer.", check="onset bench x")


def source(
    window: LiveWindow,
    alerts: tuple[AlertStatus, ...] = (),
    advice: tuple[LiveAdvice, ...] = (),
    followed: tuple[FollowedAdvice, ...] = (),
) -> LivePanels:
    snapshots = SnapshotSource(
        window,
        lambda: ServerState(ready=True),
        ProcessWatch(),
        lambda: list(alerts),
        lambda _: (list(advice), list(followed)),
        ProbeWatch(0).status,
    )
    return LivePanels(snapshots, window)


def spoken(ms: float, ago: float = 1.0, **fields: Any) -> AnswerRecord:
    parts = {"queue": 0.1 * ms / 1e3, "front": 0.9 * ms / 1e3}
    return record(at=time() - ago, ttfa=ms / 1e3, stages=parts, **fields)


def panels(window: LiveWindow, **more: Any) -> dict[str, str]:
    return dict(asyncio.run(source(window, **more).panels()))


def test_without_an_answer_nothing_was_measured() -> None:
    shown = panels(LiveWindow())
    assert list(shown) == list(PANELS)
    assert shown["first_sound"].count('<span class="unknown">not measured</span>') == 6
    assert shown["flow"].count("not measured") == 4
    assert "<svg" not in shown["last_hour"] + shown["stages"]
    assert "No answer yet" in shown["answers"]
    answers = shown["first_sound"] + shown["flow"]
    assert ">0" not in answers, "null is never shown as 0"


def test_answers_are_shown_as_they_were() -> None:
    window = LiveWindow()
    for ms in range(100, 300, 10):
        window.add(spoken(ms))
    shown = panels(window)
    assert ">290 ms " in shown["first_sound"] and "100 % of 20" in shown["first_sound"]
    assert shown["last_hour"].count("<circle") == 20
    assert "promised 800 ms" in shown["last_hour"]
    assert "queue" in shown["stages"] and "As a table" in shown["stages"]
    assert shown["stages"].count("<rect") >= 4 and "network" in shown["stages"]
    assert shown["answers"].count("<tr>") == 21


def test_alerts_and_advice_come_with_evidence_and_check() -> None:
    shown = panels(LiveWindow(), alerts=(FIRING,), advice=(ADVICE,), followed=(FOLLOWED,))
    assert 'href="#heading-alerts">ttfa-fast<' in shown["firing"]
    assert "6 of 20 &lt;script&gt;" in shown["alerts"] and "<script" not in shown["alerts"]
    assert "<code>onset bench ttfa</code>" in shown["alerts"]
    assert "Take fewer." in shown["advice"] and "<code>onset bench x</code>" in shown["advice"]
    assert "61 % then, 8 % now. Still advised." in shown["advice"]
    assert "No alert fires" in panels(LiveWindow())["firing"]


def test_only_what_changed_is_sent_and_each_viewer_is_sent_all_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = LiveWindow()
    made = source(window)
    now = [0.0]
    made.snapshots.clock = lambda: now[0]

    for _ in range(60):
        window.add(spoken(110))

    async def watch() -> None:
        view = made.viewer()
        whole = _panels(first := await view())
        assert list(whole) == list(PANELS)
        assert await view() == NOTHING_NEW
        window.add(spoken(120))
        assert await view() == NOTHING_NEW, "not before it is due"
        now[0] += 1
        new = _panels(second := await view())
        assert {"first_sound", "last_hour", "answers"} <= set(new)
        assert not {"alerts", "firing", "advice"} & set(new)
        assert len(second) < 3000 < 20_000 < len(first), "a row and a dot, not the table"
        panels = await made.panels()
        for name, change in new.items():
            assert not isinstance(change, str), "a viewer who saw the last one gets the change"
            assert changed(whole[name], change) == panels[name]
        assert _panels(await made.viewer()()) == panels, "a new one gets all"
        slow = made.viewer()
        await slow()
        for _ in range(2):
            window.add(spoken(130))
            now[0] += 1
            await made.panels()
        late = _panels(await slow())
        assert late["answers"] == (await made.panels())["answers"], "who missed one gets it whole"

    asyncio.run(watch())


def _panels(event: bytes) -> dict[str, Any]:
    assert event.startswith(b"data: ") and event.endswith(b"\n\n") and event.count(b"\n") == 2
    found: dict[str, Any] = json.loads(event[6:])
    return found


def test_the_picture_of_the_hour_has_all_that_was_judged_and_stays_small() -> None:
    now = time()
    failed = record(at=now, outcome=StreamOutcome.FAILED, ttfa=None)
    many = [spoken(900 if i % 2 else 90) for i in range(MOST_DOTS)]
    figure = last_hour([spoken(100, ago=2 * 3600), *many, failed], now)
    assert figure is not None
    assert figure.svg.count("<circle") == MOST_DOTS - 1 and figure.svg.count('"failed"') == 2
    assert "1 failed" in figure.caption and "1 earlier" in figure.caption
    assert len(figure.svg) < 40_000
    assert last_hour([spoken(100, ago=2 * 3600)], now) is None


def test_stages_are_those_of_single_answers() -> None:
    assert stages([]) is None
    one = stages([spoken(100)])
    assert one is not None and "p50 answer" in one.svg and "p95 answer" not in one.svg
    both = stages([spoken(ms) for ms in range(100, 300, 10)])
    assert both is not None and "p95 answer" in both.svg
    assert "p50: queue 19 ms, front 171 ms; p95: queue 28 ms, front 252 ms" in both.svg


def test_values_are_never_0_for_what_was_not_measured() -> None:
    assert milliseconds(None) == percent(None) == plain(None) == "not measured"
    assert (milliseconds(0.04), milliseconds(1234.5)) == ("0.0 ms", "1,234 ms")
    assert (percent(1.0), percent(0.9999), percent(0.0)) == ("100 %", "99.9 %", "0.0 %")
    assert (plain(0.25), plain(2.0), plain(0), plain(True)) == ("0.25", "2", "0", "yes")


def test_the_stream_has_panels_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onset.monitoring.snapshots.FRESH", 0.0)
    monkeypatch.setattr("onset.monitoring.live_streams.TICK", 0.05)
    quiet = load_settings({}, port=0, drain_timeout=0, history=False)
    with serving(lambda: fake_engine(0.001), quiet) as server:
        first = events(server, 1)[0]
        assert list(first) == list(PANELS) and "No answer yet" in first["answers"]
        ask(server)
        eventually(lambda: "spoken" in events(server, 1)[0]["answers"])
        wrong = http.get(f"{server.url}{LIVE_PATH}?as=picture")
        assert wrong.status_code == 400 and "panels" in wrong.text


def events(server: Running, count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    with http.stream("GET", f"{server.url}{LIVE_PATH}?as=panels") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
            if len(found) == count:
                break
    return found


def test_plans_are_told_and_fast_answers_are_in_no_other_figure() -> None:
    window = LiveWindow()
    assert "Plans that listeners got: <span" in panels(window)["first_sound"]
    for ms, plan in ((180, "balanced"), (20, "fast"), (20, "fast")):
        window.add(spoken(ms, plan=plan))
    first, answers = panels(window)["first_sound"], panels(window)["answers"]
    assert "Plans that listeners got: fast 2, median 20 ms, balanced 1." in first
    assert "180 ms" in first and "http-fast 2, median 20 ms" in first
    assert answers.count("<td>fast</td>") == 2 and answers.count("<td>balanced</td>") == 1


def test_what_each_panel_shows_is_what_its_template_asks_for() -> None:
    source = files("onset.serving.http.dashboard").joinpath("panels.html.jinja").read_text()
    for name, body in re.findall(r"{% macro (\w+)\(\) %}(.*?){% endmacro %}", source, re.DOTALL):
        assert set(SHOWN[name]) == set(re.findall(r"\bshown\.(\w+)", body)), name


def test_panels_that_are_kept_are_those_that_would_be_drawn() -> None:
    window, now = LiveWindow(), [0.0]
    made = source(window)
    made.snapshots.clock = lambda: now[0]
    for ms in (100, 120, 900):
        window.add(spoken(ms))
        now[0] += 1
        kept = asyncio.run(made.panels())
        anew = LivePanels(made.snapshots, window)
        assert asyncio.run(anew.panels()) == kept
