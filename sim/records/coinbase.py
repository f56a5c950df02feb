"""Coinbase's full channel (`received`, `open`, `match`, `done`, `change`) as a Parquet or CSV table.

A `received` is a client's order, a `done` for the reason `canceled` a client's cancel. Orders that rested
before the window are seen only when they are matched, reduced or cancelled: they are seeded in order of
first appearance, with the lots that were matched, reduced and cancelled in the window.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from sim.matching.codes import OrderType, Side, TimeInForce
from sim.records.errors import RecordError, Source, did_you_mean
from sim.records.record import SIZE, TRADE, CommandList, Record, rows_of
from sim.records.scale import Units, spare_decimals
from sim.records.tables import codes, fixed, most_decimals, need, read_table, text

if TYPE_CHECKING:
    import polars as pl

_IDS = ("order_id", "maker_order_id", "taker_order_id")
_CHANGED = ("old_size", "new_size")
_SIZES = ("size", "remaining_size", *_CHANGED)
_WORDS = ("product_id", "type", "order_type", "reason", *_IDS)
COLUMNS = (*_WORDS, "side", "price", "size", "funds", "remaining_size")
_SIDES = {"buy": int(Side.BUY), "sell": int(Side.SELL)}
_NEEDED = {
    "received": ("order_id", "order_type"),
    "open": ("order_id", "price", "remaining_size"),
    "match": ("maker_order_id", "taker_order_id", "price", "size"),
    "done": ("order_id", "reason"),
    "change": ("order_id", "price"),
}
"""Fields without which a message of each type says nothing."""

Message = dict[str, Any]
"""Fields of a message by name: numbers as whole numbers, what it does not say as None."""


def read_coinbase(path: Path, product: str | None = None) -> list[Record]:
    """Read one record a product.

    Parameters
    ----------
    path
        Parquet or CSV file with the channel's fields as columns, in order of `sequence` within a product.
    product
        Only this one, such as BTC-USD.

    Raises
    ------
    RecordError
        A column is missing, a message cannot be understood, or there is no such product.
    """
    found, source = read_table(path)
    need(found, COLUMNS, source)
    products = text(found, "product_id").drop_nulls().unique(maintain_order=True).to_list()
    if product is not None and product not in products:
        hint = did_you_mean(product, products, "products")
        raise RecordError(f"{path}: no product {product!r}; {hint}")
    channel = _parsed(found, source)
    return [_Reader(channel, name).record() for name in ([product] if product else products)]


@attrs.frozen(eq=False)
class _Channel:
    """All messages of a file, and what their numbers count."""

    source: Source
    messages: "pl.DataFrame"
    units: Units
    funds_decimals: int


def _parsed(found: "pl.DataFrame", source: Source) -> _Channel:
    """Turn all cells into numbers and words.

    Raises
    ------
    RecordError
        A cell is not understood, or a message lacks one.
    """
    import polars as pl

    absent = (pl.lit(None, pl.String).alias(name) for name in _CHANGED if name not in found.columns)
    found = found.with_columns(*absent)
    units = Units(most_decimals(found, "price"), most_decimals(found, *_SIZES))
    funds_decimals = most_decimals(found, "funds")
    messages = pl.DataFrame(
        [
            *(text(found, name) for name in _WORDS),
            codes(found, "side", _SIDES, source),
            fixed(found, "price", units.price_decimals, source),
            fixed(found, "funds", funds_decimals, source),
            *(fixed(found, name, units.size_decimals, source) for name in _SIZES),
        ]
    ).with_row_index("message")
    codes(found, "type", {name: place for place, name in enumerate(_NEEDED)}, source)
    empty = (
        (message, f"{name}: a message of type {kind} needs it")
        for kind, names in _NEEDED.items()
        for name in ("product_id", *names)
        for message in messages.filter(pl.col(name).is_null(), type=kind)["message"].to_list()
    )
    source.refuse(empty)
    return _Channel(source, messages, units, funds_decimals)


class _Reader:
    """Goes through the messages of one product."""

    def __init__(self, channel: _Channel, product: str) -> None:
        found = channel.messages.filter(product_id=product)
        prices = found["price"].drop_nulls().to_numpy()
        spare = spare_decimals(prices, channel.units.price_decimals)
        self.units = attrs.evolve(
            channel.units, price_decimals=channel.units.price_decimals - spare
        )
        self.rows: list[Message] = found.with_columns(price=found["price"] // 10**spare).to_dicts()
        self.funds_decimals = channel.funds_decimals
        self.source = channel.source
        self.product = product
        self.numbers: dict[str, int] = {}
        self.commands = CommandList()
        self.sent: dict[str, int] = {}
        self.trades: list[tuple[int, ...]] = []
        self.cancelled: list[tuple[int, ...]] = []
        self.problems: list[tuple[int, str]] = []
        self.received = self._orders("received")
        self.opened = {
            row["order_id"]: row["remaining_size"] for row in self.rows if row["type"] == "open"
        }
        # What is cancelled without ever being opened was never to rest: no client cancelled it.
        self.never_resting = (self.received & self._orders("done", "canceled")) - self.opened.keys()

    def record(self) -> Record:
        """Return the record of the product."""
        self._seed()
        take = {
            "received": self._received,
            "match": self._match,
            "done": self._done,
            "change": self._change,
        }
        for row in self.rows:
            if row["type"] in take:
                take[row["type"]](row)
        self.source.refuse(self.problems)
        commands, messages, seeds = self.commands.arrays()
        rested = [
            (messages[command], command, self.opened.get(order, 0))
            for order, command in self.sent.items()
        ]
        return Record(
            name=f"Coinbase {self.product}",
            source=self.source,
            units=self.units,
            commands=commands,
            messages=messages,
            seeds=seeds,
            trades=rows_of(self.trades, TRADE),
            trade_keys=("taker", "maker", "price", "quantity"),
            sizes=rows_of(sorted([*rested, *self.cancelled]), SIZE),
            names={number: name for name, number in self.numbers.items()},
        )

    def _orders(self, kind: str, reason: str | None = None) -> set[str]:
        return {
            row["order_id"] for row in self.rows if row["type"] == kind and row["reason"] == reason
        }

    def _number(self, order_id: str) -> int:
        return self.numbers.setdefault(order_id, len(self.numbers) + 1)

    def _seed(self) -> None:
        """Enter the orders that rested before, as far as the window shows them."""
        resting: dict[str, list[int]] = {}
        for row in self.rows:
            order = row["maker_order_id"] if row["type"] == "match" else row["order_id"]
            if order in self.received or row["price"] is None:
                continue
            terms = resting.setdefault(order, [row["message"], row["side"], row["price"], 0])
            terms[-1] += _lots_gone(row)
        for order, (message, side, price, lots) in resting.items():
            if lots:
                self.commands.new(message, self._number(order), side, price, lots, seed=True)

    def _received(self, row: Message) -> None:
        order, message = row["order_id"], row["message"]
        price, lots, kind = row["price"], row["size"], OrderType.LIMIT
        if row["order_type"] == "market":
            price, kind = 0, OrderType.MARKET
            if lots is None and row["funds"] is not None:
                lots, kind = self._amount(row["funds"]), OrderType.MARKET_BY_AMOUNT
        if price is None or lots is None:
            self.problems.append((message, "an order needs a price and a size, or funds"))
            return
        lasting = kind == OrderType.LIMIT and order not in self.never_resting
        self.sent[order] = self.commands.new(
            message,
            self._number(order),
            row["side"],
            price,
            lots,
            order_type=kind,
            time_in_force=TimeInForce.GTC if lasting else TimeInForce.IOC,
        )

    def _amount(self, funds: int) -> int:
        """Return funds as ticks times lots; less than the smallest such amount buys nothing."""
        shift = self.units.price_decimals + self.units.size_decimals - self.funds_decimals
        return int(funds * 10**shift) if shift >= 0 else int(funds // 10**-shift)

    def _match(self, row: Message) -> None:
        taker, maker = row["taker_order_id"], row["maker_order_id"]
        command = self.sent.get(taker, -1)
        orders = self._number(taker), self._number(maker)
        self.trades.append((row["message"], command, *orders, row["price"], row["size"]))

    def _done(self, row: Message) -> None:
        order, message = row["order_id"], row["message"]
        if (
            row["reason"] == "canceled"
            and row["price"] is not None
            and order not in self.never_resting
        ):
            command = self.commands.cancel(message, self._number(order))
            self.cancelled.append((message, command, row["remaining_size"] or 0))

    def _change(self, row: Message) -> None:
        lots = _lots_gone(row)
        if lots:
            self.commands.reduce(row["message"], self._number(row["order_id"]), lots)


def _lots_gone(row: Message) -> int:
    """Lots by which a message makes a resting order smaller."""
    if row["type"] == "match":
        return int(row["size"])
    if row["type"] == "done":
        return int(row["remaining_size"] or 0)
    if row["type"] == "change" and None not in {row["old_size"], row["new_size"]}:
        return int(row["old_size"] - row["new_size"])
    return 0
