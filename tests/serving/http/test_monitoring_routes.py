"""Figures over HTTP: they agree with what was asked, and quote nobody."""

import json
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from asking import TEXT, ask, http
from fakes import Running, eventually, fake_engine, serving
from onset.config import Settings, load_settings
from onset.protocol.http_api import METRICS_PATH, PURPOSE, REQUEST_ID, SPEECH_PATH, STREAM_PATH

QUIET = load_settings({}, port=0, drain_timeout=0)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a page to grow old."""
    monkeypatch.setattr("onset.monitoring.meters.FRESH", 0.0)


@pytest.fixture
def server() -> Iterator[Running]:
    with serving(lambda: fake_engine(0.001), QUIET) as running:
        yield running


def samples(server: Running) -> dict[str, float]:
    """Every sample of /metrics by its name and labels."""
    page = http.get(server.url + METRICS_PATH).raise_for_status().text
    return {
        f"{s.name}{json.dumps(s.labels, sort_keys=True)}": s.value
        for family in text_string_to_metric_families(page)
        for s in family.samples
    }


def sample(server: Running, name: str, **labels: str) -> float | None:
    return samples(server).get(f"onset_{name}{json.dumps(labels, sort_keys=True)}")


def test_what_was_asked_is_counted(server: Running) -> None:
    for _ in range(3):
        ask(server)
    ask(server, input="")
    spoken = {"outcome": "spoken", "traffic": "http"}
    eventually(lambda: sample(server, "answers_total", **spoken) == 3)
    eventually(lambda: sample(server, "refusals_total", reason="invalid") == 1)
    route = {"route": SPEECH_PATH, "method": "POST"}
    assert sample(server, "http_requests_total", code="200", **route) == 3
    assert sample(server, "http_requests_total", code="400", **route) == 1
    assert sample(server, "streams") == 0 and sample(server, "pace_ratio") == 1
    assert sample(server, "build_info", model="kokoro", version="0.1.0") == 1


def test_the_event_loop_is_looked_at(server: Running) -> None:
    eventually(lambda: (sample(server, "event_loop_lag_seconds_count") or 0) > 0)


def test_metrics_need_a_key_where_speech_does() -> None:
    guarded = load_settings({}, port=0, drain_timeout=0, api_key="secret")
    with serving(fake_engine, guarded) as server:
        assert http.get(server.url + METRICS_PATH).status_code == 401
        allowed = http.get(server.url + METRICS_PATH, headers={"Authorization": "Bearer secret"})
        assert allowed.status_code == 200
        assert allowed.headers["content-type"].startswith("text/plain; version=0.0.4")


CANARY = "zebra"


def tell_canary(server: Running) -> None:
    """Send a word in every place where a client can put one."""
    url, body = server.url, {"input": f"{CANARY} one two.", "response_format": "pcm"}
    headers = {REQUEST_ID: CANARY, "User-Agent": CANARY, "Referer": f"http://{CANARY}/"}
    http.post(url + SPEECH_PATH, json=body, headers=headers)
    for wrong in ({"voice": CANARY}, {"lang": CANARY}, {"model": CANARY}, {"input": CANARY * 999}):
        http.post(url + SPEECH_PATH, json=body | wrong, headers=headers)
    http.post(url + SPEECH_PATH, json=body, headers={PURPOSE: CANARY})
    http.post(url + SPEECH_PATH, content=CANARY, headers=headers)
    http.get(f"{url}/{CANARY}?{CANARY}={CANARY}", headers=headers)
    http.request(CANARY.upper(), f"{url}/v1/models/{CANARY}")
    report = {"audible": True, "first_ms": 6, "taken_ms": 8, "heard_ms": 10, "latency_ms": 2}
    named = {"request": CANARY, "device": CANARY}
    http.post(url + "/performance/heard", json=report | named, headers=headers)
    with connect(url.replace("http", "ws") + STREAM_PATH, proxy=None) as client:
        client.send(json.dumps({"type": "speech.start", "id": CANARY}))
        client.send(json.dumps({"type": "text.delta", "delta": f"{TEXT} {CANARY}."}))
        client.send('{"type": "text.done"}')
        while "speech.done" not in str(client.recv(timeout=20)):
            pass


def test_no_word_of_a_client_is_in_the_metrics() -> None:
    small: Settings = load_settings({}, port=0, drain_timeout=0, max_characters=400)
    with serving(lambda: fake_engine(settings=small), small) as server:
        tell_canary(server)
        spoken = {"outcome": "spoken", "traffic": "incremental"}
        eventually(lambda: sample(server, "answers_total", **spoken) == 1)
        page = http.get(server.url + METRICS_PATH).text
    assert CANARY not in page.lower() and 'code="404"' in page
