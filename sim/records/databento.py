"""Databento's market-by-order schema (MBO), as CSV or Parquet, and the vendor's own book (MBP) beside it.

`A`dd, `C`ancel and `M`odify are what clients sent, except where a `C` or `M` only books a fill. The `F`ills
of one side at one instant are sent to the book as one immediate-or-cancel order of all their lots. `T`rades
without a fill met hidden orders and leave the book alone. Orders of the starting snapshot are seeds.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import attrs
import numpy as np

from sim.matching.codes import KEEP, TimeInForce
from sim.records.errors import RecordError, Source
from sim.records.record import SIZE, TRADE, BookRows, CommandList, Record, rows_of
from sim.records.scale import Units, spare_decimals
from sim.records.tables import codes, integers, need, read_table, text
from sim.records.vendor_book import (
    NO_PRICE,
    PRICE_DECIMALS,
    VendorBook,
    chosen,
    is_vendor_book,
    prices,
    product_name,
    read_vendor_book,
)
from sim.records.views import BUY, SELL, view_limits

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("ts_event", "action", "side", "price", "size", "order_id", "flags", "sequence")
_ACTIONS = {name: place for place, name in enumerate("ACMTFRN")}
_ADD, _CANCEL, _MODIFY, _TRADE, _FILL, _CLEAR, _NOTHING = _ACTIONS.values()
_SIDES = {"B": BUY, "A": SELL, "N": 2}
_SNAPSHOT = 32


class _Row(NamedTuple):
    """One row of the file."""

    message: int
    time: str
    action: int
    side: int
    price: int
    size: int
    order: int
    flags: int


@attrs.define(eq=False)
class _Sweep:
    """Fills of one side at one instant: what one marketable order took."""

    first: int
    """First message about these fills."""
    trade: int
    """Message of the last trade whose fills they are."""
    last: int
    """Last message about these fills."""
    taker: int
    """The vendor's number of the marketable order; 0 where it has none."""
    fills: list[_Row] = attrs.field(factory=list)


@attrs.define
class _Resting:
    """An order as the file tells it."""

    price: int
    lots: int
    executed: int = 0


def read_databento(path: Path, product: str | None = None, book: Path | None = None) -> Record:
    """Read the orders of one instrument.

    Parameters
    ----------
    path
        MBO rows; prices as decimal numbers, or as whole numbers of 1e-9.
    product
        Symbol or instrument id, needed where the file holds several.
    book
        MBP rows of the same instrument and time, to compare the book with.

    Raises
    ------
    RecordError
        A column is missing, a row cannot be understood, or the product is not there or not named; or the
        file holds books and no orders.
    """
    found, source = read_table(path)
    if is_vendor_book(found):
        raise RecordError(f"{path}: holds books; name it with --book beside the file of orders")
    need(found, COLUMNS, source)
    rows = _parsed(found, source).filter(chosen(found, product, source))
    vendor = None if book is None else read_vendor_book(book, product)
    used = rows["price"].to_numpy()
    if vendor is not None:
        used = np.concatenate([used, vendor.levels[..., 0].ravel()])
    spare = spare_decimals(used, PRICE_DECIMALS)
    reader = _Reader(rows.with_columns(price=rows["price"] // 10**spare))
    books = None if vendor is None else _books(rows, reader.after, vendor, 10**spare)
    left_out = 0 if vendor is None or books is None else len(vendor.levels) - len(books)
    commands, messages, seeds = reader.commands.arrays()
    return Record(
        name=f"Databento {product or product_name(found)}".rstrip(),
        source=source,
        units=Units(PRICE_DECIMALS - spare),
        commands=commands,
        messages=messages,
        seeds=seeds,
        trades=rows_of(reader.trades, TRADE),
        trade_keys=("command", "maker", "price", "quantity"),
        sizes=rows_of(reader.sizes, SIZE),
        books=books,
        names=reader.names,
        notes=reader.notes(books_left_out=left_out),
    )


def _parsed(found: "pl.DataFrame", source: Source) -> "pl.DataFrame":
    """Turn all cells into numbers, and the instants into text.

    Raises
    ------
    RecordError
        A cell is not understood, or an order has no side or no price.
    """
    import polars as pl

    rows = pl.DataFrame(
        {
            "time": text(found, "ts_event"),
            "action": codes(found, "action", _ACTIONS, source),
            "side": codes(found, "side", _SIDES, source),
            "price": prices(found, "price", source),
            "size": integers(found, "size", source),
            "order": integers(found, "order_id", source),
            "flags": integers(found, "flags", source),
            "sequence": integers(found, "sequence", source),
            "word": text(found, "action"),
        }
    ).with_row_index("message")
    orders = rows.filter(pl.col("action").is_in([_ADD, _MODIFY, _FILL]))
    sideless = orders.filter(pl.col("side") == _SIDES["N"])["message"].to_list()
    priceless = orders.filter(pl.col("price") == NO_PRICE)["message"].to_list()
    source.refuse(
        [
            *((message, "side: an order needs A or B") for message in sideless),
            *((message, "price: an order needs one") for message in priceless),
        ]
    )
    unpriced = pl.col("price") == NO_PRICE
    return rows.with_columns(price=pl.when(unpriced).then(0).otherwise(pl.col("price")))


def _books(
    rows: "pl.DataFrame", after: dict[int, int], vendor: VendorBook, price_divisor: int
) -> BookRows:
    """Place each book of the vendor behind the commands up to its row."""
    import polars as pl

    keys = ["sequence", "action"]
    nth = pl.int_range(pl.len()).over(keys).alias("nth")
    ours = rows.select("message", "sequence", action="word").with_columns(nth)
    theirs = vendor.rows.with_columns(nth).with_row_index("book")
    places = theirs.join(ours, on=[*keys, "nth"]).sort("message")
    places = places.filter(pl.col("message").is_in(list(after)))
    messages = places["message"].cast(pl.Int64).to_numpy()
    levels = vendor.levels[places["book"].to_numpy()]
    levels[..., 0] //= price_divisor
    stops = np.array([after[message] for message in messages.tolist()], np.int64)
    return BookRows(stops, messages, levels, view_limits(levels))


class _Reader:
    """Goes through the rows of one instrument."""

    def __init__(self, rows: "pl.DataFrame") -> None:
        self.rows = [_Row(*row) for row in rows.select(_Row._fields).iter_rows()]
        self.commands = CommandList()
        self.trades: list[tuple[int, ...]] = []
        self.sizes: list[tuple[int, ...]] = []
        self.names: dict[int, str] = {}
        self.after: dict[int, int] = {}
        """Commands up to each message after which the book is at rest."""
        self.resting: dict[int, _Resting] = {}
        self.takers = 0
        self.sweeps, self.booked = _sweeps(self.rows)
        self._go_through()

    def notes(self, *, books_left_out: int) -> tuple[str, ...]:
        """Say what is not compared."""
        trades = sum(row.action == _TRADE for row in self.rows)
        hidden = trades - sum(row.action == _FILL for row in self.rows)
        notes = {
            "trades without a resting fill left out": hidden,
            "books of the vendor left out: between two fills, or behind no row here": books_left_out,
        }
        return tuple(f"{count:,} {what}" for what, count in notes.items() if count > 0)

    def _go_through(self) -> None:
        takes = {
            _ADD: self._add,
            _CANCEL: self._cancel,
            _MODIFY: self._modify,
            _CLEAR: self._clear,
        }
        begun = {sweep.first: sweep for sweep in self.sweeps}
        ended = {sweep.last: sweep for sweep in self.sweeps}
        inside = False
        for row in self.rows:
            if row.message in begun:
                inside = True
                self._sweep(begun[row.message])
            if row.message not in self.booked and row.action in takes:
                takes[row.action](row)
            if row.message in ended:
                inside = False
                self.after[ended[row.message].trade] = len(self.commands)
            if not inside:
                self.after[row.message] = len(self.commands)

    def _add(self, row: _Row) -> None:
        seed = bool(row.flags & _SNAPSHOT)
        command = self.commands.new(
            row.message, row.order, row.side, row.price, row.size, seed=seed
        )
        self.resting[row.order] = _Resting(row.price, row.size)
        if not seed:
            self.sizes.append((row.message, command, row.size))

    def _cancel(self, row: _Row) -> None:
        order = self.resting.get(row.order)
        if order is not None and row.size < order.lots:
            command = self.commands.reduce(row.message, row.order, row.size)
            order.lots -= row.size
        else:
            command = self.commands.cancel(row.message, row.order)
            self.resting.pop(row.order, None)
        self.sizes.append((row.message, command, row.size))

    def _modify(self, row: _Row) -> None:
        order = self.resting.get(row.order)
        if order is None:
            # The vendor's own rule for an order that it has not seen.
            self._add(row)
            return
        if row.price == order.price and row.size < order.lots:
            self.commands.reduce(row.message, row.order, order.lots - row.size)
        else:
            total = KEEP if row.size == order.lots else order.executed + row.size
            self.commands.amend(row.message, row.order, row.price, total)
        order.price, order.lots = row.price, row.size

    def _clear(self, row: _Row) -> None:
        for order in self.resting:
            self.commands.cancel(row.message, order, seed=True)
        self.resting.clear()

    def _sweep(self, sweep: _Sweep) -> None:
        """Send the marketable order that took these fills."""
        side = sweep.fills[0].side
        worst = (min if side == BUY else max)(fill.price for fill in sweep.fills)
        self.takers -= 1
        if sweep.taker:
            self.names[self.takers] = str(sweep.taker)
        command = self.commands.new(
            sweep.first,
            self.takers,
            SELL if side == BUY else BUY,
            worst,
            sum(fill.size for fill in sweep.fills),
            time_in_force=TimeInForce.IOC,
        )
        for fill in sweep.fills:
            terms = fill.order, fill.price, fill.size
            self.trades.append((fill.message, command, self.takers, *terms))
            order = self.resting.get(fill.order)
            if order is None:
                continue
            order.lots -= fill.size
            order.executed += fill.size
            if order.lots <= 0:
                del self.resting[fill.order]


def _sweeps(rows: list[_Row]) -> tuple[list[_Sweep], set[int]]:
    """Find the marketable orders behind the fills, and the rows that only book a fill."""
    sweeps: list[_Sweep] = []
    booked: set[int] = set()
    owed: dict[int, int] = {}
    trade: _Row | None = None
    joining = False
    time = ""
    for row in rows:
        if row.time != time:
            time, trade, joining = row.time, None, False
            owed.clear()
        if row.action == _TRADE:
            trade = row
        elif row.action == _FILL:
            if not joining or row.side != sweeps[-1].fills[0].side:
                sweeps.append(_sweep_of(row, trade))
                joining = True
            sweep = sweeps[-1]
            sweep.fills.append(row)
            sweep.last = row.message
            sweep.trade = row.message if trade is None else trade.message
            owed[row.order] = owed.get(row.order, 0) + row.size
        elif row.action in {_CANCEL, _MODIFY} and owed.get(row.order, 0) > 0:
            booked.add(row.message)
            sweeps[-1].last = row.message
            owed[row.order] -= row.size if row.action == _CANCEL else owed[row.order]
        else:
            # Whatever else a client sends comes between two marketable orders.
            joining = False
    return sweeps, booked


def _sweep_of(fill: _Row, trade: _Row | None) -> _Sweep:
    """Begin a sweep with the trade that stands before its first fill, if one does."""
    if trade is None:
        return _Sweep(fill.message, fill.message, fill.message, 0)
    return _Sweep(trade.message, trade.message, fill.message, trade.order)
