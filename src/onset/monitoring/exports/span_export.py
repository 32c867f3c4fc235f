"""Loads what sends answers as OpenTelemetry spans, where the extra `otel` is installed."""

from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from onset.errors import AssetError
from onset.monitoring.answer_record import AnswerRecord

PARTS = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")


class SpanExport(Protocol):
    """A listener of answers. close: takes at most seconds."""

    def add(self, record: AnswerRecord) -> None:
        """An answer is over."""

    def close(self) -> None:
        """Send what waits, and end."""


def span_export(model: str) -> SpanExport:
    """What sends spans. Raises AssetError where the extra is not installed."""
    if not all(map(_installed, PARTS)):
        raise AssetError("ONSET_OTEL needs OpenTelemetry: pip install onset-tts[otel]")
    # Loaded by name, as 20 MB that only those who ask for it take.
    spans = import_module("onset.monitoring.exports.answer_spans")
    return cast(SpanExport, spans.AnswerSpans(model))


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even what it is in
        return False
