"""What one client owned and had on the books just before an event, added up from the log alone."""

from typing import Protocol

import attrs
import polars as pl

from sim.units import INSTRUMENTS, SYMBOLS


class Log(Protocol):
    """What is needed of a run's log; `sim.journal.RunLog` is one."""

    def scan(
        self, kind: str, since_us: int | None = None, until_us: int | None = None
    ) -> pl.LazyFrame:
        """Return the events of a kind in seq order, lazily."""


@attrs.frozen
class Moment:
    """Just before an event."""

    log: Log
    seq: int
    time_us: int

    def before(self, kind: str) -> pl.LazyFrame:
        """Return the events of a kind that came before, lazily."""
        return self.log.scan(kind, None, self.time_us + 1).filter(pl.col("seq") < self.seq)


_MOVEMENTS = {
    "deposit_credited": 1,
    "coin_deposited": 1,
    "withdrawal_requested": -1,
    "coin_withdrawal_requested": -1,
}
"""Movements over the client's account: arrivals count when credited, withdrawals when asked for."""


def balances(moment: Moment, client: int) -> dict[str, int]:
    """Return minor units of each asset, held amounts included; assets never touched are left out.

    Trades must be in the log (levels `trades` and `full`).
    """
    total: dict[str, int] = {}
    for kind, sign in _MOVEMENTS.items():
        moved = moment.before(kind).filter(pl.col("client") == client)
        for asset, amount in (
            moved.group_by("asset").agg(pl.col("amount_minor").sum()).collect().iter_rows()
        ):
            total[asset] = total.get(asset, 0) + sign * amount
    for asset, amount in _traded(moment, client):
        total[asset] = total.get(asset, 0) + amount
    return {asset: total[asset] for asset in sorted(total)}


def _traded(moment: Moment, client: int) -> list[tuple[str, int]]:
    """Return what trades gave (positive) and took, fees included, by asset in minor units."""
    trades = moment.before("trade").filter(
        (pl.col("taker") == client) | (pl.col("maker") == client)
    )
    moved: list[tuple[str, int]] = []
    for role in ("taker", "maker"):
        taker_buys = pl.col("taker_side").cast(pl.String) == "buy"
        buys = taker_buys if role == "taker" else ~taker_buys
        sign = pl.when(buys).then(1).otherwise(-1)
        sums = (
            trades.filter(pl.col(role) == client)
            .group_by("instrument")
            .agg(
                lots=(sign * pl.col("quantity_lots")).sum(),
                value=(sign * pl.col("price_ticks") * pl.col("quantity_lots")).sum(),
                fees=pl.col(f"{role}_fee_minor").sum(),
            )
            .collect()
        )
        for row in sums.iter_rows(named=True):
            pair = INSTRUMENTS[row["instrument"]]
            moved.append((pair.base, row["lots"] * pair.lot_minor))
            moved.append((pair.quote, -row["value"] * pair.tick_lot_minor - row["fees"]))
    return moved


@attrs.frozen
class OpenOrder:
    """An order that rested on a book."""

    seq: int
    """Seq of its acceptance."""
    order: int
    instrument: str
    side: str
    price_ticks: int
    lots: int
    """What was left of it."""


def open_orders(moment: Moment, client: int) -> tuple[OpenOrder, ...]:
    """Return the client's orders on the books, oldest first, as far as the log keeps the client's orders."""
    accepted = moment.before("order_accepted").filter(pl.col("client") == client)
    gone = (
        moment.before("order_cancelled")
        .filter(pl.col("client") == client)
        .select("order")
        .collect()
    )
    waiting = accepted.filter(
        (pl.col("time_in_force").cast(pl.String) == "gtc")
        & ~pl.col("order").is_in(gone["order"].to_list())
    ).collect()
    filled = _filled(moment, client)
    return tuple(
        OpenOrder(
            row["seq"],
            row["order"],
            row["instrument"],
            row["side"],
            row["price_ticks"],
            row["quantity_lots"] - filled.get(row["order"], 0),
        )
        for row in waiting.iter_rows(named=True)
        if row["quantity_lots"] > filled.get(row["order"], 0)
    )


def _filled(moment: Moment, client: int) -> dict[int, int]:
    """Return the lots filled of each of a client's orders."""
    total: dict[int, int] = {}
    for role in ("taker", "maker"):
        fills = moment.before("trade").filter(pl.col(role) == client)
        for order, lots in (
            fills.group_by(f"{role}_order").agg(pl.col("quantity_lots").sum()).collect().iter_rows()
        ):
            total[order] = total.get(order, 0) + lots
    return total


@attrs.frozen
class Prices:
    """Outside prices at the last sample of the books before an event."""

    time_us: int
    ticks: dict[str, int]
    """By pair."""

    def hkd_minor(self, asset: str, amount_minor: int) -> int | None:
        """Value an amount in HKD minor units; None without the prices for it."""
        if asset == "HKD":
            return amount_minor
        if asset == "USD":
            for coin in ("BTC", "ETH"):
                dear, cheap = self._coin(f"{coin}/HKD"), self._coin(f"{coin}/USD")
                if dear and cheap:
                    return amount_minor * dear // cheap
            return None
        value = self._coin(f"{asset}/HKD")
        if value is None:
            return None
        pair = INSTRUMENTS[f"{asset}/HKD"]
        return amount_minor // pair.lot_minor * self.ticks[pair.symbol] * pair.tick_lot_minor

    def _coin(self, symbol: str) -> int | None:
        """Quote minor units of a whole coin."""
        ticks = self.ticks.get(symbol)
        return None if ticks is None else ticks * INSTRUMENTS[symbol].tick_minor


def last_prices(moment: Moment) -> Prices | None:
    """Return the outside prices last sampled; None where the log has no sample before."""
    last = (
        moment.before("book_sampled")
        .group_by("instrument")
        .agg(pl.col("time_us").max(), pl.col("reference_ticks").sort_by("seq").last())
        .collect()
    )
    if last.is_empty():
        return None
    ticks = dict(zip(last["instrument"].to_list(), last["reference_ticks"].to_list(), strict=True))
    times_us: list[int] = last["time_us"].to_list()
    return Prices(max(times_us), {symbol: ticks[symbol] for symbol in SYMBOLS if symbol in ticks})
