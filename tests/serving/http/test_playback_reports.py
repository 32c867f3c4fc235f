"""What the daemon tells a server of ours, and what that tells of it."""

import json
from functools import partial
from typing import Any

import httpx
import pytest

from fakes import eventually, fake_engine, serving
from onset.errors import Busy
from onset.monitoring.alerts.alert_rules import Situation, alert_rules
from onset.protocol.http_api import (
    DECODE,
    HEARD_PATH,
    PLAYED_PATH,
    PlaybackEndList,
    PlaybackReport,
    PlaybackReportList,
)
from onset.protocol.performance_api import TTFA_PATH
from onset.protocol.playback_bodies import Say
from onset.serving.http import playback_reports
from onset.serving.http.playback_reports import KEPT_REPORTS, MOST_REPORTS, ReportLimit
from playback_fakes import playback
from scripted_server import Finish, Head, ScriptedServer, Sound, Wait, answer, scripted, tone

PLAYED = {
    "reporter": "browser", "outcome": "complete", "audible": True, "played_s": 2.5, "stalls": 1,
    "stalled_ms": 120, "concealed_ms": 118, "latency_ms": 30,
}  # fmt: skip
HEARD = {"audible": True, "first_ms": 60, "taken_ms": 80, "heard_ms": 100, "latency_ms": 20}


def ends_at(url: str) -> PlaybackEndList:
    return PlaybackEndList.model_validate(httpx.get(url + PLAYED_PATH).raise_for_status().json())


def told_ends(server: ScriptedServer) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in server.heard if b"outcome" in one.body]


def reports_at(url: str) -> PlaybackReportList:
    return PlaybackReportList.model_validate(httpx.get(url + HEARD_PATH).raise_for_status().json())


def test_the_server_is_told_when_its_answer_was_heard_at_the_device() -> None:
    with serving(lambda: fake_engine(0.001)) as server, playback() as at:
        assert reports_at(server.url).median_heard_ms is None
        at.client.say(Say(text="One two three.", url=server.url)).wait()
        eventually(lambda: reports_at(server.url).count == 1, 10)
        (started,) = at.told("started")
        reports = reports_at(server.url)
    (report,) = reports.heard
    assert report.heard_ms == started["heard_ms"] == reports.median_heard_ms
    assert report.latency_ms == started["latency_ms"] and report.audible is not None
    assert report.request and report.device == "null"


def test_the_server_is_told_what_became_of_its_answer() -> None:
    with serving(lambda: fake_engine(0.001)) as server, playback() as at:
        assert ends_at(server.url).reporters["daemon"].played_s is None, "nobody told"
        said = at.client.say(Say(text="One two three.", url=server.url)).wait()
        eventually(lambda: ends_at(server.url).count == 1, 10)
        ends = ends_at(server.url)
        (started,) = reports_at(server.url).heard
    (end,) = ends.played
    assert (end.reporter, end.outcome, end.stalls) == ("daemon", "complete", said["stalls"])
    assert end.stalled_ms == pytest.approx(1e3 * said["stalled_s"], abs=0.1)
    assert end.played_s == pytest.approx(said["seconds"], abs=0.05) and not end.audible
    assert end.latency_ms is not None and end.xruns == 0
    assert end.request == started.request
    assert started.network_ms is not None and 0 <= started.network_ms < started.first_ms
    assert ends.reporters["daemon"].played_s == end.played_s
    assert ends.reporters["browser"].n == 0


def test_a_stall_and_a_stop_are_told() -> None:
    ours = Head(headers=((DECODE, "streaming"),))
    halting = (ours, Sound(tone(0.3)), Wait(0.5), Sound(tone(4.0)), Wait(3))
    noted = (Head(), Finish())
    with scripted(halting, noted, noted) as server, playback() as at:
        stream = at.client.say(Say(text="One.", url=server.url))
        at.until("recovered")
        stream.stop()
        eventually(lambda: len(told_ends(server)) == 1, 10)
        (told,) = told_ends(server)
    assert told["outcome"] == "stopped" and told["stalls"] == 1
    assert 100 < told["stalled_ms"] < 600
    assert told["concealed_ms"] == pytest.approx(told["stalled_ms"], abs=100)
    assert 0.25 <= told["played_s"] < 1.0


def test_an_answer_that_breaks_off_is_told_as_failed() -> None:
    ours = Head(headers=((DECODE, "streaming"),))
    noted = (Head(), Finish())
    with scripted((ours, Sound(tone(0.3))), noted, noted) as server, playback() as at:
        at.client.say(Say(text="One.", url=server.url)).wait()
        eventually(lambda: len(told_ends(server)) == 1, 10)
        (told,) = told_ends(server)
    assert told["outcome"] == "failed" and told["played_s"] == pytest.approx(0.3, abs=0.05)


def test_only_servers_of_ours_are_told_and_one_that_does_not_listen_is_no_fault() -> None:
    ours = Head(headers=((DECODE, "streaming"),))
    missing = (Head("404 Not Found"), Finish())
    with (
        scripted(answer(tone(0.2)), (ours, Sound(tone(0.2)), Finish()), missing, missing) as server,
        playback() as at,
    ):
        at.client.say(Say(text="One.", url=server.url)).wait()
        at.client.say(Say(text="Two.", url=server.url)).wait()
        eventually(lambda: len(server.heard) == 4, 10)
        assert not at.told("failed")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        (HEARD | {"heard_ms": "soon"}, 400),
        (HEARD | {"request": "x" * 201}, 400),
        (HEARD | {"heard_ms": -1}, 400),
        (HEARD | {"latency_ms": 1e12}, 400),
        (HEARD | {"reporter": "radio"}, 400),
        (HEARD | {"request": None, "more": 1}, 200),
    ],
)
def test_what_cannot_be_is_refused(body: dict[str, object], status: int) -> None:
    with serving(fake_engine) as server:
        assert httpx.post(server.url + HEARD_PATH, json=body).status_code == status


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"played_s": -0.1}, 400),
        ({"played_s": 1e9}, 400),
        ({"stalls": 10**9}, 400),
        ({"stalls": 0.5}, 400),
        ({"outcome": "loved"}, 400),
        ({"reporter": None}, 400),
        ({"stalled_ms": None, "xruns": None, "latency_ms": None}, 200),
    ],
)
def test_an_end_that_cannot_be_is_refused(change: dict[str, object], status: int) -> None:
    with serving(fake_engine) as server:
        assert httpx.post(server.url + PLAYED_PATH, json=PLAYED | change).status_code == status


def test_reporters_are_shown_apart_and_what_they_do_not_know_is_missing() -> None:
    with serving(fake_engine) as server, httpx.Client(base_url=server.url) as client:
        client.post(HEARD_PATH, json=HEARD | {"reporter": "browser", "network_ms": 5})
        client.post(HEARD_PATH, json=HEARD | {"heard_ms": 200, "onset_ms": 70})
        client.post(PLAYED_PATH, json=PLAYED)
        snapshot = client.get(TTFA_PATH).json()
        counted = client.get("/metrics").text
    browser, daemon = (snapshot["heard"]["reporters"][name] for name in ("browser", "daemon"))
    assert (browser["heard_ms"], daemon["heard_ms"]) == (100, 200)
    assert (browser["network_ms"], daemon["network_ms"]) == (5, None)
    assert (browser["playback_ms"], daemon["playback_ms"]) == (40, 130)
    assert browser["played"]["stalled_ms"] == 120 and daemon["played"]["stalls"] is None
    assert snapshot["pipeline"]["playback_ms"] == 130, "of the player that told last"
    assert 'onset_heard_seconds_count{reporter="daemon"} 1.0' in counted
    assert 'onset_playback_stalls_total{reporter="browser"} 1.0' in counted
    assert 'onset_playback_xruns_total{reporter="browser"}' not in counted


def test_a_flood_of_reports_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    limit = ReportLimit(lambda: now[0])
    for _ in range(MOST_REPORTS):
        limit.check()
    with pytest.raises(Busy):
        limit.check()
    now[0] = 1.0
    limit.check()
    # However long the machine takes for them, they come within a second.
    monkeypatch.setattr(playback_reports, "ReportLimit", partial(ReportLimit, lambda: 0.0))
    with serving(fake_engine) as server, httpx.Client(base_url=server.url) as client:
        codes = [client.post(PLAYED_PATH, json=PLAYED).status_code for _ in range(MOST_REPORTS + 1)]
    assert codes == [200] * MOST_REPORTS + [429]


def test_what_players_tell_pages_nobody() -> None:
    absurd = PlaybackReport.model_validate(HEARD | {"heard_ms": 60_000})
    situation = Situation(now=0.0, reports=[absurd] * KEPT_REPORTS)
    firing = [rule for rule in alert_rules() if rule.judge(situation).fires]
    assert firing, "they are looked at"
    assert {rule.severity for rule in firing} == {"ticket"}


def test_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playback_reports, "MOST_REPORTS", 10**6)
    with serving(fake_engine) as server, httpx.Client(base_url=server.url) as client:
        for number in range(KEPT_REPORTS + 5):
            client.post(HEARD_PATH, json=HEARD | {"request": str(number)})
        reports = reports_at(server.url)
    assert reports.count == KEPT_REPORTS
    assert reports.heard[-1].request == str(KEPT_REPORTS + 4)
    assert reports.median_after_ms == 40
