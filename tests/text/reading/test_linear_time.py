"""Whatever is repeated, reading takes linear time; `make reading-linear` tries longer texts."""

import pytest
from linear_time import BRIEF, LONGEST, TIMES, Attack, attacks

ATTACKS, SIZE = 36, 8_000


@pytest.mark.parametrize("attack", list(attacks(ATTACKS, seed=5)), ids=lambda attack: attack.lang)
def test_a_fragment_that_is_repeated_takes_linear_time(attack: Attack) -> None:
    whole = attack.seconds(SIZE)
    assert whole < LONGEST * SIZE / 100_000 or whole / attack.seconds(SIZE // 4) < TIMES


def test_the_bounds_tell_linear_from_quadratic_time() -> None:
    assert 4 < TIMES < 16 and BRIEF < LONGEST
