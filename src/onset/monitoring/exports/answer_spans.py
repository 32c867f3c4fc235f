"""Answers as OpenTelemetry spans: one an answer, made of its record when it is over.

Needs the extra `otel` (`span_export` loads it). Where spans go is said by OpenTelemetry's own
variables, such as OTEL_EXPORTER_OTLP_ENDPOINT. A span has figures, as a record does: no text, no
ids, no names.
"""

import logging

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from onset import __version__
from onset.monitoring.answer_record import AnswerRecord, StreamOutcome, Way

QUEUED, BATCH = 2000, 500
"""Spans that may wait, more are dropped; and that are sent at once."""

CLOSE_MS = 2000
"""How long the last spans may take to be sent as the server ends."""

FAILED = (StreamOutcome.FAILED, StreamOutcome.LATE)


class AnswerSpans:
    """Sends spans in a thread of its own. exporter: by default OTLP over HTTP."""

    def __init__(self, model: str, exporter: SpanExporter | None = None) -> None:
        resource = Resource.create({"service.name": "onset", "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        sending = exporter or OTLPSpanExporter(timeout=CLOSE_MS / 1e3)
        self._provider.add_span_processor(
            BatchSpanProcessor(sending, QUEUED, max_export_batch_size=BATCH)
        )
        self._tracer, self._model = self._provider.get_tracer("onset", __version__), model
        # What cannot be sent is its own matter, and would fill the log.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def add(self, record: AnswerRecord) -> None:
        """An answer is over."""
        end = int(1e9 * record.at)
        begin = end - int(1e9 * record.lasted)
        attributes = _attributes(record)
        attributes["gen_ai.request.model"] = self._model
        span = self._tracer.start_span(
            "speech", kind=SpanKind.SERVER, attributes=attributes, start_time=begin
        )
        if record.outcome in FAILED:
            span.set_status(Status(StatusCode.ERROR, str(record.outcome)))
        # A text that is being written is counted from where there is enough of it, which a record
        # does not place in time.
        if record.stages is not None and record.way is not Way.INCREMENTAL:
            at, context = begin, set_span_in_context(span)
            for name, seconds in record.stages.items():
                stage = self._tracer.start_span(name, context, start_time=at)
                at += int(1e9 * seconds)
                stage.end(at)
        span.end(end)

    def close(self) -> None:
        """Send what waits, for a moment, and end."""
        self._provider.force_flush(CLOSE_MS)
        self._provider.shutdown()


def _attributes(record: AnswerRecord) -> dict[str, AttributeValue]:
    """Its figures; what was not measured is not there. Times in seconds."""
    values: dict[str, AttributeValue | None] = {
        "gen_ai.operation.name": "speech",
        "gen_ai.provider.name": "onset",
        "gen_ai.response.time_to_first_chunk": record.first_audio,
        "onset.ttfa": record.ttfa,
        "onset.purpose": record.purpose,
        "onset.way": str(record.way),
        "onset.outcome": str(record.outcome),
        "onset.reason": None if record.reason is None else str(record.reason),
        "onset.voice": record.voice,
        "onset.language": record.language,
        "onset.format": record.format,
        "onset.decode": record.decode,
        "onset.plan": record.plan,
        "onset.cached": record.cached,
        "onset.characters": record.characters,
        "onset.cold": record.cold,
        "onset.audio": record.audio,
        "onset.work": record.work,
        "onset.stalls": record.stalls,
    }
    return {name: value for name, value in values.items() if value is not None}
