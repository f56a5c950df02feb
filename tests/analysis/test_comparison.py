"""Two sets of runs, paired by seed."""

import pytest

from analysis import Log, Outcome, outcomes
from analysis.comparison import compare_runs


def _outcome(value: float | None, name: str = "depth_hkd") -> Outcome:
    return Outcome(name, "market_quality", "HKD", value, None, None, "Depth.")


def test_a_row_carries_the_paired_figures_of_its_measure() -> None:
    baseline = {1: [_outcome(1.0)], 2: [_outcome(2.0)], 3: [_outcome(6.0)]}
    variant = {1: [_outcome(2.0)], 2: [_outcome(4.0)], 3: [_outcome(9.0)]}
    (row,) = compare_runs(baseline, variant)
    assert (row.name, row.family, row.unit) == ("depth_hkd", "market_quality", "HKD")
    assert (row.baseline, row.variant, row.difference) == (3.0, 5.0, 2.0)
    assert row.low == pytest.approx(
        2.0 - 4.302653 / 3**0.5, abs=1e-5
    )  # t with 2 degrees of freedom
    assert (row.pairs, row.seeds) == (3, 3)


def test_a_seed_that_one_side_lacks_is_left_out() -> None:
    baseline = {1: [_outcome(1.0)], 2: [_outcome(100.0)], 3: [_outcome(3.0)]}
    variant = {3: [_outcome(4.0)], 1: [_outcome(2.0)]}
    (row,) = compare_runs(baseline, variant)
    assert (row.seeds, row.pairs, row.difference, row.baseline) == (2, 2, 1.0, 2.0)


def test_an_undefined_figure_shows_as_fewer_pairs() -> None:
    baseline = {1: [_outcome(None)], 2: [_outcome(1.0)]}
    (row,) = compare_runs(baseline, {1: [_outcome(1.0)], 2: [_outcome(1.0)]})
    assert (row.seeds, row.pairs, row.low) == (2, 1, None)
    (row,) = compare_runs({1: [_outcome(None)]}, {1: [_outcome(None)]})
    assert (row.pairs, row.baseline, row.difference) == (0, None, None)


def test_no_common_seed_gives_no_rows() -> None:
    assert compare_runs({1: [_outcome(1.0)]}, {2: [_outcome(1.0)]}) == ()


def test_runs_with_different_measures_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="seed 1: the runs hold different measures"):
        compare_runs({1: [_outcome(1.0)]}, {1: [_outcome(1.0, "volume_hkd")]})


def test_a_log_against_itself_differs_by_exactly_zero_in_every_measure(small_log: Log) -> None:
    runs = {seed: outcomes(small_log) for seed in (1, 2, 3)}
    again = {seed: outcomes(small_log) for seed in (1, 2, 3)}
    for row in compare_runs(runs, again):
        if row.pairs:
            assert (row.difference, row.low, row.high) == (0.0, 0.0, 0.0)
