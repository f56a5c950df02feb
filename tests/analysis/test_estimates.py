"""Intervals within one run, against SciPy, textbooks and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.estimates import mean, order_ranks, quantile, ratio, share

_FIGURES = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3))


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_stays_within_zero_and_one_and_holds_the_share(
    counts: tuple[int, int],
) -> None:
    hits, trials = counts
    found = share(hits, trials)
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= hits / trials <= found.high <= 1.0
    reference = stats.binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=1e-12)


def test_a_share_of_nobody_is_undefined_and_of_more_than_all_an_error() -> None:
    assert share(0, 0).value is None
    with pytest.raises(ValueError, match="5 hits in 4 trials"):
        share(5, 4)


@given(st.lists(_FIGURES, min_size=2, max_size=50))
def test_the_t_interval_of_a_mean_is_scipys(values: list[float]) -> None:
    found = mean(np.array(values))
    if min(values) == max(values):
        assert found.low == found.value == found.high == values[0]
        return
    reference = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    scale = max(map(abs, values))
    assert (found.low, found.high) == pytest.approx(
        (reference.low, reference.high), abs=1e-9 * scale
    )


def test_one_client_has_a_mean_but_no_interval() -> None:
    found = mean(np.array([3.0]))
    assert (found.value, found.low, found.high) == (3.0, None, None)
    assert mean(np.array([])).value is None


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=40))
def test_with_days_of_equal_length_the_ratio_is_the_method_of_batch_means(
    days: list[float],
) -> None:
    batches = np.array(days)
    found = ratio(batches * 96, np.full(len(days), 96.0))
    reference = mean(batches)
    assert found.value == pytest.approx(reference.value)
    assert found.low == pytest.approx(reference.low, abs=1e-6)
    assert found.high == pytest.approx(reference.high, abs=1e-6)


def test_a_ratio_leaves_empty_batches_out_but_not_batches_with_a_numerator_only() -> None:
    # Refusals of somebody without an accepted order count; somebody without any order does not.
    with_empty = ratio(np.array([1.0, 3.0, 2.0, 0.0]), np.array([4.0, 6.0, 0.0, 0.0]))
    without = ratio(np.array([1.0, 3.0, 2.0]), np.array([4.0, 6.0, 0.0]))
    assert with_empty == without
    assert without.value == pytest.approx(0.6)
    # Residuals 1 - 2.4, 3 - 3.6, 2: squares 1.96, 0.36, 4; error sqrt(6.32 x 3/2) / 10.
    half = stats.t.ppf(0.975, 2) * math.sqrt(6.32 * 1.5) / 10
    assert without.high == pytest.approx(0.6 + half)


def test_a_ratio_is_cut_at_the_bounds_of_its_quantity() -> None:
    found = ratio(np.array([1.0, 0.0]), np.array([1.0, 1.0]), least=0.0, most=1.0)
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)


def test_a_ratio_of_one_batch_has_no_interval_and_of_none_no_value() -> None:
    assert ratio(np.array([3.0]), np.array([2.0])).low is None
    assert ratio(np.array([0.0]), np.array([0.0])).value is None


@given(st.lists(_FIGURES, min_size=1, max_size=60), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_numpys_and_lies_within_its_interval(
    values: list[float], probability: float
) -> None:
    found = quantile(np.array(values), probability)
    assert found.value == pytest.approx(np.quantile(values, probability), abs=1e-6)
    if found.low is not None and found.high is not None and found.value is not None:
        assert found.low <= found.value + 1e-6
        assert found.value <= found.high + 1e-6
        assert {found.low, found.high} <= set(values)


@given(st.dictionaries(st.integers(-50, 50), st.integers(1, 9), min_size=1, max_size=20))
def test_counted_values_have_the_quantile_of_the_values_written_out(counts: dict[int, int]) -> None:
    values, times = np.array(list(counts)), np.array(list(counts.values()))
    assert quantile(values, 0.5, times) == quantile(np.repeat(values, times), 0.5)


@pytest.mark.parametrize(
    ("size", "ranks"),
    # Conover, Practical Nonparametric Statistics, table A3: r - 1 and s from the binomial distribution.
    [(5, (0, 6)), (6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (100, (40, 61))],
)
def test_ranks_around_the_median_are_the_tabulated_ones(size: int, ranks: tuple[int, int]) -> None:
    assert order_ranks(size, 0.5) == ranks


@given(st.integers(1, 400), st.sampled_from([0.5, 0.9, 0.95]))
def test_ranks_cover_with_95_percent_and_no_narrower_ones_do(size: int, probability: float) -> None:
    low, high = order_ranks(size, probability)
    below = stats.binom.cdf(np.arange(-1, size + 2) - 1, size, probability)
    tails = {rank: float(below[rank + 1]) for rank in range(-1, size + 1)}

    def under(rank: int) -> float:
        """Chance that fewer than `rank` observations lie below the quantile."""
        return tails[rank]

    assert low == 0 or under(low) <= 0.025
    assert under(low + 1) > 0.025 if low < size else True
    assert high == size + 1 or 1 - under(high) <= 0.025 + 1e-12


def test_six_observations_are_the_fewest_for_a_median_and_72_for_a_95th_percentile() -> None:
    for size, probability in ((6, 0.5), (72, 0.95)):
        values = np.arange(float(size))
        assert quantile(values, probability).low is not None
        assert quantile(values[1:], probability).low is None
