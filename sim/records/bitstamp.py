"""Bitstamp's live channels as they were logged: a time of arrival, a kind and a JSON object a line.

    1430438404518 order_created {"price": "236.47", "amount": "2.0", "id": 65595247, "order_type": 0, ...}

`order_created` and the `order_deleted` of a remainder are what clients sent. `order_changed` is a fill, unless
the price changes: then the exchange has moved a market order to the next price, and so is the order here.
Trades name no orders, and the channels arrive each at its own pace.
"""

import json
import lzma
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.records.errors import RecordError, Source
from sim.records.record import SIZE, TRADE, BookRows, CommandList, Record, rows_of
from sim.records.scale import Units, lots_of
from sim.records.views import BUY, SELL, narrower, view_limits

_LINE = re.compile(r"(\d+) (\w+) (\{.*\})\s*$")
_ORDER_KINDS = ("order_created", "order_changed", "order_deleted")
KINDS = (*_ORDER_KINDS, "trade", "order_book")
_CREATED, _CHANGED, _DELETED = _ORDER_KINDS
UNITS = Units(price_decimals=2, size_decimals=8)
_XZ = b"\xfd7zXZ\x00"


class _OrderMessage(NamedTuple):
    """What the order channel says of one order."""

    message: int
    kind: str
    order: int
    side: int
    price: int
    lots: int
    """What is open: of a deleted order what was cancelled, and 0 if it was filled."""


class _TradeMessage(NamedTuple):
    """What the trade channel says."""

    message: int
    price: int
    lots: int


class _BookMessage(NamedTuple):
    """What the book channel shows: price and lots of the best levels, bids and asks."""

    message: int
    sides: tuple[list[tuple[int, int]], list[tuple[int, int]]]


_Message = _OrderMessage | _TradeMessage | _BookMessage


def read_bitstamp(path: Path) -> Record:
    """Read a log, as text or compressed with xz.

    Raises
    ------
    RecordError
        A line is no such message.
    """
    source = Source(path, 1)
    messages = _parsed(_lines(path), source)
    if not messages:
        raise RecordError(f"{path}: the file is empty")
    reader = _Reader(messages)
    commands, places, seeds = reader.commands.arrays()
    return Record(
        name="Bitstamp",
        source=source,
        units=UNITS,
        commands=commands,
        messages=places,
        seeds=seeds,
        trades=rows_of(reader.trades, TRADE),
        trade_keys=("price", "quantity"),
        sizes=rows_of(reader.sizes, SIZE),
        books=reader.books(),
        notes=reader.notes(),
    )


def _lines(path: Path) -> list[str]:
    content = path.read_bytes()
    try:
        if content.startswith(_XZ):
            content = lzma.decompress(content)
        return content.decode().splitlines()
    except (lzma.LZMAError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read as text or as xz: {error}") from error


def _parsed(lines: Iterable[str], source: Source) -> list[_Message]:
    messages: list[_Message] = []
    problems: list[tuple[int, str]] = []
    for place, line in enumerate(lines):
        try:
            messages.append(_message(place, line))
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            problems.append((place, _reason(error)))
    source.refuse(problems)
    return messages


def _message(place: int, line: str) -> _Message:
    """Read one line.

    Raises
    ------
    ValueError, KeyError, TypeError, ArithmeticError
        It is no such line.
    """
    parts = _LINE.match(line)
    if parts is None or parts[2] not in KINDS:
        raise ValueError(f"expected a time, one of {', '.join(KINDS)}, and a JSON object")
    fields: dict[str, Any] = json.loads(parts[3])
    if parts[2] == "order_book":
        bids, asks = ([_level(*level) for level in fields[side]] for side in ("bids", "asks"))
        return _BookMessage(place, (bids, asks))
    price, lots = _level(fields["price"], fields["amount"])
    if parts[2] == "trade":
        return _TradeMessage(place, price, lots)
    side = fields["order_type"]
    if side not in {BUY, SELL}:
        raise ValueError(f"expected order_type 0 (buy) or 1 (sell), got {side!r}")
    return _OrderMessage(place, parts[2], int(fields["id"]), side, price, lots)


def _level(price: str | float, amount: str | float) -> tuple[int, int]:
    # A float is written as the shortest number that gives it, which is the exchange's own.
    ticks = _whole(str(price), UNITS.price_decimals)
    lots = _whole(str(amount), UNITS.size_decimals)
    if ticks is None or lots is None:
        raise ValueError(f"{price} x {amount} has too many decimal places")
    return ticks, lots


@lru_cache(maxsize=65_536)
def _whole(number: str, decimals: int) -> int | None:
    # Most of a book is the same in the next one.
    return lots_of(Decimal(number), decimals)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the message has no {error.args[0]}"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON object: {error.msg}"
    if isinstance(error, ArithmeticError):
        return "expected a number as price and as amount"
    return str(error)


class _Reader:
    """Goes through the messages of a log."""

    def __init__(self, messages: list[_Message]) -> None:
        self.commands = CommandList()
        self.sizes: list[tuple[int, ...]] = []
        self.trades = [
            (row.message, -1, 0, 0, row.price, row.lots)
            for row in messages
            if isinstance(row, _TradeMessage)
        ]
        self.shown: list[_BookMessage] = []
        self.after: list[int] = []
        self.repriced: set[int] = set()
        self.last: dict[int, _OrderMessage] = {}
        self.executed: dict[int, int] = {}
        self.orders = [row for row in messages if isinstance(row, _OrderMessage)]
        self.created = {row.order: row.message for row in self.orders if row.kind == _CREATED}
        self._seed(messages)
        for row in messages:
            if isinstance(row, _OrderMessage):
                self._order(row)
            elif isinstance(row, _BookMessage):
                self.shown.append(row)
                self.after.append(len(self.commands))

    def notes(self) -> tuple[str, ...]:
        """Say what was assumed."""
        if not self.repriced:
            return ()
        return (f"{len(self.repriced):,} market orders were moved on by the exchange itself",)

    def books(self) -> BookRows | None:
        """Return the books after the first, which is where seeds come from."""
        if len(self.shown) < 2:
            return None
        depth = max(len(side) for row in self.shown for side in row.sides)
        levels = np.zeros((len(self.shown), 2, depth, 2), np.int64)
        for place, row in enumerate(self.shown):
            for side, rows in enumerate(row.sides):
                levels[place, side, : len(rows)] = np.array(rows, np.int64).reshape(-1, 2)
        limits = view_limits(levels)
        # Below the first book's last level rest orders that nobody has seen.
        return BookRows(
            np.array(self.after[1:], np.int64),
            np.array([row.message for row in self.shown[1:]], np.int64),
            levels[1:],
            narrower(limits[1:], limits[0]),
        )

    def _order(self, row: _OrderMessage) -> None:
        before = self.last.get(row.order)
        self.last[row.order] = row
        if row.kind == _CREATED:
            self.commands.new(row.message, row.order, row.side, row.price, row.lots)
            if before is not None and before.lots:
                # The cancel has overtaken the order on its way here.
                self._cancel(row.message, before)
        elif before is not None and row.price != before.price and row.kind == _CHANGED:
            self.repriced.add(row.order)
            total = self.executed.get(row.order, 0) + row.lots
            self.commands.amend(row.message, row.order, row.price, total)
        elif row.kind == _DELETED and row.lots:
            known = row.order not in self.created or before is not None
            if known and (before is None or before.kind != _DELETED):
                self._cancel(row.message, row)
        elif before is not None and row.lots < before.lots:
            self.executed[row.order] = self.executed.get(row.order, 0) + before.lots - row.lots

    def _cancel(self, message: int, row: _OrderMessage) -> None:
        command = self.commands.cancel(message, row.order)
        self.sizes.append((message, command, row.lots))

    def _seed(self, messages: list[_Message]) -> None:
        """Enter the orders that rested before: those the log names, then what else the first book shows."""
        named: dict[int, _OrderMessage] = {}
        for row in self.orders:
            if row.order not in self.created and row.order not in named:
                named[row.order] = row._replace(lots=row.lots + self._first_fill(row))
        for order in sorted(named):
            row = named[order]
            if row.lots:
                self.commands.new(row.message, order, row.side, row.price, row.lots, seed=True)
        first = next((row for row in messages if isinstance(row, _BookMessage)), None)
        if first is None:
            return
        known = self._known_at(first.message, named)
        nameless = 0
        for side, levels in enumerate(first.sides):
            for price, lots in levels:
                rest = lots - known.get((side, price), 0)
                if rest > 0:
                    nameless -= 1
                    self.commands.new(first.message, nameless, side, price, rest, seed=True)

    def _first_fill(self, row: _OrderMessage) -> int:
        """Return the lots of the fill that an order's first message tells of, if it does."""
        if row.kind == _DELETED and row.lots:
            return 0
        fills = (
            lots
            for message, *_, price, lots in self.trades
            if price == row.price and message > row.message
        )
        return next(fills, 0)

    def _known_at(
        self, message: int, named: dict[int, _OrderMessage]
    ) -> dict[tuple[int, int], int]:
        """Return the lots of each level that the log names, as they are at a message."""
        state = dict(named)
        for row in self.orders:
            if row.message < message:
                state[row.order] = row if row.kind != _DELETED else row._replace(lots=0)
        known: dict[tuple[int, int], int] = {}
        for row in state.values():
            # What is created later is not there yet.
            if row.message < message or row.order in named:
                place = row.side, row.price
                known[place] = known.get(place, 0) + row.lots
        return known
