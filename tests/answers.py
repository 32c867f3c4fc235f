"""Made-up records of answers for tests."""

from dataclasses import replace
from typing import Any

from onset.monitoring.answer_record import AnswerRecord, StreamOutcome, Way

STAGES = {
    "text": 0.001,
    "queue": 0.009,
    "phonemes": 0.005,
    "front": 0.03,
    "trunk": 0.04,
    "statistics": 0.001,
    "step": 0.06,
    "encode": 0.001,
    "other": 0.003,
}
"""Seconds; 0.15 in all."""

PLAIN = AnswerRecord(
    at=1_800_000_000.0,
    purpose="user",
    way=Way.HTTP,
    outcome=StreamOutcome.SPOKEN,
    lasted=2.0,
    characters=29,
    voice="af_heart",
    language="en-us",
    speed=1.0,
    format="pcm",
    decode="streaming",
    cold=False,
    ttfa=0.18,
    first_audio=0.15,
    stages=STAGES,
    audio=2.0,
    taken=2.0,
    work=1.0,
    stalls=0,
    stalled=0.0,
    longest_stall=0.0,
)


def record(**fields: Any) -> AnswerRecord:
    """An answer that went well, with other `fields`."""
    return replace(PLAIN, **fields)
