"""Who is admitted is served in time, and who is refused could not have been."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from onset.serving.scheduling.admission import (
    BEGINNING,
    EPSILON,
    HEADROOM,
    PATIENCE,
    PREBUFFER,
    SECONDS_PER_CHARACTER,
    Capacity,
    ForgettingRate,
    ListenerDebt,
    fits,
)

STEP = 0.2


def demand(debts: list[ListenerDebt], rtf: float, by: float) -> float:
    """Seconds of work that must be done within `by` seconds, by the criterion's definition."""
    due = [debt for debt in debts if debt.start <= by + EPSILON]
    return sum(debt.work + rtf * min(by - debt.start, debt.audio) for debt in due)


def lateness(debts: list[ListenerDebt], rtf: float) -> float:
    """Most seconds that any audio is late when the earliest deadline is always served first.

    A player plays on from where it was: audio i seconds behind `start` is due i seconds later.
    """
    now, worst, made, left = 0.0, 0.0, [0.0] * len(debts), [debt.work for debt in debts]
    waiting = {i for i, debt in enumerate(debts) if debt.audio or debt.work}
    while waiting:
        due = {i: debts[i].start + made[i] for i in waiting}
        first = min(waiting, key=lambda i: due[i])
        if left[first] > 1e-9:
            now, left[first] = now + left[first], 0.0
        else:
            piece = min(STEP, debts[first].audio - made[first])
            now, made[first] = now + rtf * piece, made[first] + piece
            worst = max(worst, now - due[first])
        if made[first] >= debts[first].audio - 1e-9 and left[first] < 1e-9:
            waiting.remove(first)
    return worst


seconds = st.floats(0, 20).map(lambda x: round(x, 2))
debts = st.builds(ListenerDebt, st.floats(0, 10), seconds, st.sampled_from([0.0, 0.0, 0.25]))


@hypothesis_settings(max_examples=60)
@given(st.lists(debts, max_size=5), st.floats(0.05, 1.5))
def test_whoever_fits_is_served_before_their_prebuffer_has_played(
    who: list[ListenerDebt], rtf: float
) -> None:
    if fits(who, rtf):
        assert lateness(who, rtf) <= PREBUFFER + STEP * (1 + rtf)


@hypothesis_settings(max_examples=60)
@given(st.lists(debts, min_size=1, max_size=5), st.floats(0.05, 1.5))
def test_whoever_does_not_fit_would_have_taken_the_headroom(
    who: list[ListenerDebt], rtf: float
) -> None:
    moments = [debt.start for debt in who] + [debt.start + debt.audio for debt in who]
    crowded = any(demand(who, rtf, at) > HEADROOM * at + PREBUFFER for at in moments)
    assert fits(who, rtf) == (not crowded)


def test_five_hundred_are_weighed_as_five_are() -> None:
    draw = Random(1)
    works = [0.0, 0.0, 0.01]
    who = [
        ListenerDebt(draw.uniform(0, 30), draw.uniform(0, 200), draw.choice(works))
        for _ in range(500)
    ]
    moments = [debt.start for debt in who] + [debt.start + debt.audio for debt in who]
    # The most that fits, by the definition: demand is work that stands plus rtf times the rest.
    most = min(
        (HEADROOM * at + PREBUFFER - demand(who, 0.0, at)) / audio_due(who, at)
        for at in moments
        if audio_due(who, at)
    )
    assert fits(who, most * 0.999)
    assert not fits(who, most * 1.001)


def audio_due(who: list[ListenerDebt], at: float) -> float:
    return demand(who, 1.0, at) - demand(who, 0.0, at)


@hypothesis_settings(max_examples=60)
@given(st.lists(debts, max_size=4), debts, st.floats(0.05, 1.5))
def test_one_more_never_makes_room(who: list[ListenerDebt], more: ListenerDebt, rtf: float) -> None:
    assert fits(who, rtf) or not fits([*who, more], rtf)


@hypothesis_settings(max_examples=60)
@given(st.lists(debts, max_size=4), st.integers(0, 3), st.floats(0, 30), st.floats(0.05, 1.5))
def test_more_audio_ahead_never_hurts(
    who: list[ListenerDebt], index: int, ahead: float, rtf: float
) -> None:
    if index < len(who) and fits(who, rtf):
        later = replace(who[index], start=who[index].start + ahead)
        assert fits([*who[:index], later, *who[index + 1 :]], rtf)


@pytest.mark.parametrize(("rtf", "count"), [(0.63, 1), (0.4, 2), (0.1, 8), (2.0, 1)])
def test_listeners_are_as_many_as_can_be_served_without_end(rtf: float, count: int) -> None:
    capacity = Capacity()
    assert capacity.listeners is None
    capacity.work.add(rtf, 1.0)
    assert capacity.listeners == count
    endless = [ListenerDebt(0.0, 1e6)] * count
    assert fits(endless, rtf) == (rtf < HEADROOM)
    assert not fits([*endless, ListenerDebt(0.0, 1e6)], rtf)


def test_one_alone_is_always_admitted() -> None:
    capacity = Capacity()
    capacity.work.add(3.0, 1.0)
    assert capacity.admits([], 1000)
    assert not capacity.admits([ListenerDebt(0.0, 10)], 10)


def test_nobody_is_refused_before_a_cost_is_known() -> None:
    assert Capacity().admits([ListenerDebt(0.0, 1000)] * 7, 1000)


def test_a_short_text_is_admitted_beside_one_that_is_far_ahead() -> None:
    capacity = Capacity()
    capacity.work.add(0.63, 1.0)
    capacity.first_audio.add(0.25, 1)
    assert capacity.admits([ListenerDebt(20.0, 1000)], 5)
    assert not capacity.admits([ListenerDebt(20.0, 1000)], 1000)
    assert not capacity.admits([ListenerDebt(0.1, 1000)], 5)


def test_two_may_begin_at_once_but_not_ten() -> None:
    capacity = Capacity()
    capacity.work.add(0.3, 1.0)
    capacity.first_audio.add(0.25, 1)
    newcomer = ListenerDebt(PATIENCE, 2, 0.25)
    assert capacity.admits([newcomer], 2)
    assert not capacity.admits([newcomer] * 9, 2)


def test_those_who_cost_little_fit_where_no_one_else_does() -> None:
    costly, little = 0.39, Capacity(0.02)
    two = [ListenerDebt(0.5, 1000, 0.0, costly)] * 2
    assert fits(two, 0.0)
    assert little.admits(two, 1000), "0.78 and 0.02"
    crowd = [ListenerDebt(0.5, 1000, 0.0, 0.02)] * 39
    assert little.admits(crowd, 1000)
    assert not little.admits([*crowd, crowd[0]], 1000)
    kokoro = Capacity()
    kokoro.work.add(costly, 1.0)
    assert not kokoro.admits([*two, *crowd[:5]], 1000)


def test_the_reserve_is_for_those_who_cost_little() -> None:
    too_much, little = ListenerDebt(0.0, 1000, 0.0, 0.95), Capacity(0.02)
    assert not fits([too_much], 0.95)
    assert little.admits([too_much], 1000)
    others = [ListenerDebt(0.0, 1000, 0.0, 0.02)] * 10
    assert little.admits([too_much, *others[:9]], 1000), "a fifth in all"
    assert not little.admits([too_much, *others], 1000)


def test_patience_is_twice_a_slow_first_sound() -> None:
    capacity = Capacity()
    assert capacity.patience == PATIENCE
    capacity.first_audio.add(2.0, 1)
    assert capacity.patience == 4.0


def test_a_beginning_costs_what_its_audio_does_not_explain() -> None:
    capacity = Capacity()
    assert capacity.beginning_left(0.0, 0.0) == 0, "nothing is known"
    capacity.work.add(0.1, 1.0)
    capacity.beginnings.add(0.3, 1)
    assert capacity.beginning_left(0.0, 0.0) == pytest.approx(0.3)
    assert capacity.beginning_left(0.2, 0.5) == pytest.approx(0.15)
    assert capacity.beginning_left(0.1, 1.0) == pytest.approx(0.3), "as later"
    assert capacity.beginning_left(0.9, 1.0) == 0
    assert capacity.beginning_left(0.2, BEGINNING) == 0


def test_who_is_to_wait_may_be_admitted_beside_who_has_little_time() -> None:
    capacity = Capacity()
    capacity.work.add(0.3, 1.0)
    capacity.first_audio.add(0.25, 1)
    near = [ListenerDebt(0.5, 1.0, 0.25)] * 2
    assert not capacity.admits(near, 2)
    assert capacity.admits(near, 2, later=1.0)


def test_length_is_learned_for_each_language() -> None:
    capacity = Capacity()
    assert capacity.length("a", 150) == 150 * SECONDS_PER_CHARACTER
    capacity.add_speech("j", 100, 20.0)
    assert capacity.length("j", 50) == pytest.approx(10)
    assert capacity.length("a", 150) == 150 * SECONDS_PER_CHARACTER


def test_wait_is_until_the_first_is_done() -> None:
    capacity = Capacity()
    capacity.work.add(0.5, 1.0)
    assert capacity.wait([ListenerDebt(0, 10), ListenerDebt(0, 4)]) == pytest.approx(4)
    assert capacity.wait([]) == 0


def test_rate_forgets() -> None:
    rate = ForgettingRate(half_life=1.0)
    assert rate.value is None
    rate.add(1.0, 1.0)
    assert rate.value == 1.0
    for _ in range(40):
        rate.add(2.0, 1.0)
    assert rate.value == pytest.approx(2.0)
    rate.add(1.0, 0.0)  # work that made nothing counts too
    assert rate.value is not None and rate.value > 2.0


def test_the_first_turns_of_a_small_model_do_not_keep_others_out() -> None:
    """They read a whole sentence and make little audio."""
    capacity = Capacity(0.03)
    capacity.work.add(0.01, 0.06)
    running = [ListenerDebt(1.0, 30.0, rtf=0.13)] * 6
    alike = [ListenerDebt(1.0, 30.0, rtf=capacity.rtf)] * 4
    assert capacity.admits([*running, *alike], 20.0)
    assert not capacity.admits([*running, *alike, *alike], 20.0)
