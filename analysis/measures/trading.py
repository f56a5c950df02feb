"""Tables about trades and money: what each client bought, paid, brought in and holds."""

import polars as pl

from analysis.measures import grids, prices
from analysis.measures.registry import Tables
from sim.units import ASSET_CODES, ASSETS

COINS: tuple[str, ...] = tuple(code for code, asset in ASSETS.items() if asset.kind == "coin")
"""Assets that count as tokens, in the order of `sim.units.ASSETS`."""

_BUYS = {"taker": "buy", "maker": "sell"}
"""Side of the taker with which each party to a trade is the buyer."""


def _party(tables: Tables, role: str) -> pl.LazyFrame:
    """One row a trade from one party's side: what it received (positive) and gave, fee apart."""
    sign = pl.when(pl.col("taker_side") == _BUYS[role]).then(1).otherwise(-1)
    lots = pl.col("quantity_lots")
    return tables.scan("trade").select(
        "time_us",
        "instrument",
        pl.col(role).alias("client"),
        (sign * lots * grids.lot_minor()).alias("base_minor"),
        (-sign * lots * pl.col("price_ticks") * grids.tick_lot_minor()).alias("quote_minor"),
        pl.col(f"{role}_fee_minor").alias("fee_minor"),
    )


def client_trades(tables: Tables) -> pl.DataFrame:
    """One row a client and instrument, sorted: net amounts over all its trades, maker or taker.

    Columns: client, instrument, base_minor and quote_minor (received less given, before fees), fee_minor
    (quote), fee_hkd_minor (at the rate of each trade; null without a rate), first_us, trades.
    """
    parts = []
    for role in _BUYS:
        rows = prices.with_hkd_rate(_party(tables, role), tables)
        parts.append(
            rows.group_by("client", "instrument").agg(
                pl.col("base_minor", "quote_minor", "fee_minor").sum(),
                _sum_or_null(prices.in_hkd_minor(pl.col("fee_minor"))).alias("fee_hkd_minor"),
                pl.col("time_us").min().alias("first_us"),
                pl.len().cast(pl.Int64).alias("trades"),
            )
        )
    return (
        pl.concat(parts)
        .group_by("client", "instrument")
        .agg(
            pl.col("base_minor", "quote_minor", "fee_minor", "trades").sum(),
            _sum_or_null(pl.col("fee_hkd_minor")).alias("fee_hkd_minor"),
            pl.col("first_us").min(),
        )
        .sort("client", "instrument")
        .collect(engine="streaming")
    )


def _sum_or_null(column: pl.Expr) -> pl.Expr:
    """Sum that is null as soon as one part is unknown, instead of leaving it out in silence."""
    return pl.when(column.is_null().any()).then(None).otherwise(column.sum())


def first_trades(tables: Tables) -> pl.DataFrame:
    """One row a client that traded, sorted: client, first_us."""
    return (
        tables.once(client_trades).group_by("client").agg(pl.col("first_us").min()).sort("client")
    )


def pair_days(tables: Tables) -> pl.DataFrame:
    """One row a pair and Hong Kong day with trades, sorted.

    Columns: instrument, day, trades, volume_hkd_minor, fees_hkd_minor (both null without an HKD rate).
    """
    notional = pl.col("price_ticks") * pl.col("quantity_lots") * grids.tick_lot_minor()
    fees = pl.col("taker_fee_minor") + pl.col("maker_fee_minor")
    return (
        prices.with_hkd_rate(tables.scan("trade"), tables)
        .group_by("instrument", grids.hong_kong_day(pl.col("time_us")).alias("day"))
        .agg(
            pl.len().cast(pl.Int64).alias("trades"),
            _sum_or_null(prices.in_hkd_minor(notional)).alias("volume_hkd_minor"),
            _sum_or_null(prices.in_hkd_minor(fees)).alias("fees_hkd_minor"),
        )
        .sort("instrument", "day")
        .collect(engine="streaming")
    )


def transfers(tables: Tables) -> pl.DataFrame:
    """One row a client and asset, sorted: what came in and what was paid out.

    Columns: client, asset, in_minor, out_minor. Money in flight is not in yet; a withdrawal that is
    requested but not paid is still the client's.
    """
    parts = []
    for kind, column in (
        ("deposit_credited", "in_minor"),
        ("coin_deposited", "in_minor"),
        ("withdrawal_paid", "out_minor"),
        ("coin_paid_out", "out_minor"),
    ):
        amount = pl.col("amount_minor")
        parts.append(
            tables.scan(kind).select(
                "client",
                "asset",
                (amount if column == "in_minor" else pl.lit(0, pl.Int64)).alias("in_minor"),
                (amount if column == "out_minor" else pl.lit(0, pl.Int64)).alias("out_minor"),
            )
        )
    return (
        pl.concat(parts)
        .group_by("client", "asset")
        .agg(pl.col("in_minor", "out_minor").sum())
        .sort("client", "asset")
        .collect(engine="streaming")
    )


def trade_flows(tables: Tables) -> pl.DataFrame:
    """One row a client and asset, sorted: client, asset, minor (net received in trades, after fees)."""
    trades = tables.once(client_trades)
    bought = trades.select(
        "client", grids.base().alias("asset"), pl.col("base_minor").alias("minor")
    )
    paid = trades.select(
        "client",
        grids.quote().alias("asset"),
        (pl.col("quote_minor") - pl.col("fee_minor")).alias("minor"),
    )
    return _by_client_and_asset([bought, paid])


def holdings(tables: Tables) -> pl.DataFrame:
    """One row a client and asset, sorted: client, asset, minor (balance at the end of the log)."""
    moved = tables.once(transfers).select(
        "client", "asset", (pl.col("in_minor") - pl.col("out_minor")).alias("minor")
    )
    return _by_client_and_asset([moved, tables.once(trade_flows)])


def _by_client_and_asset(parts: list[pl.DataFrame]) -> pl.DataFrame:
    return (
        pl.concat(parts)
        .group_by("client", "asset")
        .agg(pl.col("minor").sum())
        .sort("client", "asset")
    )


def coin_flows_by_month(tables: Tables) -> pl.DataFrame:
    """One row a client, coin and Hong Kong month: client, asset, month, minor (net received).

    Trades and coins moved in and out; sorted by month, client and asset.
    """
    month = grids.hong_kong_month(pl.col("time_us")).alias("month")
    parts = [
        _party(tables, role).select(
            "client", grids.base().alias("asset"), month, pl.col("base_minor").alias("minor")
        )
        for role in _BUYS
    ]
    for kind, sign in (("coin_deposited", 1), ("coin_paid_out", -1)):
        minor = (sign * pl.col("amount_minor")).alias("minor")
        parts.append(tables.scan(kind).select("client", "asset", month, minor))
    return (
        pl.concat(parts)
        .group_by("client", "asset", "month")
        .agg(pl.col("minor").sum())
        .sort("month", "client", "asset")
        .collect(engine="streaming")
    )


def value_hkd(amounts: pl.DataFrame, worth: prices.Prices, column: str) -> pl.DataFrame:
    """Value each client's amounts: one row a client, sorted: client and the named column in HKD.

    The value is null where the client holds an asset that has no price. Assets are added in a fixed
    order, so that the floating-point sum is the same whatever the number of threads.
    """
    wide = amounts.group_by("client").agg(
        *(pl.col("minor").filter(pl.col("asset") == code).sum().alias(code) for code in ASSET_CODES)
    )
    total = pl.lit(0.0)
    for code in ASSET_CODES:
        price = worth.get(code)
        unpriced = pl.when(pl.col(code) == 0).then(0.0)
        total = total + (unpriced if price is None else pl.col(code) * price)
    return wide.select("client", total.alias(column)).sort("client")
