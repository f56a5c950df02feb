"""Tables about trades and money: what each client bought, paid, brought in and holds."""

import polars as pl

from analysis.measures import grids, prices
from analysis.measures.registry import Tables
from sim.units import ASSET_CODES

_BUYS = {"taker": "buy", "maker": "sell"}
"""Side of the taker with which each party to a trade is the buyer."""

_MONTHS = 1 << 16
"""More than any month's number (year times 12), so that it fits beside a key in one integer."""


def _party(tables: Tables, role: str) -> pl.LazyFrame:
    """One row a trade from one party's side, what it received being positive; the fee is apart."""
    sign = pl.when(pl.col("taker_side") == _BUYS[role]).then(1).otherwise(-1)
    lots = sign * pl.col("quantity_lots")
    return tables.scan("trade").select(
        "time_us",
        grids.client_pair_key(role).alias("key"),
        lots.alias("lots"),
        (-lots * pl.col("price_ticks")).alias("tick_lots"),
        pl.col(f"{role}_fee_minor").alias("fee_minor"),
    )


def client_trades(tables: Tables) -> pl.DataFrame:
    """One row a client and instrument, sorted: net amounts over all its trades, maker or taker.

    Columns: client, instrument, base_minor and quote_minor (received less given, before fees), fee_minor
    (quote), first_us.
    """
    sums = pl.col("lots", "tick_lots", "fee_minor").sum()
    parts = [
        _party(tables, role)
        .group_by("key")
        .agg(sums, pl.col("time_us").min().alias("first_us"))
        .collect(engine="streaming")
        for role in _BUYS
    ]
    return (
        pl.concat(parts)
        .group_by("key")
        .agg(sums, pl.col("first_us").min())
        .sort("key")
        .select(
            grids.client_of(pl.col("key")).alias("client"),
            grids.instrument_of(pl.col("key")).alias("instrument"),
            "lots",
            "tick_lots",
            "fee_minor",
            "first_us",
        )
        .select(
            "client",
            "instrument",
            (pl.col("lots") * grids.lot_minor()).alias("base_minor"),
            (pl.col("tick_lots") * grids.tick_lot_minor()).alias("quote_minor"),
            "fee_minor",
            "first_us",
        )
    )


def _sum_or_null(column: pl.Expr) -> pl.Expr:
    """Sum that is null as soon as one part is unknown, instead of leaving it out in silence."""
    return pl.when(column.null_count() == 0).then(column.sum())


def first_trades(tables: Tables) -> pl.DataFrame:
    """One row a client that traded, sorted: client, first_us."""
    return (
        tables.once(client_trades).group_by("client").agg(pl.col("first_us").min()).sort("client")
    )


def pair_days(tables: Tables) -> pl.DataFrame:
    """One row a pair and Hong Kong day with trades, sorted.

    Columns: instrument, day, trades, volume_hkd_minor, fees_hkd_minor (both null without an HKD rate).
    """
    notional = pl.col("price_ticks") * pl.col("quantity_lots")
    fees = pl.col("taker_fee_minor") + pl.col("maker_fee_minor")
    return (
        prices.with_hkd_rate(tables.scan("trade"), tables)
        .select(
            "instrument",
            grids.hong_kong_day(pl.col("time_us")).alias("day"),
            prices.in_hkd(notional).alias("tick_lots"),
            prices.in_hkd(fees).alias("fees_hkd_minor"),
        )
        .group_by("instrument", "day")
        .agg(
            pl.len().cast(pl.Int64).alias("trades"),
            _sum_or_null(pl.col("tick_lots")),
            _sum_or_null(pl.col("fees_hkd_minor")),
        )
        .sort("instrument", "day")
        .collect(engine="streaming")
        .select(
            "instrument",
            "day",
            "trades",
            # HKD and USD have minor units of one size, so a pair's grid holds for its HKD value, too.
            (pl.col("tick_lots") * grids.tick_lot_minor()).alias("volume_hkd_minor"),
            "fees_hkd_minor",
        )
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
    """Coins that each client received less gave by Hong Kong month, in order of months.

    Columns: client, coin (place in `grids.COINS`), month, minor; a client, coin and month may have several
    rows. Counts trades and coins moved in and out.
    """
    month = grids.hong_kong_month(pl.col("time_us"))
    keyed = (pl.col("key") * _MONTHS + month).alias("key")
    pair = pl.col("key") // _MONTHS
    parts = [
        _party(tables, role)
        .select(keyed, "lots")
        .group_by("key")
        .agg(pl.col("lots").sum())
        .collect(engine="streaming")
        .select(
            grids.client_of(pair).alias("client"),
            grids.coin_place_of(pair).alias("coin"),
            (pl.col("key") % _MONTHS).alias("month"),
            (pl.col("lots") * grids.lot_minor_of(pair)).alias("minor"),
        )
        for role in _BUYS
    ]
    place = pl.col("asset").replace_strict(
        grids.COINS, range(len(grids.COINS)), return_dtype=pl.Int64
    )
    for kind, sign in (("coin_deposited", 1), ("coin_paid_out", -1)):
        minor = (sign * pl.col("amount_minor")).alias("minor")
        moved = tables.scan(kind).select("client", place.alias("coin"), month.alias("month"), minor)
        parts.append(moved.collect(engine="streaming"))
    return pl.concat(parts).sort("month")


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
