"""Figures over HTTP: they agree with what was asked, and quote nobody."""

import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from asking import TEXT, ask, error_of, http
from fakes import Running, eventually, fake_engine, serving
from onset.config import Settings, load_settings
from onset.monitoring.alerts import alert_rules
from onset.monitoring.history.history_store import FILE
from onset.monitoring.live_streams import MOST_VIEWERS
from onset.monitoring.metrics.metric_table import OUTCOMES
from onset.protocol.http_api import METRICS_PATH, PURPOSE, REQUEST_ID, SPEECH_PATH, STREAM_PATH
from onset.protocol.performance_api import (
    HISTORY_PATH,
    LIVE_PATH,
    TTFA_PATH,
    PerformanceHistory,
    PerformanceSnapshot,
)
from onset.serving.http.middleware.request_log import QUIET_PATHS
from onset.serving.speech_log import start_logging
from webhook_receiver import receiver

QUIET = load_settings({}, port=0, drain_timeout=0)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a page to grow old."""
    monkeypatch.setattr("onset.monitoring.metrics.meters.FRESH", 0.0)
    monkeypatch.setattr("onset.monitoring.snapshots.FRESH", 0.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Running]:
    # The process of the tests may hold the real model, and their history may have servers that
    # were faster: each is an alert of its own.
    monkeypatch.setitem(alert_rules.FIGURES, "resident_bytes", lambda situation: 0.0)
    alone = QUIET.model_copy(update={"cache_dir": tmp_path})
    with serving(lambda: fake_engine(0.001), alone) as running:
        yield running


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer is later than promised, which is soon known, and the only alert."""
    monkeypatch.setattr("onset.monitoring.server_monitor.TICK", 0.02)
    monkeypatch.setattr("onset.monitoring.live_streams.TICK", 0.02)
    monkeypatch.setattr("onset.monitoring.history.history_writer.BATCH_SECONDS", 0.02)
    monkeypatch.setattr("onset.monitoring.answer_record.TARGET", 1e-9)
    # The process of the tests may hold the real model, which is another alert.
    monkeypatch.setitem(alert_rules.FIGURES, "resident_bytes", lambda situation: 0.0)


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
    assert sample(server, "streams") == 0 and sample(server, "pace_ratio", kind="loaded") == 1
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


def test_no_word_of_a_client_is_in_what_watches_the_server(
    tmp_path: Path, late: None, log_output: io.StringIO
) -> None:
    with receiver() as (url, received):
        small = keeping(tmp_path, max_characters=400, alert_url=url)
        start_logging(small, log_output)
        with serving(lambda: fake_engine(settings=small), small) as server:
            tell_canary(server)
            spoken = {"outcome": "spoken", "traffic": "incremental"}
            eventually(lambda: sample(server, "answers_total", **spoken) == 1)
            for _ in range(13):
                ask(server, input=f"{CANARY}.")
            eventually(lambda: bool(received))
            told = {
                "metrics": http.get(server.url + METRICS_PATH).text,
                "snapshot": http.get(server.url + TTFA_PATH).text,
                "figures": first_event(server, "figures"),
                "panels": first_event(server, "panels"),
                "history": http.get(server.url + HISTORY_PATH).text,
                # The id that a client gives its request is there to be found in the log.
                "log": log_output.getvalue().replace(f'"id": "{CANARY}"', ""),
                "webhook": json.dumps(received),
            }
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    told |= {file.name: file.read_bytes().decode("latin-1") for file in files}
    refused = '"outcome": "refused"'
    marks = {"metrics": 'code="404"', "snapshot": '"outcome":"refused"', "panels": "refused",
             "log": refused, "webhook": "ttfa-fast", FILE: "SQLite format 3"}  # fmt: skip
    assert {name: mark in told[name] for name, mark in marks.items()} == dict.fromkeys(marks, True)
    assert [name for name, text in told.items() if CANARY in text.lower()] == []


def first_event(server: Running, shape: str) -> str:
    with http.stream("GET", f"{server.url}{LIVE_PATH}?as={shape}") as answer:
        return next(line for line in answer.iter_lines() if line.startswith("data: "))


def snapshot(server: Running) -> PerformanceSnapshot:
    answer = http.get(server.url + TTFA_PATH).raise_for_status()
    assert answer.headers["cache-control"] == "no-store"
    return PerformanceSnapshot.model_validate_json(answer.content)


def test_a_server_that_has_not_spoken_knows_nothing_and_says_null(server: Running) -> None:
    shown = snapshot(server)
    assert shown.ready and shown.system.rss_bytes > 1e7 and shown.system.pace == 1
    ttfa = shown.ttfa.model_dump(exclude={"n", "unmeasured", "target_ms"})
    assert set(ttfa.values()) == {None, "unknown"}
    assert (shown.ttfa.n, shown.ttfa.target_ms) == (0, 800)
    assert set(shown.pipeline.values()) == {None} and "playback_ms" in shown.pipeline
    assert set(shown.flow.model_dump().values()) == {None}
    assert shown.heard.n == 0 and shown.heard.heard_ms is None
    assert not shown.recent and not shown.recommendations
    assert {alert.state for alert in shown.alerts} <= {"insufficient", "ok"}


def test_a_snapshot_tells_of_users_and_counts_others_apart(server: Running) -> None:
    for _ in range(3):
        ask(server)
    headers, body = {PURPOSE: "bench"}, {"input": TEXT}
    http.post(server.url + SPEECH_PATH, json=body, headers=headers)
    eventually(lambda: len(snapshot(server).recent) == 4)
    shown = snapshot(server)
    assert (shown.ttfa.n, shown.ttfa.achievement_rate) == (3, 1.0)
    assert shown.ttfa.current_ms is not None and 0 < shown.ttfa.current_ms < 800
    assert shown.populations["bench"].n == 1 and shown.populations["probe"].n == 0
    # On a machine that does something else too, answers do stall.
    smooth = [answer.stalls == 0 for answer in shown.recent if answer.purpose == "user"]
    assert shown.flow.smooth_ratio == sum(smooth) / 3 and shown.flow.exact_ratio == 0.0


def test_log_metrics_and_snapshot_tell_the_same(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    with serving(lambda: fake_engine(0.001), QUIET) as server:
        for n in range(20):
            ask(server, **({"input": ""} if n % 5 == 4 else {}))
        eventually(lambda: len(snapshot(server).recent) == 20)
        counts = {o: sample(server, "answers_total", outcome=o, traffic="http") for o in OUTCOMES}
        total = sample(server, "ttfa_seconds_sum", traffic="http", cold="false")
        shown = snapshot(server).recent
    lines = [json.loads(line) for line in log_output.getvalue().splitlines()]
    logged = [line for line in lines if line["event"] == "request"]
    for outcome, count in counts.items():
        assert count == [line["outcome"] for line in logged].count(outcome)
        assert count == [answer.outcome for answer in shown].count(outcome)
    told = [line["ttfa_ms"] for line in logged if line["outcome"] == "spoken"]
    assert told == [pytest.approx(a.ttfa_ms, abs=0.06) for a in shown if a.outcome == "spoken"]
    assert sum(told) / 1e3 == pytest.approx(total, abs=0.002)


def events(server: Running, count: int) -> list[PerformanceSnapshot]:
    """The first snapshots of a live stream."""
    found: list[PerformanceSnapshot] = []
    with http.stream("GET", server.url + LIVE_PATH) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                found.append(PerformanceSnapshot.model_validate_json(line[6:]))
            if len(found) == count:
                break
    return found


def test_the_live_stream_goes_on(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onset.monitoring.live_streams.TICK", 0.05)
    ask(server)
    first, _, third = events(server, 3)
    assert third.at > first.at and len(third.recent) == 1


def test_viewers_are_bounded_and_one_who_leaves_makes_room(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onset.monitoring.live_streams.TICK", 0.05)
    with ExitStack() as stack:
        answers = [
            stack.enter_context(http.stream("GET", server.url + LIVE_PATH)).iter_raw()
            for _ in range(MOST_VIEWERS)
        ]
        assert all(map(next, answers))
        refused = http.get(server.url + LIVE_PATH, timeout=5)
        assert refused.status_code == 429 and refused.headers["retry-after"] == "3"

    def free() -> bool:
        with http.stream("GET", server.url + LIVE_PATH) as answer:
            return answer.status_code == 200

    eventually(free)


def test_a_viewer_does_not_hold_up_the_end() -> None:
    with ExitStack() as stack:
        with serving(fake_engine, QUIET) as server:
            answer = stack.enter_context(http.stream("GET", server.url + LIVE_PATH))
            lines = answer.iter_lines()
            next(lines)
            begin = monotonic()
        assert monotonic() - begin < 1.0
        assert list(lines)[-1] == "", "it came to its end"


def test_what_is_watched_all_the_time_is_not_in_the_log(log_output: io.StringIO) -> None:
    start_logging(QUIET, log_output)
    with serving(fake_engine, QUIET) as server:
        for path in (METRICS_PATH, TTFA_PATH):
            http.get(server.url + path)
        events(server, 1)
    assert not log_output.getvalue() and LIVE_PATH in QUIET_PATHS


def history(server: Running, query: str = "") -> PerformanceHistory:
    answer = http.get(server.url + HISTORY_PATH + query).raise_for_status()
    return PerformanceHistory.model_validate_json(answer.content)


def keeping(cache: Path, **fields: object) -> Settings:
    return load_settings({}, port=0, drain_timeout=0, cache_dir=cache, **fields)


def test_answers_outlive_the_server(tmp_path: Path) -> None:
    for n in (1, 2):
        with serving(lambda: fake_engine(0.001), keeping(tmp_path)) as server:
            ask(server)
            eventually(lambda: len(snapshot(server).recent) == 1)
            assert history(server).answers == n - 1, "it is written soon, not at once"
        with serving(fake_engine, keeping(tmp_path)) as server:
            found = history(server, "?days=1")
            assert (found.enabled, found.answers, found.dropped) == (True, n, 0)
            assert sum(point.n for point in found.points) == n and len(found.starts) == n


def test_no_history_is_kept_where_none_is_wanted(tmp_path: Path) -> None:
    with serving(fake_engine, keeping(tmp_path, history=False)) as server:
        ask(server)
        assert not history(server).enabled
        assert sample(server, "history_dropped_total") is None
    assert not list(tmp_path.iterdir())


def test_a_server_whose_disk_is_broken_speaks_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onset.monitoring.history.history_writer.BATCH_SECONDS", 0.02)
    (tmp_path / "file").touch()
    with serving(fake_engine, keeping(tmp_path / "file")) as server:
        ask(server)
        eventually(lambda: (sample(server, "history_dropped_total") or 0) >= 1)
        assert ask(server).status_code == 200 and history(server).problem is not None


@pytest.mark.parametrize("days", ["0", "91", "x", "-1", "1e1", "9" * 99])
def test_days_are_bounded(server: Running, days: str) -> None:
    refused = http.get(f"{server.url}{HISTORY_PATH}?days={days}")
    assert refused.status_code == 400 and "1 to 90" in str(error_of(refused)["message"])


def firing(server: Running) -> set[str]:
    return {alert.name for alert in snapshot(server).alerts if alert.state == "firing"}


def test_an_alert_is_told_everywhere_and_outlives_the_server(
    tmp_path: Path, late: None, log_output: io.StringIO
) -> None:
    labels = {"alert": "ttfa-fast", "severity": "page"}
    with receiver() as (url, received):
        told = keeping(tmp_path, alert_url=url)
        start_logging(told, log_output)
        with serving(fake_engine, told) as server:
            for _ in range(12):
                ask(server)
            assert sample(server, "alerts", **labels) is None and not received
            ask(server, input=f"{CANARY}.")
            eventually(lambda: firing(server) == {"ttfa-fast"})
            eventually(lambda: len(received) == 1)
            assert sample(server, "alerts", **labels) == 1
            eventually(lambda: len(history(server).events) == 1)
        with serving(fake_engine, told) as server:
            eventually(lambda: firing(server) == {"ttfa-fast"})
            ask(server)
            eventually(lambda: sample(server, "event_loop_lag_seconds_count") != 0)
        assert len(received) == 1, "it was told already"
    lines = [json.loads(line) for line in log_output.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "alert"]
    assert (line["alert"], line["state"], line["level"]) == ("ttfa-fast", "firing", "warning")
    assert received[0]["alerts"][0]["annotations"]["description"].startswith("13 of")
    assert CANARY not in json.dumps(received) + log_output.getvalue()
