"""Balances and books rebuilt from the log alone, with Polars and no code of the kernel.

Total balances need every trade; resting orders, and so the split into available and held amounts, need
every order, which only the log level `full` keeps.
"""

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.units import ASSET_CODES, INSTRUMENTS, PPM

if TYPE_CHECKING:
    import polars as pl

Table = NDArray[np.int64]


class Log(Protocol):
    """The reader's part that is used here."""

    def scan(self, kind: str) -> "pl.LazyFrame":
        """Scan one kind lazily."""


def _instrument_columns() -> "pl.LazyFrame":
    import polars as pl

    return pl.LazyFrame(
        {
            "instrument": list(INSTRUMENTS),
            "base": [instrument.base for instrument in INSTRUMENTS.values()],
            "quote": [instrument.quote for instrument in INSTRUMENTS.values()],
            "tick_lot_minor": [instrument.tick_lot_minor for instrument in INSTRUMENTS.values()],
            "lot_minor": [instrument.lot_minor for instrument in INSTRUMENTS.values()],
        }
    )


def _movements(log: Log) -> "pl.LazyFrame":
    """Every change of a client's balance: client, asset, amount_minor."""
    import polars as pl

    def flow(kind: str, sign: int) -> pl.LazyFrame:
        return log.scan(kind).select("client", "asset", amount_minor=pl.col("amount_minor") * sign)

    trades = log.scan("trade").join(_instrument_columns(), on="instrument")
    notional = pl.col("price_ticks") * pl.col("quantity_lots") * pl.col("tick_lot_minor")
    coins = pl.col("quantity_lots") * pl.col("lot_minor")
    # +1 where the party bought, -1 where it sold.
    taker_sign = pl.when(pl.col("taker_side") == "buy").then(1).otherwise(-1)
    legs: list[pl.LazyFrame] = []
    for party, sign in (("taker", taker_sign), ("maker", -taker_sign)):
        paid = -sign * notional - pl.col(f"{party}_fee_minor")
        legs.append(trades.select(client=party, asset="quote", amount_minor=paid))
        legs.append(trades.select(client=party, asset="base", amount_minor=sign * coins))
    flows = [
        flow("deposit_credited", 1),
        flow("coin_deposited", 1),
        flow("withdrawal_requested", -1),
        flow("coin_withdrawal_requested", -1),
    ]
    return pl.concat([*flows, *legs])


def rebuild_balances(log: Log, accounts: int) -> Table:
    """Total balance of every account and asset, shape [accounts, assets], in minor units."""
    import polars as pl

    table = np.zeros((accounts, len(ASSET_CODES)), np.int64)
    sums = (
        _movements(log)
        .group_by("client", "asset")
        .agg(pl.col("amount_minor").sum())
        .collect(engine="streaming")
    )
    for code, part in ((code, sums.filter(pl.col("asset") == code)) for code in ASSET_CODES):
        table[part["client"].to_numpy(), ASSET_CODES.index(code)] = part["amount_minor"].to_numpy()
    return table


def rebuild_resting(log: Log) -> dict[str, Table]:
    """Resting orders of each book in priority order: side, price, order, account, remaining lots."""
    import polars as pl

    trades = log.scan("trade")
    gone = pl.concat(
        [
            trades.select(order="taker_order", lots="quantity_lots"),
            trades.select(order="maker_order", lots="quantity_lots"),
            log.scan("order_cancelled").select("order", lots="remaining_lots"),
        ]
    )
    removed = gone.group_by("order").agg(pl.col("lots").sum())
    resting = (
        log.scan("order_accepted")
        .join(removed, on="order", how="left")
        .with_columns(left=pl.col("quantity_lots") - pl.col("lots").fill_null(0))
        .filter(pl.col("left") > 0)
        # Best price first on each side, then first come first served: seq is the time priority.
        .with_columns(
            side_code=(pl.col("side") == "sell").cast(pl.Int64),
            rank=pl.when(pl.col("side") == "buy")
            .then(-pl.col("price_ticks"))
            .otherwise(pl.col("price_ticks")),
        )
        .sort("instrument", "side_code", "rank", "seq")
        .select("instrument", "side_code", "price_ticks", "order", "client", "left")
        .collect(engine="streaming")
    )
    return {
        symbol: resting.filter(pl.col("instrument") == symbol)
        .drop("instrument")
        .to_numpy()
        .astype(np.int64)
        for symbol in INSTRUMENTS
    }


def rebuild_fees(log: Log) -> dict[str, int]:
    """Fees paid in all trades per asset, in minor units."""
    import polars as pl

    sums = (
        log.scan("trade")
        .join(_instrument_columns(), on="instrument")
        .group_by("quote")
        .agg(fees=(pl.col("taker_fee_minor") + pl.col("maker_fee_minor")).sum())
        .collect(engine="streaming")
    )
    found = dict(zip(sums["quote"].to_list(), sums["fees"].to_list(), strict=True))
    return {code: int(found.get(code, 0)) for code in ASSET_CODES}


def rebuild_held(log: Log, resting: dict[str, Table], accounts: int) -> Table:
    """Amounts held behind resting orders, shape [accounts, assets]: coins, or notional with the taker's fee."""
    import polars as pl

    def last(frame: pl.LazyFrame, key: str) -> pl.LazyFrame:
        return (
            frame.sort("seq").group_by(key).last().select(key, *frame.collect_schema().names()[2:])
        )

    classes = pl.concat(
        [
            log.scan(kind).select("seq", "client", pl.col("client_class").cast(pl.String))
            for kind in ("prospect_arrived", "participant_registered", "client_activated")
        ]
    )
    fees = log.scan("fees_set").select(
        "seq",
        pl.col("client_class").cast(pl.String),
        hold_ppm=pl.max_horizontal("maker_ppm", "taker_ppm"),
    )
    rate_of_class = dict(
        last(fees.select("seq", "client_class", "hold_ppm"), "client_class").collect().iter_rows()
    )
    class_of = dict(last(classes, "client").collect().iter_rows())
    table = np.zeros((accounts, len(ASSET_CODES)), np.int64)
    for symbol, rows in resting.items():
        instrument = INSTRUMENTS[symbol]
        for side, price, _, client, lots in rows.tolist():
            if side == 1:
                table[client, ASSET_CODES.index(instrument.base)] += lots * instrument.lot_minor
                continue
            notional = instrument.notional_minor(price, lots)
            fee_minor = notional * rate_of_class[class_of[client]] // PPM
            table[client, ASSET_CODES.index(instrument.quote)] += notional + fee_minor
    return table
