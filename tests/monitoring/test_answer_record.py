"""What a record says about the promise, and who is told of it."""

import logging
from dataclasses import replace

import pytest

from answers import record
from onset.monitoring.answer_record import (
    TARGET,
    AnswerFeed,
    AnswerRecord,
    RefusalReason,
    StreamOutcome,
    Way,
    refusal_reason,
)

SPOKEN, LEFT, REFUSED = StreamOutcome.SPOKEN, StreamOutcome.LEFT, StreamOutcome.REFUSED


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ttfa": TARGET}, "good"),
        ({"ttfa": TARGET + 0.001}, "bad"),
        ({"ttfa": None}, "unmeasured"),
        ({"outcome": StreamOutcome.FAILED, "ttfa": None}, "bad"),
        ({"outcome": StreamOutcome.FAILED, "ttfa": 0.1}, "good"),
        ({"outcome": StreamOutcome.LATE, "ttfa": None}, "bad"),
        ({"outcome": LEFT, "ttfa": None, "first_audio": None, "lasted": 0.5}, "unmeasured"),
        ({"outcome": LEFT, "ttfa": None, "first_audio": None, "lasted": 0.9}, "bad"),
        ({"outcome": LEFT, "ttfa": None, "first_audio": 0.1, "lasted": 0.9}, "unmeasured"),
        ({"outcome": LEFT, "ttfa": 0.2}, "good"),
        ({"outcome": REFUSED, "ttfa": None}, None),
    ],
)
def test_the_promise_is_kept_broken_or_not_measured(
    fields: dict[str, object], expected: str | None
) -> None:
    assert record(**fields).promise() == expected


def test_only_users_of_the_http_route_are_counted_for_the_promise() -> None:
    assert record().is_counted
    assert not record(purpose="bench").is_counted and not record(purpose="probe").is_counted
    assert not record(way=Way.INCREMENTAL).is_counted
    assert not record(way=Way.BACKGROUND).is_counted


def test_what_a_student_spoke_is_promised_and_hides_nothing_of_kokoro() -> None:
    fast, hit = record(plan="fast"), record(plan="balanced", cached=True)
    assert fast.is_promised and not fast.is_counted
    assert not hit.is_promised and not hit.is_counted, "nobody had to make it"
    assert record(plan="quality", cached=False).is_counted


def test_rtf_without_audio_is_none() -> None:
    assert replace(record(), audio=0.0).rtf is None
    assert replace(record(), audio=2.0, work=1.0).rtf == 0.5


def test_a_status_has_a_reason() -> None:
    assert refusal_reason(429) is RefusalReason.FULL
    assert refusal_reason(418) is RefusalReason.INVALID


def test_a_listener_that_fails_costs_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    feed, heard = AnswerFeed(), list[AnswerRecord]()

    def fail(_: AnswerRecord) -> None:
        raise ValueError("a text of somebody")

    feed.listeners += [fail, heard.append]
    with caplog.at_level(logging.ERROR, "onset.server"):
        feed.publish(record())
    assert heard == [record()]
    assert "ValueError" in caplog.text and "somebody" not in caplog.text
