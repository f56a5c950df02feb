"""The outside market as the platform sees it: prices in ticks, the Hong Kong dollar, the mood.

Known prices come from the table that ships or from a file, the bridge joins them on a regular grid, and
each price becomes ticks once. The path is a function of the scenario's reference and of the seed alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from sim.compiled import kernel
from sim.draws import purpose
from sim.scenario.model import Reference
from sim.units import ASSETS, DAY_US, HOUR_US, INSTRUMENTS, PPM, YEAR_US
from sim.world.bridge import (
    LEVEL_HALF_LIFE_BARS,
    bridge,
    clock_rates,
    measured_levels,
    unit_shocks,
)
from sim.world.known_prices import COINS, known_prices
from sim.world.prices import KnownPrices, ReferenceDataError, shipped_hong_kong_dollar

__all__ = ["ReferenceDataError", "ReferencePath", "build_reference"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAD_IN_US = 30 * DAY_US
"""Path before the start of the run, so that the mood of its first day has a past."""
ACTIVITY_WINDOW_US = DAY_US
"""A day, so that the hours of the day, which business time knows already, are averaged away."""
ACTIVITY_BOUNDS = (0.3, 4.0)
"""Assumption."""
FEWEST_BARS = 10
"""A file with fewer bars tells too little about volatility: the scenario's own value holds."""

_SHOCKS = {coin: purpose(f"world.price.{coin}") for coin in COINS}


@attrs.frozen(eq=False, kw_only=True)
class ReferencePath:
    """Outside prices on a grid: the value at an instant t is at index (t - start_us) // step_us."""

    start_us: int
    """First grid instant: a multiple of the step, at most one step before the run's start."""
    step_us: int
    ticks: dict[str, Ints]
    """Price of each pair in ticks, in the order of `sim.units.INSTRUMENTS`."""
    hkd_per_usd_ppm: Ints
    """HKD for a million USD: 7.8 is 7,800,000."""
    activity: Floats
    """How lively the market is: volatility of the past day relative to the past month, mean about 1."""

    def __len__(self) -> int:
        return len(self.activity)

    def index(self, time_us: int) -> int:
        """Return the index of the value in force at an instant of the run."""
        return (time_us - self.start_us) // self.step_us


def build_reference(
    reference: Reference, start_us: int, end_us: int, seed: int, base: Path
) -> ReferencePath:
    """Build the path from `start_us` to `end_us`, both included.

    Parameters
    ----------
    base
        Folder that a relative `reference.file` is relative to.

    Raises
    ------
    ReferenceDataError
        See `known_prices`.
    """
    known = known_prices(reference, start_us, end_us, base)
    step_us = int(reference.step)
    first_grid, last_grid = start_us // step_us, end_us // step_us
    earliest = -(-max(int(prices.time_us[0]) for prices in known.values()) // step_us)
    lead_grid = max(min(earliest, first_grid), first_grid - LEAD_IN_US // step_us)
    usd = _usd_paths(
        reference, known, seed, lead_grid, last_grid, measured=reference.file is not None
    )
    lead = first_grid - lead_grid
    activity = _activity(
        usd[COINS[0]], max(ACTIVITY_WINDOW_US // step_us, 1), max(LEAD_IN_US // step_us, 1)
    )
    hkd_ppm = _hkd_per_usd_ppm(first_grid, last_grid, step_us)
    return ReferencePath(
        start_us=first_grid * step_us,
        step_us=step_us,
        ticks={
            symbol: _ticks(symbol, usd[instrument.base][lead:], hkd_ppm)
            for symbol, instrument in INSTRUMENTS.items()
        },
        hkd_per_usd_ppm=hkd_ppm,
        activity=activity[lead:],
    )


def _usd_paths(
    reference: Reference,
    known: Mapping[str, KnownPrices],
    seed: int,
    first_grid: int,
    last_grid: int,
    *,
    measured: bool,
) -> dict[str, Floats]:
    """USD price of each coin on the grid instants from `first_grid` to `last_grid`."""
    step_us = int(reference.step)
    near = {
        coin: prices.around(first_grid * step_us, last_grid * step_us)
        for coin, prices in known.items()
    }
    begin_us = min(int(prices.time_us[0]) for prices in near.values())
    end_us = max(int(prices.time_us[-1]) for prices in near.values())
    first_step, steps = begin_us // step_us, (end_us - 1) // step_us - begin_us // step_us + 1
    # Whole steps: a step that a known price cuts still has its whole clock.
    first_hour = first_step * step_us // HOUR_US
    rates = clock_rates(seed, first_hour, (first_step + steps) * step_us // HOUR_US)
    leading = unit_shocks(seed, _SHOCKS[COINS[0]], first_step, steps)
    share = reference.correlation / PPM
    paths: dict[str, Floats] = {}
    for coin, prices in near.items():
        shocks = leading
        if coin != COINS[0]:
            own = unit_shocks(seed, _SHOCKS[coin], first_step, steps)
            shocks = share * leading + np.sqrt(1.0 - share * share) * own
        level = _levels(reference, coin, known[coin], prices, measured=measured)
        paths[coin] = bridge(
            prices.time_us,
            prices.usd,
            level,
            measured and len(known[coin].usd) > FEWEST_BARS,
            shocks,
            first_step,
            rates,
            first_hour,
            step_us,
            first_grid,
            last_grid - first_grid + 1,
        )
    return paths


def _levels(
    reference: Reference, coin: str, known: KnownPrices, near: KnownPrices, *, measured: bool
) -> Floats:
    """Variance per microsecond between each two of the near prices."""
    if measured and len(known.usd) > FEWEST_BARS:
        levels = measured_levels(known.time_us, known.usd, LEVEL_HALF_LIFE_BARS)
        first = int(np.searchsorted(known.time_us, near.time_us[0]))
        return np.asarray(levels[first : first + len(near.usd) - 1])
    if coin not in reference.annual_volatility:
        raise ReferenceDataError(
            f"world.reference.annual_volatility has no value for {coin}, which the bridge needs."
        )
    annual = reference.annual_volatility[coin] / PPM
    return np.full(len(near.usd) - 1, annual * annual / YEAR_US)


def _hkd_per_usd_ppm(first_grid: int, last_grid: int, step_us: int) -> Ints:
    times = np.arange(first_grid, last_grid + 1, dtype=np.int64) * step_us
    return np.rint(shipped_hong_kong_dollar().at(times) * PPM).astype(np.int64)


def _ticks(symbol: str, usd: Floats, hkd_per_usd_ppm: Ints) -> Ints:
    """Convert prices to the nearest tick, at least one."""
    instrument = INSTRUMENTS[symbol]
    quoted = usd * hkd_per_usd_ppm / PPM if instrument.quote == "HKD" else usd
    ticks = np.rint(quoted * (ASSETS[instrument.quote].unit_minor / instrument.tick_minor))
    return np.maximum(ticks, 1.0).astype(np.int64)


@kernel
def _activity(usd: Any, short: int, long: int) -> Any:
    """Mean absolute return of the last `short` steps over that of the last `long`, bounded.

    Uses returns up to each instant only. Before there are `short` steps the two are the same.
    """
    total = np.zeros(len(usd))
    for index in range(1, len(usd)):
        total[index] = total[index - 1] + abs(usd[index] / usd[index - 1] - 1.0)
    activity = np.ones(len(usd))
    for index in range(1, len(usd)):
        recent = min(short, index)
        past = min(long, index)
        usual = (total[index] - total[index - past]) / past
        if usual > 0.0:
            ratio = (total[index] - total[index - recent]) / recent / usual
            activity[index] = min(max(ratio, ACTIVITY_BOUNDS[0]), ACTIVITY_BOUNDS[1])
    return activity
