"""Trades and orders as CSV: one row an event, in seq order, exact decimals, units in the column names.

A pair has a base (the coin) and a quote (the money): `price_quote` is quote per whole coin,
`quantity_base` coins, `value_quote` and the fees are in the quote. The columns `base` and `quote` of each
row name the two.
"""

from pathlib import Path

import polars as pl

from analysis.measures.grids import by_instrument, tick_lot_minor
from analysis.measures.grids import lot_minor as minor_of_lot
from sim.events.codes import OrderType, TimeInForce
from sim.journal import RunLog
from sim.units import ASSETS, INSTRUMENTS

_ORDER_KINDS = {
    "order_accepted": ("accepted", "quantity_lots"),
    "order_refused": ("refused", "quantity_lots"),
    "order_cancelled": ("cancelled", "remaining_lots"),
}
"""What each kind is called in the `event` column, and the column of its lots."""


def write_trades(log: RunLog, path: Path) -> int:
    """Write every trade of a log as CSV; returns the number of rows.

    Raises
    ------
    JournalError, PolarsError, OSError
        The log cannot be read, or the file cannot be written.
    """
    value = pl.col("price_ticks") * pl.col("quantity_lots") * tick_lot_minor()
    rows = log.scan("trade").select(
        "seq",
        "cause",
        *_when(),
        *_pair(),
        pl.col("taker_side").cast(pl.String).alias("taker_side"),
        _price("price_ticks").alias("price_quote"),
        _quantity("quantity_lots").alias("quantity_base"),
        _in_quote(value).alias("value_quote"),
        pl.col("taker").alias("taker_client"),
        pl.col("maker").alias("maker_client"),
        "taker_order",
        "maker_order",
        _in_quote(pl.col("taker_fee_minor")).alias("taker_fee_quote"),
        _in_quote(pl.col("maker_fee_minor")).alias("maker_fee_quote"),
    )
    rows.sink_csv(path)
    return log.rows("trade")


def write_orders(log: RunLog, path: Path) -> int:
    """Write every acceptance, refusal and cancellation of an order as CSV; returns the number of rows.

    Raises
    ------
    JournalError, PolarsError, OSError
        The log cannot be read, or the file cannot be written.
    """
    merged, *others = (_orders(log, kind) for kind in _ORDER_KINDS)
    for rows in others:
        merged = merged.merge_sorted(rows, key="seq")
    merged.sink_csv(path)
    return sum(log.rows(kind) for kind in _ORDER_KINDS)


def _orders(log: RunLog, kind: str) -> pl.LazyFrame:
    called, lots = _ORDER_KINDS[kind]
    schema = log.scan(kind).collect_schema()
    return log.scan(kind).select(
        "seq",
        "cause",
        *_when(),
        pl.lit(called).alias("event"),
        _known("order", schema, pl.Int64()),
        "client",
        *_pair(),
        pl.col("side").cast(pl.String).alias("side"),
        _known("order_type", schema, pl.Enum([kind.name.lower() for kind in OrderType])),
        _known("time_in_force", schema, pl.Enum([life.name.lower() for life in TimeInForce])),
        # A market order has no price.
        pl.when(pl.col("price_ticks") > 0).then(_price("price_ticks")).alias("price_quote"),
        _quantity(lots).alias("quantity_base"),
        _known("reason", schema, pl.String()).cast(pl.String),
        pl.when(pl.col("rule") != "").then(pl.col("rule")).alias("rule"),
    )


def _known(name: str, schema: pl.Schema, dtype: pl.DataType) -> pl.Expr:
    """Return a column, or one without values where a kind does not have it."""
    found = pl.col(name) if name in schema else pl.lit(None, dtype=dtype).alias(name)
    return found.cast(pl.String) if isinstance(dtype, pl.Enum) else found


def _when() -> list[pl.Expr]:
    utc = pl.from_epoch("time_us", time_unit="us").dt.replace_time_zone("UTC")
    local = utc.dt.convert_time_zone("Asia/Hong_Kong")
    return [local.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").alias("time_hkt"), pl.col("time_us")]


def _pair() -> list[pl.Expr]:
    bases = {symbol: pair.base for symbol, pair in INSTRUMENTS.items()}
    quotes = {symbol: pair.quote for symbol, pair in INSTRUMENTS.items()}
    return [
        pl.col("instrument"),
        by_instrument(bases).alias("base"),
        by_instrument(quotes).alias("quote"),
    ]


def _price(ticks: str) -> pl.Expr:
    sizes = {symbol: pair.tick_minor for symbol, pair in INSTRUMENTS.items()}
    return _in_quote(pl.col(ticks) * by_instrument(sizes))


def _quantity(lots: str) -> pl.Expr:
    decimals = {symbol: ASSETS[pair.base].decimals for symbol, pair in INSTRUMENTS.items()}
    return _decimal(pl.col(lots) * minor_of_lot(), decimals)


def _in_quote(amount_minor: pl.Expr) -> pl.Expr:
    decimals = {symbol: ASSETS[pair.quote].decimals for symbol, pair in INSTRUMENTS.items()}
    return _decimal(amount_minor, decimals)


def _decimal(amount_minor: pl.Expr, decimals: dict[str, int]) -> pl.Expr:
    """Write minor units (from 0 up) as a decimal number, exactly: no float touches an amount."""
    units = by_instrument({symbol: 10**places for symbol, places in decimals.items()})
    fraction = (amount_minor % units).cast(pl.String).str.zfill(by_instrument(decimals))
    return pl.format("{}.{}", amount_minor // units, fraction)
