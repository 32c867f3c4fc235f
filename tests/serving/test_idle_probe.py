"""The idle server measures itself, tells so, and stops for whoever comes."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from asking import ask, http
from fakes import HaltableBackend, eventually, fake_engine, scheduling, serving
from onset.config import load_settings
from onset.model.fake_backend import FakeBackend
from onset.monitoring.answer_record import AnswerRecord
from onset.monitoring.history.history_store import FILE, HistoryStore
from onset.monitoring.probe.probe_watch import ProbeWatch
from onset.protocol.http_api import METRICS_PATH
from onset.protocol.performance_api import TTFA_PATH
from onset.serving.idle_probe import IdleProbe
from onset.serving.scheduling.scheduler import Scheduler
from onset.trace import Trace
from onset.types import Halt, Request
from speaking import TEXT, soon

SENTENCE = Request(TEXT, lang="en-us")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onset.serving.idle_probe.CHECK_SECONDS", 0.01)
    monkeypatch.setattr("onset.monitoring.probe.probe_watch.IDLE_SECONDS", 0.05)
    monkeypatch.setattr("onset.monitoring.history.history_writer.BATCH_SECONDS", 0.02)
    monkeypatch.setattr("onset.monitoring.snapshots.FRESH", 0.0)
    monkeypatch.setattr("onset.monitoring.metrics.meters.FRESH", 0.0)


class BusyAtTheStart(FakeBackend):
    """Its machine had other work while the model was loaded."""

    def __init__(self) -> None:
        super().__init__()
        self._paces = [1.7]

    def pace(self, halt: Halt) -> float:
        return self._paces.pop() if self._paces else 0.21


@pytest.mark.usefixtures("hasty")
def test_health_tells_the_idle_pace_after_a_busy_start(tmp_path: Path) -> None:
    settings = load_settings({}, port=0, drain_timeout=0, cache_dir=tmp_path)
    with serving(lambda: fake_engine(backend=BusyAtTheStart()), settings) as server:
        ask(server)
        eventually(lambda: http.get(f"{server.url}/health").json()["pace"] == 0.25)
        eventually(lambda: http.get(server.url + TTFA_PATH).json()["probe"]["n"] > 0)
        shown = http.get(server.url + TTFA_PATH).json()
        assert shown["probe"]["pace"] == 0.21 and shown["probe"]["off"] is None
        assert shown["probe"]["host_ms"] > 0
        eventually(lambda: 'traffic="probe"' in http.get(server.url + METRICS_PATH).text)
        assert shown["ttfa"]["n"] == 1, "never pooled with users"
        eventually(lambda: (tmp_path / FILE).exists())
    with closing(HistoryStore(tmp_path / FILE)) as store:
        probes = store.probes(0.0)
    assert probes and all(probe.pace == 0.21 and probe.first_audio for _, probe in probes)


def test_a_probe_that_somebody_ended_is_none() -> None:
    async def come(scheduler: Scheduler) -> bool:
        probing = asyncio.create_task(IdleProbe(scheduler, watch, SENTENCE).probe())
        await asyncio.to_thread(backend.working.wait, 5)
        scheduler.open(Request(TEXT), Trace()).close()
        return await probing

    records: list[AnswerRecord] = []
    backend, watch = HaltableBackend(5), ProbeWatch(3600)
    with scheduling(fake_engine(backend=backend)) as scheduler:
        scheduler.answers.listeners.append(records.append)
        assert soon(come(scheduler)) is False
    assert watch.records() == [] and records == []


def test_a_probe_says_what_it_is() -> None:
    records: list[AnswerRecord] = []
    watch = ProbeWatch(3600)
    with scheduling(fake_engine(0.001)) as scheduler:
        scheduler.answers.listeners.append(records.append)
        assert soon(IdleProbe(scheduler, watch, SENTENCE).probe())
    (answer,), (probe,) = records, watch.records()
    assert answer.purpose == "probe" and answer.outcome == "spoken" and not answer.is_counted
    assert answer.stages is not None
    assert sum(answer.stages.values()) == pytest.approx(answer.first_audio)
    assert (probe.pace, probe.first_audio) == (1.0, answer.first_audio)
    assert probe.front == answer.stages["front"] and (probe.rss or 0) > 1e7
