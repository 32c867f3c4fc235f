"""What is counted as what, which series there are, and what a scrape costs."""

import asyncio
import itertools
import shutil
import subprocess
import threading
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from answers import STAGES, record
from onset.monitoring.answer_record import AnswerRecord, RefusalReason, StreamOutcome, Way
from onset.monitoring.host_state import HostFigures
from onset.monitoring.metrics import meters as meters_module
from onset.monitoring.metrics.meters import FRESH, Meters, MetricsPage, traffic_of
from onset.monitoring.metrics.metric_table import MOST_SERIES, SERVER_METRICS, WAITS
from onset.monitoring.server_state import CacheFigures, ProcessWatch, ServerState
from onset.protocol.http_api import REPORTERS, PlaybackEnd, PlaybackReport
from onset.protocol.http_api import STAGES as ALL_STAGES
from onset.protocol.performance_api import AlertStatus
from onset.types import PlanName
from speaking import Clock

CACHES = (CacheFigures("phonemes", 8, 2, 10), CacheFigures("statistics", 0, 1, 1))

KNOWN = ServerState(
    listeners=3,
    pace=0.25,
    pace_kind="idle",
    history_dropped=0,
    history_bytes=9,
    caches=CACHES,
    backlog=1.5,
)

HOST = HostFigures(hertz=2e9, quota_seconds=1.5, heat_events=3, on_battery=False)


@pytest.fixture(autouse=True)
def told_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that tells everything."""
    monkeypatch.setattr(meters_module, "host_figures", lambda: HOST)


ALERT = AlertStatus(
    name="down", severity="page", state="firing", since=1.0, says="", evidence="", check=""
)


def meters(state: ServerState | None = None, alerts: Sequence[AlertStatus] = ()) -> Meters:
    process = ProcessWatch()
    known = state or ServerState()
    host = 0.02 if state else None
    return Meters(lambda: known, process, "1.2.3", "kokoro", lambda: list(alerts), lambda: host)


def value(counted: Meters, name: str, **labels: str) -> float | None:
    """A sample; None if there is no such series."""
    return counted.registry.get_sample_value(f"onset_{name}", labels)


def heard(**fields: object) -> PlaybackReport:
    told = {"audible": True, "first_ms": 60, "taken_ms": 80, "heard_ms": 100, "latency_ms": 20}
    return PlaybackReport.model_validate(told | fields)


END = PlaybackEnd(
    reporter="browser", outcome="complete", audible=True, played_s=2.5, stalls=1,
    stalled_ms=250, concealed_ms=240,
)  # fmt: skip


def test_an_answer_is_in_every_figure_that_it_has() -> None:
    counted = meters()
    counted.count(record())
    assert value(counted, "answers_total", outcome="spoken", traffic="http") == 1
    assert value(counted, "slo_events_total", slo="ttfa", result="good") == 1
    ttfa = {"traffic": "http", "cold": "false"}
    assert value(counted, "ttfa_seconds_sum", **ttfa) == pytest.approx(0.18)
    assert value(counted, "ttfa_seconds_bucket", le="0.15", **ttfa) == 0
    assert value(counted, "ttfa_seconds_bucket", le="0.2", **ttfa) == 1
    assert value(counted, "audio_seconds_total", language="en-us", decode="streaming") == 2
    assert value(counted, "voice_audio_seconds_total", voice="af_heart") == 2
    assert value(counted, "work_seconds_total", traffic="http") == 1
    assert value(counted, "rtf_ratio_sum", traffic="http") == 0.5
    parts = [value(counted, "stage_seconds_sum", stage=s, traffic="http") or 0 for s in STAGES]
    assert sum(parts) == pytest.approx(value(counted, "first_audio_seconds_sum", traffic="http"))


def test_what_was_not_measured_is_nowhere_and_what_can_be_seen_begins_at_zero() -> None:
    counted = meters()
    assert value(counted, "answers_total", outcome="failed", traffic="http") == 0
    assert value(counted, "slo_events_total", slo="ttfa", result="bad") == 0
    assert value(counted, "refusals_total", reason="full") == 0
    counted.count(record(outcome=StreamOutcome.FAILED, ttfa=None, first_audio=None, audio=0.0))
    assert value(counted, "slo_events_total", slo="ttfa", result="bad") == 1
    assert value(counted, "ttfa_seconds_count", traffic="http", cold="false") is None
    assert value(counted, "rtf_ratio_count", traffic="http") is None
    assert (
        value(counted, "listeners_capacity") is None
        and value(counted, "pace_ratio", kind="idle") is None
    )
    assert value(meters(KNOWN), "listeners_capacity") == 3


def test_what_was_predicted_is_held_against_what_came() -> None:
    counted = meters()
    waited = {**STAGES, "rest": 0.05}
    counted.count(record(predicted=0.1))
    counted.count(record(predicted=0.1, stages=waited, first_audio=0.2))
    counted.count(record(predicted=0.1, cold=True))
    counted.count(record(predicted=0.1, cached=True))
    counted.count(record(predicted=0.1, first_audio=None))
    counted.count(record(predicted=None))
    assert value(counted, "prediction_ratio_count", traffic="http") == 2
    assert value(counted, "prediction_ratio_sum", traffic="http") == pytest.approx(3)
    assert value(counted, "prediction_ratio_count", traffic="http-cached") is None


def test_stops_and_the_backlog_are_told() -> None:
    counted = meters(ServerState(ready=True, backlog=0.0))
    assert value(counted, "backlog_audio_seconds") == 0
    assert value(meters(ServerState()), "backlog_audio_seconds") is None
    assert value(counted, "cancel_seconds_count") == 0
    counted.count_stop(0.004)
    assert value(counted, "cancel_seconds_sum") == 0.004


def test_populations_are_never_pooled() -> None:
    counted = meters()
    for purpose, way in itertools.product(("user", "bench", "probe"), Way):
        counted.count(record(purpose=purpose, way=way))
    assert value(counted, "slo_events_total", slo="ttfa", result="good") == 1
    for traffic, n in (("http", 1), ("incremental", 1), ("background", 1), ("bench", 3)):
        assert value(counted, "answers_total", outcome="spoken", traffic=traffic) == n
    assert traffic_of(record(purpose="probe", way=Way.BACKGROUND)) == "probe"


def test_a_students_answers_and_those_out_of_the_cache_are_counted_apart() -> None:
    counted = meters()
    counted.count(record(plan="balanced", cached=False))
    counted.count(record(plan="fast", ttfa=0.02))
    counted.count(record(plan="balanced", cached=True, ttfa=0.01))
    counted.count(record(plan="fast", way=Way.INCREMENTAL))
    for traffic in ("http", "http-fast", "http-cached", "incremental-fast"):
        assert value(counted, "answers_total", outcome="spoken", traffic=traffic) == 1
    ttfa = {"traffic": "http", "cold": "false"}
    assert value(counted, "ttfa_seconds_sum", **ttfa) == pytest.approx(0.18)
    for slo in ("ttfa", "ttfa-student"):
        assert value(counted, "slo_events_total", slo=slo, result="good") == 1
    assert value(counted, "plan_answers_total", plan="fast") == 1
    assert value(counted, "plan_answers_total", plan="balanced") == 1
    assert value(counted, "plan_answers_total", plan="quality") == 0


def test_refusals_have_reasons_and_are_no_part_of_the_promise() -> None:
    counted = meters()
    counted.count(
        record(outcome=StreamOutcome.REFUSED, reason=RefusalReason.FULL, ttfa=None, audio=0.0)
    )
    assert value(counted, "refusals_total", reason="full") == 1
    results = ("good", "bad", "unmeasured")
    assert [value(counted, "slo_events_total", slo="ttfa", result=r) for r in results] == [0, 0, 0]


def test_stalls_are_of_those_who_listen() -> None:
    counted = meters()
    counted.count(record(stalls=2, stalled=0.3))
    counted.count(record(way=Way.BACKGROUND, stalls=None, stalled=None))
    assert value(counted, "delivery_stalls_total", traffic="http") == 2
    assert value(counted, "delivery_stall_seconds_total", traffic="http") == 0.3
    assert value(counted, "required_prebuffer_seconds_count", traffic="http") == 1
    assert value(counted, "required_prebuffer_seconds_count", traffic="background") is None


def test_a_players_word_is_counted_where_it_can_be_true() -> None:
    counted = meters()
    counted.count_report(heard(audible=False))
    assert value(counted, "heard_seconds_count", reporter="daemon") is None
    counted.count_report(heard(heard_ms=250, latency_ms=60_001))
    counted.count_report(heard(heard_ms=60_001))
    counted.count_report(heard(heard_ms=9, reporter="browser"))
    assert value(counted, "heard_seconds_sum", reporter="daemon") == 0.25
    assert value(counted, "heard_seconds_sum", reporter="browser") == 0.009
    assert value(counted, "output_latency_seconds_count", reporter="daemon") == 1


def test_what_became_of_an_answer_is_counted_by_who_told_it() -> None:
    counted = meters()
    assert value(counted, "playback_stalls_total", reporter="browser") == 0
    counted.count_end(END)
    counted.count_end(END)
    assert value(counted, "playback_seconds_total", reporter="browser") == 5
    assert value(counted, "playback_stall_seconds_total", reporter="browser") == 0.5
    assert value(counted, "playback_xruns_total", reporter="browser") is None, "nobody told"
    assert value(counted, "playback_stalls_total", reporter="daemon") == 0


def test_limits_are_edges_of_buckets() -> None:
    assert {0.4, 0.8, 1.0, 1.2} <= set(WAITS)


def every_answer() -> list[AnswerRecord]:
    """All voices, languages, ways, purposes and ends, and mixes of voices."""
    ways = list(itertools.product(("user", "bench", "probe"), Way, StreamOutcome, (True, False)))
    answers = [
        record(purpose=p, way=way, outcome=outcome, cold=cold, ftts=0.5, predicted=0.1)
        for p, way, outcome, cold in ways
    ]
    stages = dict.fromkeys(ALL_STAGES, 0.1)
    answers += [record(stages=stages, way=way) for way in Way]
    answers += [record(stages=stages, purpose=p) for p in ("bench", "probe")]
    others: tuple[tuple[PlanName, bool], ...] = (("fast", False), ("balanced", True))
    answers += [
        record(purpose=p, way=way, cold=cold, plan=plan, cached=cached, ftts=0.5, predicted=0.1)
        for p, way, _, cold in ways
        for plan, cached in others
    ]
    answers += [record(voice=f"voice {n}") for n in range(54)]
    answers += [
        record(language=f"l{n}", decode=d) for n in range(10) for d in ("streaming", "exact")
    ]
    return answers


def test_the_number_of_series_is_bounded_whatever_is_asked() -> None:
    counted = meters(KNOWN, [ALERT])
    for answer in every_answer():
        counted.count(answer)
    for reporter in REPORTERS:
        counted.count_report(heard(reporter=reporter))
        counted.count_end(END.model_copy(update={"reporter": reporter, "xruns": 1}))
    for n in range(500):
        counted.count_request(None, f"METHOD{n}", 404)
        counted.count_request(f"/route{n % 20}", "GET", (0, 200, 400, 401, 403)[n % 5])
    page, _ = asyncio.run(MetricsPage(counted.registry).render(""))
    series = [line for line in page.decode().splitlines() if not line.startswith("#")]
    assert 500 < len(series) < MOST_SERIES and len(page) < 300_000
    names = {line.partition("{")[0].partition(" ")[0] for line in series}
    assert all(any(name.startswith(row.full_name) for name in names) for row in SERVER_METRICS)


def test_the_page_is_what_the_parser_of_openmetrics_takes() -> None:
    counted = meters(KNOWN, [ALERT])
    for answer in every_answer():
        counted.count(answer)
    counted.count_request("/health", "GET", 200)
    counted.count_report(heard())
    counted.count_lag(-0.1)
    page, kind = asyncio.run(
        MetricsPage(counted.registry).render("application/openmetrics-text;version=1.0.0,*/*")
    )
    assert kind.startswith("application/openmetrics-text")
    parsed = text_string_to_metric_families(page.decode())  # type: ignore[no-untyped-call]
    families = {family.name: family for family in parsed}
    for row in SERVER_METRICS:
        assert families[row.full_name].type == row.kind and families[row.full_name].documentation


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing")
def test_prometheus_finds_nothing_wrong_with_the_names() -> None:
    counted = meters(KNOWN, [ALERT])
    for answer in every_answer():
        counted.count(answer)
    counted.count_report(heard())
    counted.count_end(END)
    page, _ = asyncio.run(MetricsPage(counted.registry).render(""))
    assert promtool_check(page) == (0, "")
    code, told = promtool_check(page.replace(b"onset_answers_total", b"onset_answers"))
    assert code != 0 and 'should have "_total"' in told, "the check can fail"


def promtool_check(page: bytes) -> tuple[int, str]:
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, check=False, timeout=60
    )
    return done.returncode, (done.stdout + done.stderr).decode().strip()


def test_the_pace_says_where_it_comes_from_and_caches_what_they_saved() -> None:
    counted = meters(KNOWN)
    assert value(counted, "pace_ratio", kind="idle") == 0.25
    assert value(counted, "cache_requests_total", cache="phonemes", result="hit") == 8
    assert value(counted, "cache_requests_total", cache="statistics", result="hit") == 0
    assert value(counted, "cache_entries", cache="phonemes") == 10
    assert value(meters(), "cache_entries", cache="phonemes") is None


def test_the_host_is_told_where_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = meters(KNOWN)
    assert value(counted, "cpu_hertz") == 2e9 and value(counted, "host_probe_seconds") == 0.02
    assert value(counted, "cpu_throttled_seconds_total") == 1.5
    assert value(counted, "cpu_heat_events_total") == 3
    monkeypatch.setattr(meters_module, "host_figures", HostFigures)
    silent = meters()
    names = ("cpu_hertz", "cpu_throttled_seconds_total", "cpu_heat_events_total")
    assert [value(silent, name) for name in (*names, "host_probe_seconds")] == [None] * 4


def test_pauses_of_the_garbage_collector_are_counted() -> None:
    counted = meters()
    counted.count_pauses([0.002, 0.3])
    assert value(counted, "gc_pause_seconds_count") == 2
    assert value(counted, "gc_pause_seconds_bucket", le="0.0025") == 1


def test_alerts_that_too_little_is_known_for_are_not_there() -> None:
    states = {"firing": 1.0, "clearing": 1.0, "ok": 0.0, "insufficient": None}
    for state, expected in states.items():
        counted = meters(alerts=[ALERT.model_copy(update={"state": state})])
        assert value(counted, "alerts", alert="down", severity="page") == expected


def test_a_page_is_rendered_in_a_thread_and_once_a_second() -> None:
    threads: list[int] = []

    class Noting:
        def collect(self) -> list[object]:
            threads.append(threading.get_ident())
            return []

    async def ask() -> None:
        registry, clock = CollectorRegistry(), Clock()
        registry.register(Noting())  # type: ignore[arg-type]
        threads.clear()
        page = MetricsPage(registry, clock)
        await asyncio.gather(*(page.render("") for _ in range(10)))
        assert len(threads) == 1 and threads[0] != threading.get_ident()
        clock.now += FRESH / 2
        await page.render("")
        assert len(threads) == 1
        clock.now += FRESH
        await page.render("")
        assert len(threads) == 2

    asyncio.run(ask())
