"""What the daemon tells a server of ours, and what that tells of it."""

import httpx
import pytest

from fakes import eventually, fake_engine, serving
from onset.protocol.http_api import DECODE, HEARD_PATH, PlaybackReportList
from onset.protocol.playback_frames import Say
from onset.serving.http.performance import KEPT_REPORTS
from playback_fakes import playback
from scripted_server import Finish, Head, Sound, answer, scripted, tone

HEARD = {"audible": True, "first_ms": 60, "taken_ms": 80, "heard_ms": 100, "latency_ms": 20}


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


def test_only_servers_of_ours_are_told_and_one_that_does_not_listen_is_no_fault() -> None:
    ours = Head(headers=((DECODE, "streaming"),))
    missing = (Head("404 Not Found"), Finish())
    with (
        scripted(answer(tone(0.2)), (ours, Sound(tone(0.2)), Finish()), missing) as server,
        playback() as at,
    ):
        at.client.say(Say(text="One.", url=server.url)).wait()
        at.client.say(Say(text="Two.", url=server.url)).wait()
        eventually(lambda: len(server.heard) == 3, 10)
        assert not at.told("failed")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        (HEARD | {"heard_ms": "soon"}, 400),
        (HEARD | {"request": "x" * 201}, 400),
        (HEARD | {"request": None, "more": 1}, 200),
    ],
)
def test_what_cannot_be_is_refused(body: dict[str, object], status: int) -> None:
    with serving(fake_engine) as server:
        assert httpx.post(server.url + HEARD_PATH, json=body).status_code == status


def test_the_newest_are_kept() -> None:
    with serving(fake_engine) as server, httpx.Client(base_url=server.url) as client:
        for number in range(KEPT_REPORTS + 5):
            client.post(HEARD_PATH, json=HEARD | {"request": str(number)})
        reports = reports_at(server.url)
    assert reports.count == KEPT_REPORTS
    assert reports.heard[-1].request == str(KEPT_REPORTS + 4)
    assert reports.median_after_ms == 40
