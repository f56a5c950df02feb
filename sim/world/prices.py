"""Known outside prices, and the table of them that ships with the world."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from sim.scenario.files import shipped
from sim.units import to_us

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHIPPED_TABLE = "worlds/hong-kong/reference.toml"


class ReferenceDataError(ValueError):
    """Outside prices that cannot be used; the message is a full sentence that names the file."""

    def __init__(self, message: str, uncovered: Literal["start", "end"] | None = None) -> None:
        super().__init__(message)
        self.uncovered = uncovered
        """Which end of the horizon has no prices, the start where both have none; None for other faults."""


@attrs.frozen(eq=False)
class KnownPrices:
    """Prices of one coin: strictly increasing instants (int64 us) and USD for one coin (float64)."""

    time_us: Ints
    usd: Floats

    def around(self, start_us: int, end_us: int) -> "KnownPrices":
        """Return the prices from the last at or before the start to the first at or after the end."""
        first = int(np.searchsorted(self.time_us, start_us, side="right")) - 1
        last = int(np.searchsorted(self.time_us, end_us, side="left")) + 1
        return KnownPrices(self.time_us[max(first, 0) : last], self.usd[max(first, 0) : last])


@attrs.frozen(eq=False)
class HongKongDollar:
    """HKD for one USD: fixings, joined by straight lines, held flat outside them, within the band."""

    time_us: Ints
    rate: Floats
    low: float
    high: float

    def at(self, time_us: Ints) -> Floats:
        """Return the rate at each instant."""
        rates = np.interp(time_us.astype(np.float64), self.time_us.astype(np.float64), self.rate)
        return np.clip(rates, self.low, self.high)


@cache
def _shipped_document() -> Mapping[str, Any]:
    path = shipped(SHIPPED_TABLE)
    if path is None:
        raise ReferenceDataError(
            f"{SHIPPED_TABLE}: the table of outside prices is missing from this installation"
        )
    with path.open("rb") as file:
        return tomllib.load(file)


def shipped_prices(coins: Iterable[str]) -> dict[str, KnownPrices]:
    """Month-end closes of the shipped table."""
    rows = _shipped_document()["coins"]["closes"]
    times = np.array([to_us(row["at"]) for row in rows], dtype=np.int64)
    return {
        coin: KnownPrices(times, np.array([row[coin] for row in rows], dtype=np.float64))
        for coin in coins
    }


def shipped_hong_kong_dollar() -> HongKongDollar:
    """Month-end fixings of the shipped table."""
    table = _shipped_document()["hkd_per_usd"]
    return HongKongDollar(
        np.array([to_us(row["at"]) for row in table["fixings"]], dtype=np.int64),
        np.array([row["HKD"] for row in table["fixings"]], dtype=np.float64),
        float(table["band"]["low"]),
        float(table["band"]["high"]),
    )
