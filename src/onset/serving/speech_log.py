"""Log lines of this process, and those of spoken answers: figures and names, never the text.

The text itself is logged only if ONSET_LOG_TEXT asks for it.
"""

import logging
import sys
from typing import TextIO

import structlog

from onset.config import Settings
from onset.monitoring.answer_record import AnswerRecord

_log = logging.getLogger("onset.request")


def start_logging(settings: Settings, to: TextIO | None = None) -> None:
    """Send the lines of this process to `to` (stderr): JSON, but readable in a terminal."""
    out = to or sys.stderr
    human = out.isatty()
    extra = structlog.stdlib.ExtraAdder()
    before: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if human else "iso", utc=not human),
    ]
    chain: list[structlog.typing.Processor] = [extra, *before]
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta
    ]
    if human:
        plain = structlog.dev.plain_traceback  # the other one shows variables, and so the text
        last.append(structlog.dev.ConsoleRenderer(pad_event_to=0, exception_formatter=plain))
    else:
        chain.append(structlog.stdlib.add_logger_name)
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=last, foreign_pre_chain=chain)
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("onset").setLevel(settings.log_level.upper())


def speech_fields(record: AnswerRecord, text: str | None = None) -> dict[str, object]:
    """The fields of one answer's log line; None is what did not happen.

    text: what was spoken, where the log may quote it.
    """
    fields: dict[str, object] = {
        "way": str(record.way),
        "purpose": record.purpose,
        "characters": record.characters,
        "voice": record.voice,
        "plan": record.plan,
        "cached": record.cached,
        "audio_seconds": round(record.taken, 3),
        "ttfa_ms": _milliseconds(record.ttfa),
        "first_audio_ms": _milliseconds(record.first_audio),
        "rtf": None if record.rtf is None else round(record.rtf, 3),
        "outcome": str(record.outcome),
    }
    return fields | ({} if text is None else {"text": text})


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(1e3 * seconds, 1)


def log_utterance(name: str, fields: dict[str, object]) -> None:
    """The line of an utterance: one of many in a connection, so not an HTTP request of its own."""
    _log.info("speech", extra={"id": name, **fields})
