"""A random path between known prices: hits each of them exactly, with realistic motion in between.

Between two known prices the logarithm of the price is a Brownian bridge on a stochastic clock. The clock
runs at the squared volatility of the hour, which is a product of three parts:

- three factors with half-lives of a month, two days and four hours (log-AR(1) processes, as in component
  models of realised volatility: F. Corsi 2009, J. Financial Econometrics 7), common to all coins;
- the mean absolute return by hour of day on a large market.

The shocks on the clock are Student-t with four degrees of freedom, scaled to unit variance: the exponent
of their tail is near the measured one. No shock is larger than the largest measured. A coin other than bitcoin takes part of bitcoin's shock.

Every draw is keyed by the coin and by the step or hour counted from the epoch, and a path between two
known prices depends on nothing outside them. So another start or a longer horizon changes no price.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled import kernel
from sim.draws import normal, purpose, uniform
from sim.units import HOUR_US

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

VOLATILITY_HALF_LIVES_H = np.array([720.0, 48.0, 4.0])
"""Half-lives of the volatility factors in hours; calibrated, see the README of this folder."""
VOLATILITY_DEVIATIONS = np.array([0.40, 0.30, 0.40])
"""Standard deviation of each factor in the logarithm of volatility; calibrated likewise."""

HOUR_PROFILE = np.array(
    [
        1.138, 1.057, 0.920, 0.856, 0.742, 0.789, 0.824, 0.877, 0.950, 0.864, 0.842, 0.867,
        1.027, 1.198, 1.424, 1.276, 1.122, 1.081, 1.057, 1.071, 1.083, 1.012, 0.984, 0.941,
    ]
)  # fmt: skip
"""Mean absolute hourly return by hour of day, UTC, relative to all hours. Measured: Binance BTC/USDT,
hourly closes 2020-09-20 to 2025-09-19."""

LEVEL_HALF_LIFE_BARS = 12.0
"""Memory, in bars, of the volatility level measured from a file's own bars; assumption."""

LARGEST_SHOCK = 25.0
"""In standard deviations of the hours before: 21 to 29 in a month of 1-minute, nine months of 5-minute and
five years of hourly returns of BTC and ETH (Binance)."""

FARTHEST = 12.0
"""Largest logarithm of a price over the known price before it: a file with wild prices must not leave
the range of int64 ticks. No market moves by a factor of 160,000."""

_FACTORS = np.array([purpose(f"world.volatility.{number}") for number in range(3)])


def clock_rates(seed: int, first_hour: int, last_hour: int) -> Floats:
    """Squared relative volatility of the hours [first_hour, last_hour], counted from the epoch; mean 1."""
    return np.asarray(
        _clock_rates(
            seed,
            first_hour,
            last_hour,
            _FACTORS,
            VOLATILITY_HALF_LIVES_H,
            VOLATILITY_DEVIATIONS,
            HOUR_PROFILE**2 / np.mean(HOUR_PROFILE**2),
        )
    )


@kernel
def _clock_rates(
    seed: int,
    first_hour: int,
    last_hour: int,
    factors: Any,
    half_lives: Any,
    deviations: Any,
    profile: Any,
) -> Any:
    rates = np.zeros(last_hour - first_hour + 1)
    for number in range(len(factors)):
        keep = 0.5 ** (1.0 / half_lives[number])
        fresh = math.sqrt(1.0 - keep * keep)
        # The factor starts in its long-run state at the epoch and is the same for every horizon.
        state = normal(uniform(seed, factors[number], 0, 0))
        for hour in range(1, last_hour + 1):
            state = keep * state + fresh * normal(uniform(seed, factors[number], 0, hour))
            if hour >= first_hour:
                rates[hour - first_hour] += deviations[number] * state
    variance = np.sum(deviations * deviations)
    for index in range(len(rates)):
        rates[index] = (
            math.exp(2.0 * (rates[index] - variance)) * profile[(first_hour + index) % 24]
        )
    return rates


@kernel
def student4(u: float) -> float:
    """Student-t draw with four degrees of freedom, scaled to variance 1; monotone in u.

    Closed form of the inverse: W. T. Shaw (2006), "Sampling Student's T distribution: use of the inverse
    cumulative distribution function", J. Computational Finance 9(4).
    """
    root = math.sqrt(4.0 * u * (1.0 - u))
    square = math.cos(math.acos(min(root, 1.0)) / 3.0) / root - 1.0
    size = math.sqrt(2.0 * max(square, 0.0))
    return float(-size if u < 0.5 else size)


@kernel
def unit_shocks(seed: int, code: int, first_step: int, count: int) -> Any:
    """Shocks of variance 1, bounded, for `count` steps from `first_step`, counted from the epoch."""
    shocks = np.empty(count)
    for index in range(count):
        shock = student4(uniform(seed, code, 0, first_step + index))
        shocks[index] = min(max(shock, -LARGEST_SHOCK), LARGEST_SHOCK)
    return shocks


@kernel
def measured_levels(known_us: Any, known_price: Any, half_life_bars: float) -> Any:
    """Variance per microsecond in force between each two known prices, from the bars up to that one.

    Squared log returns over elapsed time, both as exponentially weighted sums, so that a long gap weighs
    by its length; the sums start at the mean of the first bars. Shape: one less than the prices.
    """
    bars = len(known_us) - 1
    squares = np.empty(bars)
    for bar in range(bars):
        squares[bar] = math.log(known_price[bar + 1] / known_price[bar]) ** 2
    keep = 0.5 ** (1.0 / half_life_bars)
    first = min(bars, int(2.0 * half_life_bars))
    square = np.mean(squares[:first])
    span = float(known_us[first] - known_us[0]) / first
    for bar in range(bars):
        square = keep * square + (1.0 - keep) * squares[bar]
        span = keep * span + (1.0 - keep) * float(known_us[bar + 1] - known_us[bar])
        squares[bar] = square / span
    return squares


@kernel
def _clock_between(begin_us: int, end_us: int, rates: Any, first_hour: int) -> float:
    """Clock time between two instants: microseconds weighted with the hours' rates."""
    hour = begin_us // HOUR_US
    clock = 0.0
    while begin_us < end_us:
        stop = min(end_us, (hour + 1) * HOUR_US)
        clock += float(stop - begin_us) * rates[hour - first_hour]
        begin_us = stop
        hour += 1
    return clock


@kernel
def _advance(
    step: int,
    step_us: int,
    begin_us: int,
    end_us: int,
    shocks: Any,
    first_step: int,
    rates: Any,
    first_hour: int,
) -> tuple[float, float]:
    """Clock time and noise of the part of one step that lies between two known prices."""
    opens = step * step_us
    whole = _clock_between(opens, opens + step_us, rates, first_hour)
    part = whole
    if opens < begin_us or opens + step_us > end_us:
        part = _clock_between(max(opens, begin_us), min(opens + step_us, end_us), rates, first_hour)
    # A step's noise is linear in its clock, so a known price inside a step splits it.
    return part, shocks[step - first_step] * math.sqrt(whole) * (part / whole)


@kernel
def bridge(
    known_us: Any,
    known_price: Any,
    level: Any,
    level_is_mean: bool,
    shocks: Any,
    first_step: int,
    rates: Any,
    first_hour: int,
    step_us: int,
    first_grid: int,
    count: int,
) -> Any:
    """Prices at the grid instants (first_grid + k) * step_us, k < count, all within the known times.

    Parameters
    ----------
    known_us, known_price
        Increasing instants and positive prices.
    level
        Variance per microsecond between each two of them: the mean over that span with `level_is_mean`,
        otherwise the long-run mean of the clock.
    shocks, rates
        For every step from `first_step` and every hour from `first_hour` that the known times touch.
    """
    prices = np.empty(count)
    for bar in range(len(known_us) - 1):
        begin, end = known_us[bar], known_us[bar + 1]
        steps = range(begin // step_us, (end - 1) // step_us + 1)
        clock_end = 0.0
        noise_end = 0.0
        for step in steps:
            part, noise = _advance(step, step_us, begin, end, shocks, first_step, rates, first_hour)
            clock_end += part
            noise_end += noise
        scale = math.sqrt(level[bar] * (float(end - begin) / clock_end if level_is_mean else 1.0))
        move = math.log(known_price[bar + 1] / known_price[bar])
        clock_now = 0.0
        noise_now = 0.0
        for step in steps:
            index = step - first_grid
            if step * step_us >= begin and 0 <= index < count:
                share = clock_now / clock_end
                shift = share * move + scale * (noise_now - share * noise_end)
                prices[index] = known_price[bar] * math.exp(min(max(shift, -FARTHEST), FARTHEST))
            part, noise = _advance(step, step_us, begin, end, shocks, first_step, rates, first_hour)
            clock_now += part
            noise_now += noise
    last = len(known_us) - 1
    index = known_us[last] // step_us - first_grid
    if known_us[last] % step_us == 0 and 0 <= index < count:
        prices[index] = known_price[last]
    return prices
