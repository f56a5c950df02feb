"""What things are worth: the HKD rate and the reference prices that the book samples carry.

The log has no separate price feed: each sample of a book holds the reference price of its pair, and the
HKD rate is the ratio of a coin's reference in HKD to its reference in USD at the same instant.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from analysis.measures import grids
from analysis.measures.registry import Tables
from sim.units import ASSETS, INSTRUMENTS, from_us

HKD_PER_USD = "hkd_per_usd"
_COINS = tuple(dict.fromkeys(grid.base for grid in INSTRUMENTS.values()))


class Span(NamedTuple):
    """First and last instant of the run."""

    start_us: int
    end_us: int


def _references(tables: Tables) -> pl.LazyFrame:
    return tables.scan("book_sampled").filter(pl.col("reference_ticks") > 0)


def span(tables: Tables) -> Span | None:
    """Span of the run; an interrupted run ends with its last book sample. None without either."""
    starts = tables.scan("run_started").select("time_us")
    ends = tables.scan("run_ended").select("time_us")
    samples = tables.scan("book_sampled").select("time_us")
    first, last = pl.col("time_us").min(), pl.col("time_us").max()
    found = (
        pl.concat([starts, ends, samples])
        .select(first.alias("start_us"), last.alias("end_us"))
        .collect(engine="streaming")
    )
    start_us, end_us = found.row(0)
    return None if start_us is None else Span(start_us, end_us)


def hkd_rates(tables: Tables) -> pl.DataFrame:
    """HKD per USD at each sampled instant, sorted by time: time_us, hkd_per_usd.

    Bitcoin's two reference prices give the rate, another coin's where Bitcoin is not sampled in both.
    """
    by_coin = []
    for coin in _COINS:
        hkd, usd = f"{coin}/HKD", f"{coin}/USD"
        if hkd not in INSTRUMENTS or usd not in INSTRUMENTS:
            continue
        # Ticks to quote minor units of one coin; HKD and USD have minor units of the same size.
        scale = INSTRUMENTS[hkd].tick_minor / INSTRUMENTS[usd].tick_minor
        by_coin.append(_reference_in(hkd) / _reference_in(usd) * scale)
    return (
        _references(tables)
        .group_by("time_us")
        .agg(pl.coalesce(by_coin).alias(HKD_PER_USD))
        .drop_nulls()
        .sort("time_us")
        .collect(engine="streaming")
    )


def _reference_in(symbol: str) -> pl.Expr:
    return pl.col("reference_ticks").filter(pl.col("instrument") == symbol).max()


def with_hkd_rate(rows: pl.LazyFrame, tables: Tables) -> pl.LazyFrame:
    """Add `hkd_per_quote` to rows that have time_us, in order, and instrument.

    1 for a pair in HKD; else the rate at the latest sample at or before the row, or the first sample
    for earlier rows; null where the log has no rate.
    """
    rates = tables.once(hkd_rates)
    first = rates[HKD_PER_USD].first() if rates.height else None
    return (
        rows.join_asof(rates.lazy(), on="time_us", strategy="backward")
        .with_columns(
            pl.when(grids.quoted_in_hkd())
            .then(1.0)
            .otherwise(pl.col(HKD_PER_USD).fill_null(pl.lit(first, pl.Float64)))
            .alias("hkd_per_quote")
        )
        .drop(HKD_PER_USD)
    )


def in_hkd(quoted: pl.Expr) -> pl.Expr:
    """Convert whole units of the quote asset at `hkd_per_quote`, rounding to whole ones; exact for HKD."""
    return (
        pl.when(grids.quoted_in_hkd())
        .then(quoted)
        .otherwise((quoted * pl.col("hkd_per_quote")).round().cast(pl.Int64))
    )


Prices = Mapping[str, float]
"""HKD (not minor units) per minor unit of each asset that has a price."""


def month_prices(tables: Tables) -> dict[int, Prices]:
    """Prices at the end of each month of the run (at the end of the run for the last), by month number.

    A month's price is its last sample, at or before the midnight that ends it; a coin that was not
    sampled keeps its price of the month before. Empty without samples.
    """
    # A sample at midnight of the first day still belongs to the month that ends there.
    month = grids.hong_kong_month(pl.col("time_us") - 1).alias("month")
    lasts = (
        _references(tables)
        .group_by(month, "instrument")
        .agg(pl.col("reference_ticks").last())
        .collect(engine="streaming")
    )
    covered = tables.once(span)
    if lasts.is_empty() or covered is None:
        return {}
    ticks = {(row[0], row[1]): row[2] for row in lasts.rows()}
    known: dict[str, float] = {}
    prices: dict[int, Prices] = {}
    for number in range(min(key[0] for key in ticks), month_of(covered.end_us - 1) + 1):
        known |= {
            symbol: ticks[key] for symbol in INSTRUMENTS if (key := (number, symbol)) in ticks
        }
        prices[number] = _in_hkd(known)
    return prices


def _in_hkd(reference_ticks: Mapping[str, float]) -> Prices:
    """HKD per minor unit of every asset, from the reference prices (in ticks) of the pairs."""
    quoted = {
        symbol: ticks
        * INSTRUMENTS[symbol].tick_minor
        / ASSETS[INSTRUMENTS[symbol].quote].unit_minor
        for symbol, ticks in reference_ticks.items()
    }
    rates = [
        quoted[f"{coin}/HKD"] / quoted[f"{coin}/USD"]
        for coin in _COINS
        if f"{coin}/HKD" in quoted and f"{coin}/USD" in quoted
    ]
    whole = {"HKD": 1.0}
    if rates:
        whole["USD"] = rates[0]
    for coin in _COINS:
        if f"{coin}/HKD" in quoted:
            whole[coin] = quoted[f"{coin}/HKD"]
        elif f"{coin}/USD" in quoted and rates:
            whole[coin] = quoted[f"{coin}/USD"] * rates[0]
    return {asset: price / ASSETS[asset].unit_minor for asset, price in whole.items()}


def final_prices(tables: Tables) -> Prices:
    """Prices at the last reference sample of the run; HKD alone without samples."""
    by_month = tables.once(month_prices)
    return by_month[max(by_month)] if by_month else _in_hkd({})


def month_of(time_us: int) -> int:
    """Return the number of the Hong Kong month of an instant, as `grids.hong_kong_month`."""
    moment = from_us(time_us)
    return moment.year * 12 + moment.month - 1
