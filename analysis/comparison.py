"""Compare two sets of runs: one row a measure, paired by seed."""

from collections.abc import Mapping, Sequence

import attrs

from analysis.measures.registry import Outcome
from analysis.statistics import paired


@attrs.frozen
class Row:
    """One measure under two policies; figures in its unit, as in `analysis.statistics.Paired`."""

    name: str
    family: str
    unit: str
    description: str
    baseline: float | None
    variant: float | None
    difference: float | None
    low: float | None
    high: float | None
    pairs: int
    """Seeds in which both runs have a figure."""
    seeds: int
    """Seeds that both sets have; more than `pairs` where the measure was undefined in some run."""
    variance_ratio: float | None


Runs = Mapping[int, Sequence[Outcome]]
"""Outcomes of the runs of one policy by seed."""


def compare_runs(baseline: Runs, variant: Runs) -> tuple[Row, ...]:
    """Pair two sets of runs by seed.

    Seeds that only one set has (the other run failed) are left out. Rows come in the order of the
    outcomes. The means are over the pairs, so that the difference of the means is the mean difference.

    Raises
    ------
    ValueError
        Two runs hold different measures.
    """
    seeds = sorted(baseline.keys() & variant.keys())
    if not seeds:
        return ()
    names = [outcome.name for outcome in baseline[seeds[0]]]
    for runs in (baseline, variant):
        for seed in seeds:
            if [outcome.name for outcome in runs[seed]] != names:
                raise ValueError(f"seed {seed}: the runs hold different measures")
    return tuple(
        _row([baseline[seed][index] for seed in seeds], [variant[seed][index] for seed in seeds])
        for index in range(len(names))
    )


def _row(before: Sequence[Outcome], after: Sequence[Outcome]) -> Row:
    found = paired([outcome.value for outcome in before], [outcome.value for outcome in after])
    about = before[0]
    return Row(
        name=about.name,
        family=about.family,
        unit=about.unit,
        description=about.description,
        baseline=found.baseline,
        variant=found.variant,
        difference=found.difference,
        low=found.low,
        high=found.high,
        pairs=found.pairs,
        seeds=len(before),
        variance_ratio=found.variance_ratio,
    )
