"""Paired comparison of two policies over seeds.

Two runs with one seed share their people and prices, so their difference carries far less noise than
either figure. The interval is Student's t on the differences (Law 2015, section 10.2.1), 95 % and
two-sided: if many sets of seeds were drawn, 95 % of such intervals would hold the mean difference. Where
all differences are equal the interval has no width; for a count over a few seeds that is coincidence, not
certainty, and more seeds will widen it.
"""

import math
from collections.abc import Sequence

import attrs

from analysis.estimates import CONFIDENCE, t_quantile


@attrs.frozen
class Paired:
    """Baseline against variant over the seeds in which both have a figure.

    All figures are in the measure's unit. Means are None without a pair; `low` and `high` are None with
    fewer than two.
    """

    pairs: int
    baseline: float | None
    """Mean over the pairs."""
    variant: float | None
    """Mean over the pairs."""
    difference: float | None
    """Mean of variant less baseline."""
    low: float | None
    high: float | None
    variance_ratio: float | None
    """Pairing quality: variance of the difference over the sum of the two variances. 0 is perfect pairing,
    1 is no better than independent seeds, above 1 is worse. None where neither figure varies."""


def paired(
    baseline: Sequence[float | None],
    variant: Sequence[float | None],
    confidence: float = CONFIDENCE,
) -> Paired:
    """Compare two figures seed by seed.

    Parameters
    ----------
    baseline, variant
        One entry a seed in the same order; None where a run left the measure undefined. Such a seed is
        left out of both.
    confidence
        Coverage of the interval.

    Raises
    ------
    ValueError
        The sequences differ in length, or a figure is not finite.
    """
    both = [
        (before, after)
        for before, after in zip(baseline, variant, strict=True)
        if before is not None and after is not None
    ]
    if not all(math.isfinite(figure) for pair in both for figure in pair):
        raise ValueError("a figure is not finite; an undefined figure is None")
    if not both:
        return Paired(0, None, None, None, None, None, None)
    befores, afters = [pair[0] for pair in both], [pair[1] for pair in both]
    differences = [after - before for before, after in both]
    difference, low, high = _interval(differences, confidence)
    return Paired(
        len(both),
        _mean(befores),
        _mean(afters),
        difference,
        low,
        high,
        _variance_ratio(befores, afters, differences),
    )


def _interval(
    values: Sequence[float], confidence: float
) -> tuple[float, float | None, float | None]:
    size = len(values)
    center = _mean(values)
    if size < 2:
        return center, None, None
    half = t_quantile(size - 1, confidence) * math.sqrt(_variance(values) / size)
    return center, center - half, center + half


def _mean(values: Sequence[float]) -> float:
    # Equal figures have exactly that mean; a sum of three tenths over three has not.
    return values[0] if min(values) == max(values) else math.fsum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    center = _mean(values)
    return math.fsum((value - center) ** 2 for value in values) / (len(values) - 1)


def _variance_ratio(
    befores: Sequence[float], afters: Sequence[float], differences: Sequence[float]
) -> float | None:
    if len(differences) < 2:
        return None
    apart = _variance(befores) + _variance(afters)
    return _variance(differences) / apart if apart > 0 else None
