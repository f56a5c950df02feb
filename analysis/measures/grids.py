"""Instrument grids and calendar units as Polars expressions.

Everything that is summed over many rows is an integer: integer sums do not depend on the order in which
threads deliver the rows, so the same log gives the same figure to the last bit, and a comparison of a
run with itself is exactly zero. Ratios are rounded to integers row by row, finely, before they are summed.
"""

import polars as pl

from sim.units import ASSETS, DAY_US, HOUR_US, INSTRUMENTS, SYMBOLS

HKT_US = 8 * HOUR_US
"""Hong Kong is this far ahead of UTC, all year."""

HKD_UNIT = ASSETS["HKD"].unit_minor
"""Minor units of one Hong Kong dollar."""

COINS: tuple[str, ...] = tuple(code for code, asset in ASSETS.items() if asset.kind == "coin")
"""Assets that count as tokens, in the order of `sim.units.ASSETS`."""


def by_instrument(values: dict[str, int] | dict[str, str]) -> pl.Expr:
    """Return the value that belongs to each row's instrument; an unknown instrument is an error.

    For small tables: over many rows, group by instrument first and look the grid up afterwards.
    """
    dtype = pl.Int64 if all(isinstance(value, int) for value in values.values()) else pl.String
    return pl.col("instrument").replace_strict(
        list(values), list(values.values()), return_dtype=dtype
    )


def tick_lot_minor() -> pl.Expr:
    """Quote minor units of one lot at a price of one tick."""
    return by_instrument({symbol: grid.tick_lot_minor for symbol, grid in INSTRUMENTS.items()})


def lot_minor() -> pl.Expr:
    """Return the base minor units of one lot."""
    return by_instrument({symbol: grid.lot_minor for symbol, grid in INSTRUMENTS.items()})


def base() -> pl.Expr:
    """Code of the base asset."""
    return by_instrument({symbol: grid.base for symbol, grid in INSTRUMENTS.items()})


def quote() -> pl.Expr:
    """Code of the quote asset."""
    return by_instrument({symbol: grid.quote for symbol, grid in INSTRUMENTS.items()})


def quoted_in_hkd() -> pl.Expr:
    """Whether the row's pair is quoted in HKD."""
    return pl.col("instrument").is_in(
        [symbol for symbol, grid in INSTRUMENTS.items() if grid.quote == "HKD"]
    )


def client_pair_key(client: str) -> pl.Expr:
    """One integer for a client and the row's instrument: grouping by it is twice as fast as by both."""
    place = pl.col("instrument").cast(pl.Enum(SYMBOLS)).to_physical().cast(pl.Int64)
    return pl.col(client) * len(SYMBOLS) + place


def client_of(key: pl.Expr) -> pl.Expr:
    """Return the client of a key."""
    return key // len(SYMBOLS)


def coin_place_of(key: pl.Expr) -> pl.Expr:
    """Return the place in `COINS` of the base asset of a key's instrument."""
    places = [COINS.index(INSTRUMENTS[symbol].base) for symbol in SYMBOLS]
    return (key % len(SYMBOLS)).replace_strict(range(len(SYMBOLS)), places, return_dtype=pl.Int64)


def lot_minor_of(key: pl.Expr) -> pl.Expr:
    """Return the base minor units of one lot of a key's instrument."""
    lots = [INSTRUMENTS[symbol].lot_minor for symbol in SYMBOLS]
    return (key % len(SYMBOLS)).replace_strict(range(len(SYMBOLS)), lots, return_dtype=pl.Int64)


def instrument_of(key: pl.Expr) -> pl.Expr:
    """Return the instrument of a key."""
    return (key % len(SYMBOLS)).replace_strict(range(len(SYMBOLS)), SYMBOLS, return_dtype=pl.String)


def hong_kong_day(time_us: pl.Expr) -> pl.Expr:
    """Return the number of the Hong Kong date, day 0 being 1 January 1970."""
    return (time_us + HKT_US) // DAY_US


def hong_kong_month(time_us: pl.Expr) -> pl.Expr:
    """Return the number of the Hong Kong month: year times 12 plus month, January being 0."""
    moment = pl.from_epoch(time_us + HKT_US, time_unit="us")
    return (moment.dt.year().cast(pl.Int64) * 12 + moment.dt.month() - 1).cast(pl.Int64)
