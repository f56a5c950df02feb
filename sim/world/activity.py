"""Business time: the clock on which people look at the market.

A clock that runs fast when the market is busy and slowly when it sleeps. Its rate is the product of the
hour of day, the day of the week and the outside market's volatility (`ReferencePath.activity`). Over a
typical week of average volatility a week of business time passes in a week. It is the same for every
policy.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled import kernel
from sim.units import HOUR_US

Floats = npt.NDArray[np.float64]

HOUR_SHARE = np.array(
    [
        0.0425, 0.0385, 0.0354, 0.0329, 0.0312, 0.0311, 0.0333, 0.0378, 0.0398, 0.0384, 0.0383, 0.0385,
        0.0473, 0.0560, 0.0658, 0.0617, 0.0554, 0.0463, 0.0438, 0.0427, 0.0407, 0.0331, 0.0343, 0.0350,
    ]
)  # fmt: skip
"""Share of a day's quote volume by hour, UTC. Measured: Binance BTC/USDT, hourly bars 2020-09 to 2025-09."""

WEEKDAY_RATE = np.array([1.139, 1.137, 1.153, 1.110, 1.125, 0.624, 0.679])
"""Daily volume from Monday to Sunday relative to the week's mean; measured likewise. Days are UTC."""

HONG_KONG_HOURS = (1, 2, 3, 12, 13, 14)
HONG_KONG_HUMP = 0.5
"""Extra activity of a Hong Kong client base at 09-12 and 20-23 Hong Kong time (01-04 and 12-15 UTC), in
units of the mean hour. No tape of a licensed platform was found to measure it: assumption."""

_EPOCH_HOUR_OF_WEEK = 3 * 24
"""The epoch is a Thursday midnight UTC; hour 0 of the week is Monday's first."""


def _week_rates() -> Floats:
    day = HOUR_SHARE * 24
    day[list(HONG_KONG_HOURS)] += HONG_KONG_HUMP
    week = np.outer(WEEKDAY_RATE, day).ravel()
    return np.asarray(week / week.mean())


WEEK_RATES = _week_rates()
"""Rate of business time in each of the 168 hours of the week from Monday 00:00 UTC; mean 1."""


def cumulative(start_us: int, step_us: int, activity: Floats) -> Floats:
    """Return the business time in microseconds passed since `start_us` at each instant of the grid.

    Parameters
    ----------
    start_us, step_us
        The grid of `activity`: instant k is start_us + k * step_us.
    activity
        Positive factor in force from each grid instant to the next.

    Returns
    -------
    float64 of the same length, strictly increasing from 0.
    """
    return np.asarray(_cumulative(start_us, step_us, activity, WEEK_RATES))


@kernel
def _cumulative(start_us: int, step_us: int, activity: Any, rates: Any) -> Any:
    passed = np.zeros(len(activity))
    for index in range(1, len(activity)):
        begin = start_us + (index - 1) * step_us
        end = begin + step_us
        span = 0.0
        while begin < end:
            hour = begin // HOUR_US
            stop = min(end, (hour + 1) * HOUR_US)
            span += float(stop - begin) * rates[(hour + _EPOCH_HOUR_OF_WEEK) % len(rates)]
            begin = stop
        passed[index] = passed[index - 1] + span * activity[index - 1]
    return passed


@kernel
def wall_to_business(cumulative: Any, start_us: int, step_us: int, time_us: int) -> float:
    """Return the business time in microseconds passed since `start_us` at an instant.

    Outside the grid business time runs at the rate of wall time.
    """
    index = (time_us - start_us) // step_us
    if index < 0:
        return float(time_us - start_us)
    last = len(cumulative) - 1
    if index >= last:
        return float(cumulative[last] + float(time_us - start_us - last * step_us))
    part = float(time_us - start_us - index * step_us) / step_us
    return float(cumulative[index] + part * (cumulative[index + 1] - cumulative[index]))


@kernel
def business_to_wall(cumulative: Any, start_us: int, step_us: int, business_us: float) -> int:
    """Instant by which so much business time has passed since `start_us`; the inverse, monotone.

    Rounded to the microsecond; outside the grid business time runs at the rate of wall time.
    """
    last = len(cumulative) - 1
    if business_us < 0.0:
        return start_us + int(np.floor(business_us + 0.5))
    if business_us >= cumulative[last]:
        return start_us + last * step_us + int(business_us - cumulative[last] + 0.5)
    low = 0
    high = last
    while high - low > 1:
        middle = (low + high) // 2
        if cumulative[middle] <= business_us:
            low = middle
        else:
            high = middle
    part = (business_us - cumulative[low]) / (cumulative[high] - cumulative[low])
    return start_us + low * step_us + int(part * step_us + 0.5)
