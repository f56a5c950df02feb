"""Comparisons of real runs in real processes, small ones."""

from pathlib import Path

import pytest

from analysis import outcomes
from sim.experiments import Comparison, Finished, run_comparison
from sim.journal import RunLog

WEEK = ("world.population.prospects=200", "horizon.start=2023-09-01", "horizon.end=2023-09-08")


def _compare(folder: Path, overlays: tuple[str, ...], workers: int = 2) -> Comparison:
    return run_comparison(
        "hk-retail-2023",
        "hk-retail-2023",
        seeds=(1, 2),
        folder=folder,
        variant_overlays=overlays,
        settings=WEEK,
        workers=workers,
    )


@pytest.mark.slow
def test_a_scenario_against_itself_differs_by_exactly_zero_in_processes_of_their_own(
    tmp_path: Path,
) -> None:
    comparison = _compare(tmp_path / "null", ())
    assert comparison.failures == ()
    assert comparison.identical_pairs == 2
    assert {row.difference for row in comparison.rows if row.pairs} == {0.0}
    # What travelled back is what the logs say.
    for result in comparison.results:
        assert isinstance(result, Finished)
        assert outcomes(RunLog.open(result.task.run_dir)) == result.outcomes


@pytest.mark.slow
def test_a_lower_exposure_limit_refuses_more_orders_of_the_same_people(tmp_path: Path) -> None:
    comparison = _compare(tmp_path / "ten", ("rules/exposure-10.toml",))
    assert comparison.failures == ()
    assert comparison.identical_pairs == 0
    rows = {row.name: row for row in comparison.rows}
    assert rows["arrived_persons"].difference == 0.0
    refused = rows["exposure_limit_refused_per_100_accepted"]
    assert refused.difference is not None
    assert refused.difference > 0
