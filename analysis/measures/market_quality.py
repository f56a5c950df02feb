"""Market quality: what the order books offer, from regular samples of their tops and from trades.

Samples are taken at equal intervals, so a mean over samples is a mean over time; each pair's sample
counts alike. Intervals take Hong Kong days as batches (`analysis.estimates.ratio`).
"""

from functools import partial

import numpy as np
import polars as pl

from analysis import estimates
from analysis.estimates import UNDEFINED, Estimate, Floats
from analysis.measures import grids, prices
from analysis.measures.registry import Log, Measure, Tables, measure, register
from analysis.measures.trading import pair_days
from sim.units import SYMBOLS

FAMILY = "market_quality"

_BPS = 10_000
_FINE = 1_000_000
"""Ratios in bps are summed as whole millionths of a basis point (see `analysis.measures.grids`)."""
_CENTS = 100
"""Depth is summed in whole HKD cents: millionths of a dollar could overflow on a deep, busy book."""


def sample_days(tables: Tables) -> pl.DataFrame:
    """One row a pair and Hong Kong day with book samples, sorted by pair and day.

    Columns: instrument, day, samples; two_sided (samples with a bid and an ask) and spread (their sum);
    compared (two-sided samples with a reference), premium and premium_abs; measured (samples with a
    reference and an HKD rate) and depth. Spread and premiums in millionths of a bps, depth in HKD cents.
    """
    bid, ask, reference = pl.col("bid_ticks"), pl.col("ask_ticks"), pl.col("reference_ticks")
    two_sided = (bid > 0) & (ask > 0)
    compared = two_sided & (reference > 0)
    measured = (reference > 0) & pl.col("hkd_per_quote").is_not_null()
    spread = _fine(2 * (ask - bid) / (ask + bid))
    premium = _fine((ask + bid - 2 * reference) / (2 * reference))
    depth_minor = (
        (pl.col("bid_depth_lots") + pl.col("ask_depth_lots")) * reference * grids.tick_lot_minor()
    )
    depth_cents = (depth_minor * pl.col("hkd_per_quote") * (_CENTS / grids.HKD_UNIT)).round()
    whole = pl.Int64
    return (
        prices.with_hkd_rate(tables.scan("book_sampled"), tables)
        .select(
            "instrument",
            grids.hong_kong_day(pl.col("time_us")).alias("day"),
            pl.lit(1, whole).alias("samples"),
            two_sided.cast(whole).alias("two_sided"),
            pl.when(two_sided).then(spread).otherwise(0).cast(whole).alias("spread"),
            compared.cast(whole).alias("compared"),
            pl.when(compared).then(premium).otherwise(0).cast(whole).alias("premium"),
            pl.when(compared).then(premium.abs()).otherwise(0).cast(whole).alias("premium_abs"),
            measured.cast(whole).alias("measured"),
            pl.when(measured).then(depth_cents).otherwise(0).cast(whole).alias("depth"),
        )
        .group_by("instrument", "day")
        .agg(pl.all().sum())
        .sort("instrument", "day")
        .collect(engine="streaming")
    )


def _fine(fraction: pl.Expr) -> pl.Expr:
    return (fraction * (_BPS * _FINE)).round()


def _over_days(
    tables: Tables,
    above: str,
    below: str,
    symbol: str | None = None,
    *,
    least: float = -np.inf,
    most: float = np.inf,
) -> Estimate:
    days = tables.once(sample_days)
    if symbol is not None:
        days = days.filter(pl.col("instrument") == symbol)
    sums = days.group_by("day").agg(pl.col(above, below).sum()).sort("day")
    return estimates.ratio(_floats(sums[above]), _floats(sums[below]), least=least, most=most)


def _floats(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).to_numpy()


def _spread(tables: Tables, symbol: str | None = None) -> Estimate:
    return _over_days(tables, "spread", "two_sided", symbol, least=0.0).scaled(1 / _FINE)


@measure(FAMILY, "bps", orders=True)
def quoted_spread_bps(tables: Tables) -> Estimate:
    """Time-weighted quoted spread over mid of all pairs, while two-sided."""
    return _spread(tables)


def _register_pairs() -> None:
    for symbol in SYMBOLS:
        name = f"quoted_spread_{symbol.replace('/', '_').lower()}_bps"
        described = f"Time-weighted quoted spread over mid of {symbol}, while two-sided."
        of_pair = partial(_spread, symbol=symbol)
        register(Measure(name, FAMILY, "bps", described, needs_orders=True, estimate=of_pair))


_register_pairs()


@measure(FAMILY, "HKD", orders=True)
def depth_hkd(tables: Tables) -> Estimate:
    """Time-weighted depth of a book on both sides within the band around the reference."""
    return _over_days(tables, "depth", "measured", least=0.0).scaled(1 / _CENTS)


@measure(FAMILY, "%", orders=True)
def two_sided_pct(tables: Tables) -> Estimate:
    """Share of time that a book has both a bid and an ask."""
    return _over_days(tables, "two_sided", "samples", least=0.0, most=1.0).scaled(100)


@measure(FAMILY, "bps", orders=True)
def premium_bps(tables: Tables) -> Estimate:
    """Time-weighted premium of the mid over the outside reference price."""
    return _over_days(tables, "premium", "compared").scaled(1 / _FINE)


@measure(FAMILY, "bps", orders=True)
def premium_abs_bps(tables: Tables) -> Estimate:
    """Time-weighted distance of the mid from the outside reference price."""
    return _over_days(tables, "premium_abs", "compared", least=0.0).scaled(1 / _FINE)


@measure(FAMILY, "trades", orders=True)
def executed_trades(tables: Tables) -> Estimate:
    """Trades executed in all pairs."""
    return Estimate(float(tables.once(pair_days)["trades"].sum()))


@measure(FAMILY, "HKD", orders=True)
def volume_hkd(tables: Tables) -> Estimate:
    """Value traded in all pairs, one side counted; USD at the rate of the latest sample."""
    return total_hkd(tables.once(pair_days)["volume_hkd_minor"])


def total_hkd(column: pl.Series) -> Estimate:
    """Sum of HKD minor units as HKD; undefined when an amount had no HKD rate."""
    if column.null_count():
        return UNDEFINED
    return Estimate(int(column.sum()) / grids.HKD_UNIT)


def pairs(log: Log) -> pl.DataFrame:
    """Return each pair's market quality, in order of pairs; null where a pair has nothing to measure.

    Columns: instrument, trades, volume_hkd, two_sided_pct, quoted_spread_bps, depth_hkd, premium_bps,
    premium_abs_bps. Pairs without samples and trades are left out.
    """
    tables = Tables(log)
    sums = pl.col(
        "samples", "two_sided", "spread", "compared", "premium", "premium_abs", "measured", "depth"
    )
    sampled = tables.once(sample_days).group_by("instrument").agg(sums.sum())
    volume = pl.when(pl.col("volume_hkd_minor").null_count() == 0).then(
        pl.col("volume_hkd_minor").sum()
    )
    traded = (
        tables.once(pair_days)
        .group_by("instrument")
        .agg(pl.col("trades").sum(), (volume / grids.HKD_UNIT).alias("volume_hkd"))
    )

    def mean(above: str, below: str, unit: float) -> pl.Expr:
        return pl.when(pl.col(below) > 0).then(pl.col(above) / pl.col(below) / unit)

    return (
        pl.DataFrame({"instrument": SYMBOLS})
        .join(sampled, on="instrument", how="left")
        .join(traded, on="instrument", how="left")
        .filter(pl.col("samples").is_not_null() | pl.col("trades").is_not_null())
        .select(
            "instrument",
            pl.col("trades").fill_null(0),
            # No trade is a volume of zero; trades without a rate stay unknown.
            pl.when(pl.col("trades").is_null())
            .then(0.0)
            .otherwise("volume_hkd")
            .alias("volume_hkd"),
            mean("two_sided", "samples", 0.01).alias("two_sided_pct"),
            mean("spread", "two_sided", _FINE).alias("quoted_spread_bps"),
            mean("depth", "measured", _CENTS).alias("depth_hkd"),
            mean("premium", "compared", _FINE).alias("premium_bps"),
            mean("premium_abs", "compared", _FINE).alias("premium_abs_bps"),
        )
        .sort(
            pl.col("instrument").replace_strict(SYMBOLS, range(len(SYMBOLS)), return_dtype=pl.Int64)
        )
    )
