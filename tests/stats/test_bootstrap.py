"""Effects and paired differences, against arms whose difference is known."""

import math

import numpy as np
import pytest

from onset.stats.bootstrap import Pair, Ratio, adjusted, effect, paired_difference, signed_rank_p


def arms(
    factor: float, texts: int = 40, repeats: int = 2, noise: float = 0.1, seed: int = 0
) -> list[list[Pair]]:
    """B takes `factor` times what A takes; texts differ tenfold, each measurement by `noise`."""
    random = np.random.default_rng(seed)
    made: list[list[Pair]] = []
    for _ in range(texts):
        base = 0.1 * 10 ** random.random()
        noises = np.exp(noise * random.standard_normal((repeats, 2)))
        made.append([(base * float(a), base * factor * float(b)) for a, b in noises])
    return made


def inside(ratio: Ratio, truth: float) -> bool:
    """Whether the interval holds the truth."""
    return ratio.low is not None and ratio.high is not None and ratio.low <= truth <= ratio.high


@pytest.mark.parametrize("factor", [0.25, 0.9, 1.0, 1.5])
def test_the_factor_is_found_though_the_texts_differ_tenfold(factor: float) -> None:
    found = effect(arms(factor))
    assert inside(found.median, factor)
    assert found.median.low is not None and found.median.high is not None
    assert found.median.high / found.median.low < 1.15
    assert found.p is not None and (found.p < 0.05) == (factor != 1.0)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = [inside(effect(arms(1.2, texts=15, seed=seed)).median, 1.2) for seed in range(60)]
    assert sum(held) >= 52  # 57 expected; fewer than 52 once in 100 suites if it were 95 %


def test_equal_arms_are_rarely_told_apart() -> None:
    found = [effect(arms(1.0, texts=15, seed=seed)).p for seed in range(60)]
    assert sum(p is not None and p < 0.05 for p in found) <= 8


def test_the_same_values_and_seed_give_the_same_interval() -> None:
    assert effect(arms(1.1), seed=3) == effect(arms(1.1), seed=3)


def test_texts_count_not_repeats() -> None:
    # The same two texts a hundred times are still two texts.
    few = effect(arms(2.0, texts=2, repeats=100))
    assert few.median.value == pytest.approx(2.0, rel=0.1)
    assert (few.median.low, few.median.high, few.p, few.pairs) == (None, None, None, 200)


def test_texts_that_disagree_widen_the_interval() -> None:
    random = np.random.default_rng(5)
    factors = np.exp(0.5 * random.standard_normal(20))
    pairs: list[list[Pair]] = [[(1.0, float(f))] * 50 for f in factors]
    found = effect(pairs).median
    assert found.low is not None and found.high is not None
    assert found.high / found.low > 1.2


def test_a_failure_counts_against_its_arm() -> None:
    well: list[Pair] = [(1.0, 1.0)]
    badly: list[Pair] = [(1.0, None)]
    found = effect([well] * 10 + [badly] * 30)
    assert (found.a_failed, found.b_failed, found.median.value) == (0, 30, None)
    assert found.p is not None and found.p < 0.05


def test_a_pair_that_both_failed_says_nothing() -> None:
    lost: list[Pair] = [(None, None)]
    found = effect([*arms(1.0, texts=6), lost])
    assert (found.texts, found.pairs, found.lost) == (6, 12, 1)
    assert effect([[(None, None)]]).median == Ratio()


def test_repeats_may_be_missing() -> None:
    ragged = [pairs[: 1 + number % 2] for number, pairs in enumerate(arms(3.0))]
    assert inside(effect(ragged).median, 3.0)


def test_tails_need_72_pairs() -> None:
    assert effect(arms(2.0, texts=35)).tail == Ratio()
    assert inside(effect(arms(2.0, texts=100)).tail, 2.0)


def test_signed_ranks_are_those_of_the_tables() -> None:
    # Wilcoxon's table for n = 10: the smaller rank sum of 8 has p = 0.049.
    signs = [-1, 1, 1, 1, 1, 1, -1, 1, 1, 1]
    p = signed_rank_p([sign * size for sign, size in zip(signs, range(1, 11), strict=True)])
    assert p == pytest.approx(0.0488, abs=1e-4)
    assert signed_rank_p([0.0, 0.0]) is None


def test_signed_ranks_of_failures_that_are_all_alike_are_exact() -> None:
    assert signed_rank_p([math.inf] * 6) == pytest.approx(2 / 2**6)


def test_adjusted_is_the_procedure_of_benjamini_and_hochberg() -> None:
    found = adjusted({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.5, "none": None})
    q = [found[key] for key in "abcd"]
    assert q == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert found["none"] is None


def test_an_infinite_log_is_not_a_number_of_the_report() -> None:
    pairs: list[list[Pair]] = [[(1.0, None)]] * 6
    found = effect(pairs)
    assert found.median == Ratio()
    assert not any(isinstance(v, float) and math.isnan(v) for v in (found.p, found.median.low))


def test_equal_lists_do_not_differ() -> None:
    found = paired_difference([1, 2, 3], [1, 2, 3], [10, 10, 10])
    assert found is not None
    assert (found.difference, found.low, found.high, found.n) == (0.0, 0.0, 0.0, 3)


def test_a_ratio_of_sums_not_a_mean_of_ratios() -> None:
    found = paired_difference([0, 10], [0, 0], [90, 10])
    assert found is not None and (found.first, found.difference) == (0.1, 0.1)


def test_the_interval_holds_the_truth_and_pairing_narrows_it() -> None:
    random = np.random.default_rng(3)
    hard = random.normal(0, 5, 400)
    first, second = hard + random.normal(0.3, 0.1, 400), hard
    found = paired_difference(first.tolist(), second.tolist(), [1.0] * 400)
    assert found is not None
    assert found.low < 0.3 < found.high and found.high - found.low < 0.05


def test_nothing_is_not_zero() -> None:
    assert paired_difference([], [], []) is None


def test_figures_stay_what_they_were_before_a_library_computed_them() -> None:
    pairs: list[list[Pair]] = [
        [(1.0 + i / 10, 1.2 + i * i / 50), (1.1 + i / 10, 1.3 + i * i / 60)] for i in range(12)
    ]
    found = effect(pairs)
    median = (found.median.value, found.median.low, found.median.high)
    assert median == pytest.approx((1.1788683725, 1.0818365729, 1.3511312133))
    assert found.p == pytest.approx(0.0007, abs=0.0003)  # 7 of 10,000 random signs; now exact
    difference = paired_difference([3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8], [10] * 8)
    assert difference is not None
    assert (difference.low, difference.high) == pytest.approx((-0.3375, 0.1625))
