"""Paired differences, against SciPy and a published example."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.statistics import paired

_FIGURES = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3))
_PAIRS = st.lists(st.tuples(_FIGURES, _FIGURES), min_size=2, max_size=40)


@given(_PAIRS)
def test_the_interval_is_scipys_paired_t(pairs: list[tuple[float, float]]) -> None:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = paired(before, after)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns of equal differences
        reference = stats.ttest_rel(after, before).confidence_interval(0.95)
    scale = max(map(abs, before + after))
    assert found.difference == pytest.approx(
        sum(after) / len(after) - sum(before) / len(before), abs=1e-9 * scale
    )
    assert (found.low, found.high) == pytest.approx(
        (reference.low, reference.high), abs=1e-7 * scale
    )


def test_the_interval_of_students_own_sleep_data() -> None:
    # Student (1908), "The probable error of a mean", Biometrika 6: additional hours of sleep of ten
    # patients with two drugs. The tabulated t for 9 degrees of freedom is 2.262.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = paired(first, second)
    assert found.difference == pytest.approx(1.58)
    assert found.low == pytest.approx(1.58 - 2.262 * 1.23 / 10**0.5, abs=2e-3)
    assert found.high == pytest.approx(2.46, abs=5e-3)


@given(st.lists(_FIGURES, min_size=2, max_size=30))
def test_a_run_against_itself_differs_by_exactly_zero(figures: list[float]) -> None:
    found = paired(figures, list(figures))
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)


@given(_PAIRS)
def test_exchanging_the_sides_turns_the_sign(pairs: list[tuple[float, float]]) -> None:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    there, back = paired(before, after), paired(after, before)
    assert there.difference is not None
    assert there.low is not None
    assert there.high is not None
    assert (back.difference, back.low, back.high) == (-there.difference, -there.high, -there.low)
    assert back.variance_ratio == pytest.approx(there.variance_ratio)


def test_equal_differences_leave_no_doubt() -> None:
    # Powers of two, so that the differences are equal to the last bit.
    found = paired([1.0, 2.0, 4.0], [1.25, 2.25, 4.25])
    assert (found.difference, found.low, found.high) == (0.25, 0.25, 0.25)
    assert found.variance_ratio == 0.0


def test_the_mean_of_equal_figures_is_that_figure() -> None:
    assert paired([0.1] * 3, [0.1] * 3).baseline == 0.1


def test_one_pair_has_a_difference_and_no_interval_and_none_has_nothing() -> None:
    one = paired([1.0], [3.0])
    assert (one.pairs, one.difference, one.low, one.high) == (1, 2.0, None, None)
    assert one.variance_ratio is None
    none = paired([], [])
    assert (none.pairs, none.baseline, none.difference) == (0, None, None)


def test_a_seed_with_an_undefined_figure_is_left_out_of_both_means() -> None:
    found = paired([1.0, None, 3.0, 100.0], [2.0, 50.0, 4.0, None])
    assert found.pairs == 2
    assert (found.baseline, found.variant, found.difference) == (2.0, 3.0, 1.0)


def test_pairing_quality_is_one_for_unrelated_seeds_and_two_for_opposed_ones() -> None:
    # Orthogonal deviations: the variance of the difference is the sum of the variances.
    assert paired([1, 1, -1, -1], [1, -1, 1, -1]).variance_ratio == pytest.approx(1.0)
    assert paired([1, 2, 3], [3, 2, 1]).variance_ratio == pytest.approx(2.0)
    assert paired([5, 5], [7, 7]).variance_ratio is None


def test_not_a_number_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        paired([1.0], [float("nan")])
    with pytest.raises(ValueError, match="zip"):
        paired([1.0], [1.0, 2.0])
