"""Answers as spans: the same figures, the stages below them, nothing that was not measured."""

import json
from collections.abc import Sequence
from importlib.util import find_spec

import pytest

from answers import STAGES, record
from asking import ask
from fakes import fake_engine, serving
from onset.config import load_settings
from onset.errors import AssetError
from onset.monitoring.answer_record import AnswerRecord, StreamOutcome, Way
from onset.monitoring.exports import span_export as span_export_module
from onset.monitoring.exports.span_export import span_export

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is missing")

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)

from onset.monitoring.exports.answer_spans import AnswerSpans

AT = 1_800_000_000.0


def spans_of(*records: AnswerRecord) -> Sequence[ReadableSpan]:
    exporter = InMemorySpanExporter()
    spans = AnswerSpans("kokoro", exporter)
    for each in records:
        spans.add(each)
    spans._provider.force_flush()
    found = exporter.get_finished_spans()
    spans.close()
    return found


def test_a_span_has_the_figures_and_its_stages_lie_end_to_end() -> None:
    found = {span.name: span for span in spans_of(record(at=AT, lasted=2.0))}
    speech = found.pop("speech")
    assert list(found) == list(STAGES)
    assert speech.start_time == int(1e9 * (AT - 2)) and speech.end_time == int(1e9 * AT)
    attributes = dict(speech.attributes or {})
    assert attributes["gen_ai.operation.name"] == "speech"
    assert attributes["gen_ai.response.time_to_first_chunk"] == 0.15
    assert attributes["onset.ttfa"] == 0.18 and attributes["onset.voice"] == "af_heart"
    at = speech.start_time
    for stage in found.values():
        assert stage.parent is not None and stage.parent.span_id == speech.context.span_id
        assert stage.start_time == at and stage.end_time is not None
        at = stage.end_time
    assert at - (speech.start_time or 0) == pytest.approx(0.15e9, abs=10)


def test_what_was_not_measured_is_not_there_and_a_failure_says_so() -> None:
    failed = record(outcome=StreamOutcome.FAILED, ttfa=None, first_audio=None, stages=None)
    (span,) = spans_of(failed)
    assert "onset.ttfa" not in (span.attributes or {}) and not span.status.is_ok
    (left,) = spans_of(record(outcome=StreamOutcome.LEFT, stages=None))
    assert left.status.is_unset


def test_stages_of_a_text_that_was_written_are_not_placed_in_time() -> None:
    (span,) = spans_of(record(way=Way.INCREMENTAL))
    assert span.name == "speech"


def test_a_server_sends_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    class Noting(InMemorySpanExporter):
        pass

    exporter = Noting()
    monkeypatch.setattr(
        "onset.monitoring.exports.answer_spans.OTLPSpanExporter", lambda **_: exporter
    )
    settings = load_settings({}, port=0, drain_timeout=0, history=False, otel=True)
    with serving(fake_engine, settings) as server:
        asked.append(ask(server, input="A canary that sings.").content)
    names = [span.name for span in exporter.get_finished_spans()]
    assert names.count("speech") == 1 and "step" in names and asked[0]
    told = json.dumps([span.to_json() for span in exporter.get_finished_spans()])
    assert "canary" not in told


def test_without_the_extra_it_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        span_export_module, "PARTS", ("opentelemetry.nowhere.at.all", "opentelemetry.sdk")
    )
    with pytest.raises(AssetError, match=r"onset-tts\[otel\]"):
        span_export("kokoro")
    assert find_spec("opentelemetry.sdk") is not None
