"""When an answer was sent and audible, and stages that add up to that."""

import numpy as np
import pytest

from onset.monitoring.delivery import SEARCHED, AnswerDelivery, DeliveryStalls
from onset.trace import FIRST_SAMPLES, Trace
from onset.types import Floats


def loud(samples: int) -> Floats:
    return np.full(samples, 0.2, np.float32)


def quiet(samples: int) -> Floats:
    return np.zeros(samples, np.float32)


def test_nothing_is_known_before_anything_is_sent() -> None:
    delivery = AnswerDelivery()
    assert (delivery.sent_ns, delivery.audible_ns) == (None, None)
    assert delivery.stages(Trace()) is None


def test_the_audible_moment_is_that_of_the_piece_with_the_onset() -> None:
    delivery = AnswerDelivery()
    delivery.sent(quiet(2400))
    first = delivery.sent_ns
    delivery.sent(np.concatenate([quiet(600), loud(600)]))
    assert delivery.audible_ns is None, "25 ms of sound may still be a click"
    delivery.sent(loud(2400))
    third = AnswerDelivery()
    third.sent(loud(2400))
    assert first is not None and delivery.audible_ns is not None and third.sent_ns is not None
    assert first == delivery.sent_ns < delivery.audible_ns < third.sent_ns
    assert third.audible_ns == third.sent_ns


def test_what_a_codec_holds_back_is_sent_with_what_follows() -> None:
    delivery = AnswerDelivery()
    delivery.sent(loud(2400), handed=False)
    assert (delivery.sent_ns, delivery.audible_ns) == (None, None)
    delivery.sent(loud(100))
    assert delivery.audible_ns == delivery.sent_ns is not None


def test_silence_has_no_onset_and_is_not_searched_for_ever() -> None:
    delivery = AnswerDelivery()
    for _ in range(SEARCHED // 24_000 + 1):
        delivery.sent(quiet(24_000))
    delivery.sent(loud(24_000))
    assert delivery.sent_ns is not None and delivery.audible_ns is None
    assert len(delivery._ends) <= SEARCHED // 24_000


def test_stages_add_up_to_the_first_bytes_and_the_rest_is_other() -> None:
    moments = iter((0, 10_000_000, 30_000_000))
    trace, delivery = Trace(lambda: next(moments)), AnswerDelivery()
    trace.mark("queue")
    assert delivery.stages(trace, 5) is None, "there are no samples yet"
    trace.mark(FIRST_SAMPLES)
    delivery.encoded(31_000_000, 33_000_000)
    delivery.encoded(40_000_000, 42_000_000)
    stages = delivery.stages(trace, 50_000_000)
    expected = {"queue": 0.01, FIRST_SAMPLES: 0.02, "encode": 0.004, "rest": 0.007, "other": 0.009}
    assert stages == pytest.approx(expected)


def test_only_the_first_bytes_are_encoded_for_the_first_audio() -> None:
    delivery = AnswerDelivery()
    delivery.encoded(0, 3)
    delivery.sent(loud(10))
    delivery.encoded(5, 9)
    assert (delivery.encode_ns, delivery.rest_ns) == (3, 0)


def test_stalls_are_counted() -> None:
    stalls = DeliveryStalls()
    for late in (0.1, 0.3, 0.2):
        stalls.add(late)
    assert (stalls.count, stalls.longest) == (3, 0.3)
    assert stalls.seconds == pytest.approx(0.6)
