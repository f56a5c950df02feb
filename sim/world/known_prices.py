"""The known prices that a run's outside prices are built on: the table that ships, or a file.

Apart from the path that is built on them, so that a scenario can be checked without the compiled kernels.
"""

from collections.abc import Mapping
from pathlib import Path

from sim.scenario.model import Reference
from sim.units import INSTRUMENTS, format_us
from sim.world.price_file import load_prices
from sim.world.prices import SHIPPED_TABLE, KnownPrices, ReferenceDataError, shipped_prices

COINS = tuple(dict.fromkeys(instrument.base for instrument in INSTRUMENTS.values()))
"""Coins that a listed pair could need; the first, bitcoin, leads the others."""


def known_prices(
    reference: Reference, start_us: int, end_us: int, base: Path
) -> Mapping[str, KnownPrices]:
    """Read the known prices that a path from `start_us` to `end_us` is built on, without building it.

    Parameters
    ----------
    base
        Folder that a relative `reference.file` is relative to.

    Raises
    ------
    ReferenceDataError
        The file cannot be used (see `sim.world.price_file.load_prices`), or the known prices do not
        reach from the first instant to the last.
    """
    file = None if reference.file is None else base / reference.file
    known = shipped_prices(COINS) if file is None else load_prices(file, COINS)
    step_us = int(reference.step)
    _check_cover(file, known, start_us // step_us * step_us, end_us // step_us * step_us)
    return known


def _check_cover(
    file: Path | None, known: Mapping[str, KnownPrices], start_us: int, end_us: int
) -> None:
    gaps = [
        f"{coin} from {format_us(int(prices.time_us[0]))} to {format_us(int(prices.time_us[-1]))}"
        for coin, prices in known.items()
        if prices.time_us[0] > start_us or prices.time_us[-1] < end_us
    ]
    if gaps:
        early = any(prices.time_us[0] > start_us for prices in known.values())
        raise ReferenceDataError(
            f"{file or SHIPPED_TABLE}: the run needs outside prices from {format_us(start_us)} to "
            f"{format_us(end_us)}, but there are prices of {' and of '.join(gaps)} only.",
            "start" if early else "end",
        )
