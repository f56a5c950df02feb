"""Figures with the spread within one run.

An interval here describes how much a figure of *this* run would wander if the same clients or the same
days were drawn again: 95 %, two-sided. It says nothing about another seed, let alone another rule;
differences between rules need paired runs (`analysis.comparison`).

`scipy.special` is imported inside the functions: it costs a third of a second that `--help` must not pay.
"""

import math
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
"""Coverage of every interval in this package."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@attrs.frozen
class Estimate:
    """A figure with its interval; None where it is not defined (nobody traded, one client only)."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def scaled(self, factor: float) -> "Estimate":
        """Return the estimate in another unit; the factor is positive."""
        return Estimate(*(None if part is None else part * factor for part in attrs.astuple(self)))


UNDEFINED = Estimate(None)
"""What a measure returns when the run holds nothing to measure."""


def t_quantile(degrees: int, confidence: float = CONFIDENCE) -> float:
    """Return the two-sided critical value of Student's t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + confidence / 2))


def share(hits: int, trials: int) -> Estimate:
    """Share of independent trials with the score interval of Wilson (1927); between 0 and 1.

    Raises
    ------
    ValueError
        Hits are negative or more than trials.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits in {trials} trials")
    if trials == 0:
        return UNDEFINED
    from scipy.special import ndtri

    z = float(ndtri(0.5 + CONFIDENCE / 2))
    value = hits / trials
    centre = value + z * z / (2 * trials)
    half = z * math.sqrt(value * (1 - value) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At 0 and n hits the bound is exactly the value; floating point leaves 1e-19 of it.
    low = 0.0 if hits == 0 else (centre - half) / scale
    high = 1.0 if hits == trials else (centre + half) / scale
    return Estimate(value, low, high)


def mean(values: Floats) -> Estimate:
    """Mean over independent units (clients) with its t interval; needs two units for an interval."""
    size = len(values)
    if size == 0:
        return UNDEFINED
    value = math.fsum(values) / size
    if size == 1:
        return Estimate(value)
    if values.min() == values.max():
        return Estimate(float(values[0]), float(values[0]), float(values[0]))
    half = t_quantile(size - 1) * float(values.std(ddof=1)) / math.sqrt(size)
    return Estimate(value, value - half, value + half)


def ratio(
    numerators: Floats, denominators: Floats, *, least: float = -math.inf, most: float = math.inf
) -> Estimate:
    """Ratio of two sums over batches, with a t interval over the batches.

    A time average is such a ratio: the batches are days, the numerator is the day's sum over samples, the
    denominator the day's number of samples. With days of equal length this is the method of batch means;
    the linearised ratio estimator (Cochran 1977, section 6.3) lets days be of unequal length. Refusals
    per accepted order are another, with clients as batches.

    Parameters
    ----------
    numerators, denominators
        One entry a batch, denominators not negative; batches with neither are left out.
    least, most
        Bounds of the quantity (0 and 1 of a share); the interval is cut there.
    """
    used = (denominators > 0) | (numerators != 0)
    above, below = numerators[used], denominators[used]
    size = len(below)
    total = math.fsum(below)
    if total <= 0:
        return UNDEFINED
    value = math.fsum(above) / total
    if size == 1:
        return Estimate(value)
    residuals = above - value * below
    error = math.sqrt(math.fsum(residuals**2) * size / (size - 1)) / total
    half = t_quantile(size - 1) * error
    return Estimate(value, max(least, value - half), min(most, value + half))


def quantile(values: NDArray[Any], probability: float, counts: Integers | None = None) -> Estimate:
    """Quantile with the distribution-free interval between two order statistics.

    The interval's ranks come from the binomial distribution (David and Nagaraja 2003, section 7.1); with
    few observations (below 6 for a median, 72 for a 95th percentile) no such interval has the coverage,
    and it is undefined. The value interpolates linearly between order statistics.

    Parameters
    ----------
    values
        Observations in any order, or distinct values when `counts` says how often each occurs.
    probability
        Between 0 and 1; 0.5 is the median.
    counts
        Number of times each value was observed; all positive.
    """
    if len(values) == 0:
        return UNDEFINED
    order = np.argsort(values, kind="stable")
    ends = np.arange(1, len(values) + 1) if counts is None else np.cumsum(counts[order])
    size = int(ends[-1])

    def ranked(rank: int) -> float:
        return float(values[order[np.searchsorted(ends, rank)]])

    place = (size - 1) * probability
    below = ranked(math.floor(place) + 1)
    above = ranked(math.ceil(place) + 1)
    value = below + (above - below) * (place - math.floor(place))
    low_rank, high_rank = order_ranks(size, probability)
    if low_rank < 1 or high_rank > size:
        return Estimate(value)
    return Estimate(value, ranked(low_rank), ranked(high_rank))


def order_ranks(size: int, probability: float) -> tuple[int, int]:
    """Ranks of the order statistics that cover a quantile with at least 95 %, counted from 1.

    A lower rank of 0 or an upper rank of size + 1 means that no order statistic is far enough out.
    """
    from scipy.special import bdtr, bdtrik

    tail = (1 - CONFIDENCE) / 2

    def cumulative(successes: int) -> float:
        return float(bdtr(float(successes), size, probability)) if successes >= 0 else 0.0

    # Largest rank with at most a tail below it, and smallest with at most a tail above it. bdtrik gives
    # the place to within rounding; the loops settle it and end after a step or two.
    low = max(0, int(bdtrik(tail, size, probability)))
    while low < size and cumulative(low) <= tail:
        low += 1
    while low > 0 and cumulative(low - 1) > tail:
        low -= 1
    high = max(1, int(bdtrik(1 - tail, size, probability)))
    while high <= size and cumulative(high - 1) < 1 - tail:
        high += 1
    while high > 1 and cumulative(high - 2) >= 1 - tail:
        high -= 1
    return low, high
