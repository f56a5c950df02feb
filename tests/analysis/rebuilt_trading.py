"""Balances and books from the log by plain sums: a second opinion on what the readers of the log say.

Total balances need every trade, resting orders every order, which only the log level `full` keeps.
"""

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.units import ASSET_CODES, INSTRUMENTS

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
