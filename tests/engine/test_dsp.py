"""The limiter and the fades."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from onset.engine.dsp import CEILING, FADE_IN, FADE_OUT, KNEE, fade, limit


@given(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=50))
def test_what_is_too_loud_is_bent_and_keeps_its_order(values: list[float]) -> None:
    given_samples = np.sort(np.array(values, np.float32))
    bent = limit(given_samples)
    quiet = np.abs(given_samples) <= KNEE
    assert (bent[quiet] == given_samples[quiet]).all()
    assert (np.abs(bent) <= CEILING + 1e-6).all() and (np.diff(bent) >= 0).all()
    assert (np.sign(bent) == np.sign(given_samples)).all()


@given(st.lists(st.integers(1, 400), min_size=1, max_size=20))
def test_fades_do_not_depend_on_how_the_samples_are_cut(sizes: list[int]) -> None:
    total, position, pieces = sum(sizes), 0, []
    for size in sizes:
        pieces.append(fade(np.ones(size, np.float32), position, total))
        position += size
    whole = fade(np.ones(total, np.float32), 0, total)
    assert np.array_equal(np.concatenate(pieces), whole)
    assert (whole[FADE_IN : max(FADE_IN, total - FADE_OUT)] == 1).all()
