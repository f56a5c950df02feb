"""Balances, fees and books folded from the log's tables, with no code of the kernel that wrote them.

Total balances need every trade; resting orders, and so the split into available and held amounts, need
every order, which only the log level `full` keeps.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import polars as pl

from sim.state.hashing import Table, trimmed
from sim.units import ASSET_CODES, ASSET_INDEX, INSTRUMENTS, PPM, SYMBOLS

Tables = Mapping[str, pl.DataFrame]
Rates = Mapping[int, int]
"""Rate in ppm that is held behind a client's resting buy order, by client."""

FLOWS = {
    "deposit_credited": 1,
    "coin_deposited": 1,
    "withdrawal_requested": -1,
    "coin_withdrawal_requested": -1,
}
"""Control events that change a client's balance, with their sign."""
TRADES = "trade"
ORDERS = ("order_accepted", "order_cancelled")

_INSTRUMENT, _ASSET = pl.Enum(SYMBOLS), pl.Enum(ASSET_CODES)
_BASE = np.array([ASSET_INDEX[INSTRUMENTS[symbol].base] for symbol in SYMBOLS])
_QUOTE = np.array([ASSET_INDEX[INSTRUMENTS[symbol].quote] for symbol in SYMBOLS])
_TICK_LOT_MINOR = np.array([INSTRUMENTS[symbol].tick_lot_minor for symbol in SYMBOLS])
_LOT_MINOR = np.array([INSTRUMENTS[symbol].lot_minor for symbol in SYMBOLS])

_RESTING = pl.Schema(
    {
        "seq": pl.Int64(),
        "order": pl.Int64(),
        "instrument": pl.Int64(),
        "sells": pl.Int64(),
        "price_ticks": pl.Int64(),
        "client": pl.Int64(),
        "lots": pl.Int64(),
    }
)
"""A resting order: the seq of its acceptance is its time priority; `sells` is 1 for a sell order."""


class Trading:
    """The trading side of a run's state, in minor units, ticks and lots."""

    def __init__(self) -> None:
        self._balances = np.zeros((0, len(ASSET_CODES)), np.int64)
        self._fees = np.zeros(len(ASSET_CODES), np.int64)
        self._resting = pl.DataFrame(schema=_RESTING)

    def apply(self, tables: Tables) -> None:
        """Take the next rows into account, by kind; kinds that move nothing pass by."""
        for kind, sign in FLOWS.items():
            if kind in tables:
                rows = tables[kind]
                assets = rows["asset"].cast(_ASSET).to_physical().to_numpy()
                self._move(
                    rows["client"].to_numpy(), assets, sign * rows["amount_minor"].to_numpy()
                )
        if TRADES in tables:
            self._trade(tables[TRADES])
        if any(kind in tables for kind in ORDERS):
            self._rest(tables)

    def _move(self, clients: Table, assets: Table, amounts_minor: Table) -> None:
        missing = int(clients.max(initial=-1)) + 1 - len(self._balances)
        if missing > 0:
            room = np.zeros((max(missing, len(self._balances)), len(ASSET_CODES)), np.int64)
            self._balances = np.concatenate([self._balances, room])
        np.add.at(self._balances, (clients, assets), amounts_minor)

    def _trade(self, trades: pl.DataFrame) -> None:
        """Move money and coins between the two parties of each trade, and fees away from both."""
        pair = trades["instrument"].cast(_INSTRUMENT).to_physical().to_numpy()
        lots = trades["quantity_lots"].to_numpy()
        notional = trades["price_ticks"].to_numpy() * lots * _TICK_LOT_MINOR[pair]
        coins = lots * _LOT_MINOR[pair]
        # +1 where the party bought, -1 where it sold.
        taker_sign = np.where((trades["taker_side"] == "buy").to_numpy(), 1, -1)
        for party, sign in (("taker", taker_sign), ("maker", -taker_sign)):
            clients = trades[party].to_numpy()
            fees = trades[f"{party}_fee_minor"].to_numpy()
            self._move(clients, _QUOTE[pair], -sign * notional - fees)
            self._move(clients, _BASE[pair], sign * coins)
            np.add.at(self._fees, _QUOTE[pair], fees)

    def _rest(self, tables: Tables) -> None:
        """Add accepted orders, and take off what was traded or cancelled."""
        pieces = [self._resting]
        if "order_accepted" in tables:
            accepted = tables["order_accepted"]
            pieces.append(
                accepted.select(
                    "seq",
                    "order",
                    pl.col("instrument").cast(_INSTRUMENT).to_physical().cast(pl.Int64),
                    sells=(pl.col("side") == "sell").cast(pl.Int64),
                    price_ticks="price_ticks",
                    client="client",
                    lots="quantity_lots",
                )
            )
        gone = [
            tables[kind].select(order=order, gone=lots)
            for kind, order, lots in (
                (TRADES, "taker_order", "quantity_lots"),
                (TRADES, "maker_order", "quantity_lots"),
                ("order_cancelled", "order", "remaining_lots"),
            )
            if kind in tables
        ]
        orders = pl.concat(pieces)
        if gone:
            removed = pl.concat(gone).group_by("order").agg(pl.col("gone").sum())
            orders = orders.join(removed, on="order", how="left").with_columns(
                lots=pl.col("lots") - pl.col("gone").fill_null(0)
            )
        self._resting = orders.filter(pl.col("lots") > 0).select(_RESTING.names())

    def balances(self) -> Table:
        """Total balance, shape [accounts, assets], in minor units."""
        return self._balances

    def fees(self) -> dict[str, int]:
        """Fees paid in all trades per asset, in minor units."""
        return dict(zip(ASSET_CODES, self._fees.tolist(), strict=True))

    def resting(self) -> dict[str, Table]:
        """Resting orders of each book in priority order: side, price, order, account, remaining lots."""
        # Best price first on each side, then first come first served.
        price = pl.col("price_ticks")
        rank = pl.when(pl.col("sells") == 0).then(-price).otherwise(price)
        ordered = self._resting.sort("instrument", "sells", rank, "seq")
        return {
            symbol: ordered.filter(pl.col("instrument") == place)
            .select("sells", "price_ticks", "order", "client", "lots")
            .to_numpy()
            .astype(np.int64)
            for place, symbol in enumerate(SYMBOLS)
        }

    def holders(self) -> list[int]:
        """Clients who have a resting order."""
        found: list[int] = self._resting["client"].unique().sort().to_list()
        return found

    def held(self, hold_ppm: Rates) -> Table:
        """Amounts held behind resting orders, shaped as the balances: coins, or notional with the fee."""
        table = np.zeros_like(self._balances)
        orders = self._resting
        clients, pair = orders["client"].to_numpy(), orders["instrument"].to_numpy()
        lots, sells = orders["lots"].to_numpy(), orders["sells"].to_numpy() == 1
        notional = orders["price_ticks"].to_numpy() * lots * _TICK_LOT_MINOR[pair]
        rates = np.array([hold_ppm[client] for client in clients.tolist()], np.int64)
        # In two steps, because a large notional times a rate would not fit 64 bits.
        fees = notional // PPM * rates + notional % PPM * rates // PPM
        assets = np.where(sells, _BASE[pair], _QUOTE[pair])
        np.add.at(
            table, (clients, assets), np.where(sells, lots * _LOT_MINOR[pair], notional + fees)
        )
        return table

    def contents(self) -> dict[str, Any]:
        """Return everything that is here, in a form that does not depend on the cuts of the fold."""
        orders = self._resting.sort("seq").to_numpy()
        return {
            "balances": trimmed(self._balances),
            "fees": self._fees,
            "resting": orders.astype(np.int64).reshape(-1, len(_RESTING)),
        }

    def snapshot(self) -> dict[str, Any]:
        """Return everything as bytes and plain values."""
        orders = self._resting.to_numpy() if len(self._resting) else np.zeros((0, len(_RESTING)))
        return {
            "balances": self._balances.astype("<i8").tobytes(),
            "fees": self._fees.tolist(),
            "resting": orders.astype("<i8").tobytes(),
        }

    @classmethod
    def of(cls, snapshot: Mapping[str, Any]) -> Self:
        """Return what `snapshot()` was taken of."""
        trading = cls()
        balances = np.frombuffer(snapshot["balances"], "<i8").astype(np.int64)
        trading._balances = balances.reshape(-1, len(ASSET_CODES))
        trading._fees = np.array(snapshot["fees"], np.int64)
        rows = np.frombuffer(snapshot["resting"], "<i8").reshape(-1, len(_RESTING))
        trading._resting = pl.DataFrame(
            {name: rows[:, place] for place, name in enumerate(_RESTING)}, schema=_RESTING
        )
        return trading
