"""Intervals that can be trusted: against known values and by their own laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import better, bootstrap, mcnemar, paired_bootstrap, ratio_bootstrap, share, wilson

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_wilson_gives_the_published_interval() -> None:
    """Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662; 0 of 20 ends at 0.1611."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


@given(counts)
def test_wilson_holds_the_share_within_the_unit_interval(count: tuple[int, int]) -> None:
    k, n = count
    low, high = wilson(k, n)
    assert 0 <= low <= high <= 1
    assert n == 0 or low <= k / n <= high
    assert wilson(n - k, n) == pytest.approx((1 - high, 1 - low))


def test_more_successes_than_trials_are_a_bug() -> None:
    with pytest.raises(ValueError, match="3 successes in 2"):
        wilson(3, 2)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_the_bootstrap_stays_within_the_data_and_repeats_itself(values: list[float]) -> None:
    low, high = bootstrap(values)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert bootstrap(values) == (low, high)


def test_the_bootstrap_is_about_as_wide_as_theory_says() -> None:
    """Uniform on 0…1: standard error of the mean is 0.2887 / 10 for a hundred values."""
    low, high = bootstrap([i / 99 for i in range(100)])
    assert high - low == pytest.approx(2 * 1.96 * 0.02915, rel=0.1)


def test_long_texts_weigh_more_in_a_ratio() -> None:
    low, high = ratio_bootstrap([30.0, 1.0], [10.0, 1.0])
    assert (low, high) == (1.0, 3.0)


def test_pairs_are_kept_together() -> None:
    """Every item gains 0.1: the change is certain however much the items differ."""
    before = [float(i) for i in range(20)]
    low, high = paired_bootstrap(before, [value + 0.1 for value in before])
    assert (low, high) == pytest.approx((0.1, 0.1))


def test_nothing_to_resample_is_a_bug() -> None:
    with pytest.raises(ValueError, match="nothing"):
        bootstrap([])
    with pytest.raises(ValueError, match="pairs"):
        paired_bootstrap([1], [1, 2])


def test_mcnemar_gives_exact_binomial_values() -> None:
    """Eight changes, all gains: 2 / 2^8."""
    assert mcnemar([False] * 8 + [True], [True] * 9) == pytest.approx(2 / 256)
    assert mcnemar([True, False], [False, True]) == 1.0
    assert mcnemar([], []) == 1.0


def test_fishers_tea_tasting() -> None:
    """Fisher 1935: four of four against none of four has odds of 1 in 70."""
    assert better(0, 4, 4, 4) == pytest.approx(1 / 70)
    assert better(0, 0, 4, 4) == 1.0


@given(counts, counts)
def test_more_hits_make_chance_less_likely(before: tuple[int, int], after: tuple[int, int]) -> None:
    (k0, n0), (k1, n1) = before, after
    p = better(k0, n0, k1, n1)
    assert 0 <= p <= 1 + 1e-12
    if k1 < n1 and n0:
        assert better(k0, n0, k1 + 1, n1) <= p + 1e-12


def test_a_share_of_nothing_is_unscored_not_zero() -> None:
    score = share("new_after", 0, 0, unscored=5)
    assert score.value is None
    assert score.unscored == 5
