"""LOBSTER: Nasdaq messages with the best levels of the book after each, in a zip or as two CSV files.

The messages show the resting side only. A type 4 message is a fill, so what is sent to the book is the
opposite marketable order that made it: fills of one side at one instant are one immediate-or-cancel order of
all their shares, up to the worst of their prices. Hidden executions (type 5) leave the book alone.
"""

from pathlib import Path

import numpy as np

from sim.matching.codes import TimeInForce
from sim.records.lobster_files import EXECUTED, HIDDEN, REDUCED, SUBMITTED, Day, read_day
from sim.records.record import SIZE, TRADE, BookRows, CommandList, Record, rows_of
from sim.records.scale import Ints
from sim.records.views import BUY, SELL, Mirror, arrange, in_view, narrower, view_limits

_AT_FIRST = -1
"""Stands for the moment before the first message."""


def read_lobster(path: Path, book: Path | None = None) -> Record:
    """Read a day of one stock.

    Parameters
    ----------
    path
        The zip as it is downloaded, or the message file.
    book
        The order book file that goes with a message file; by default the one beside it, `_message_` in its
        name being `_orderbook_`.

    Raises
    ------
    RecordError
        A file is missing, is no such file, or does not go with the other one.
    """
    return _Reader(read_day(path, book)).record()


class _Reader:
    """Goes through the messages of a day."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.samples = np.flatnonzero(day.ends)
        self.limits = view_limits(day.levels[self.samples])
        self.fills = np.flatnonzero(day.groups >= 0)
        self.fill_groups = day.groups[self.fills]
        self.commands = CommandList()
        self.mirror = Mirror()
        self.trades: list[tuple[int, ...]] = []
        self.sizes: list[tuple[int, ...]] = []
        self.after: list[int] = []
        self.last_message = dict(zip(day.orders.tolist(), range(len(day.orders)), strict=True))
        self.named = _named(day, self.limits)
        self.takers: dict[int, tuple[int, int]] = {}
        self.nameless = 0

    def record(self) -> Record:
        """Return the record of the day."""
        day = self.day
        self._messages()
        commands, messages, seeds = self.commands.arrays()
        hidden = int(np.count_nonzero(day.types == HIDDEN))
        others = int(np.count_nonzero(day.types > HIDDEN))
        notes = {"hidden executions": hidden, "cross trades and halt notices": others}
        # The first book is where seeds come from; of a later one, so are levels that come into view.
        known = narrower(self.limits[1:], self.limits[:-1])
        return Record(
            name=f"LOBSTER {day.name}",
            source=day.source,
            units=day.units,
            commands=commands,
            messages=messages,
            seeds=seeds,
            trades=rows_of(self.trades, TRADE),
            trade_keys=("command", "maker", "price", "quantity"),
            sizes=rows_of(self.sizes, SIZE),
            books=BookRows(
                np.array(self.after[1:], np.int64),
                self.samples[1:],
                day.levels[self.samples[1:]],
                known,
            ),
            notes=tuple(f"{count:,} {what} left out" for what, count in notes.items() if count),
        )

    def _messages(self) -> None:
        day = self.day
        widened = narrower(self.limits[1:], self.limits[:-1]) != self.limits[1:]
        reveals: dict[int, list[int]] = {}
        for sample, side in np.argwhere(widened).tolist():
            reveals.setdefault(sample + 1, []).append(side)
        reveals |= {sample: [BUY, SELL] for sample in self.named}
        columns = (day.types, day.orders, day.lots, day.prices, day.sides, day.groups, day.ends)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        self._seed()
        for message, (kind, order, lots, price, side, group, end) in enumerate(rows):
            if kind == EXECUTED:
                self._fill(message, group, order, lots, price, side)
            elif kind < EXECUTED:
                self._command(message, kind, order, lots, price, side)
            if end:
                sample = len(self.after)
                for widened_side in reveals.get(sample, ()):
                    self._reveal(sample, message, widened_side)
                self.after.append(len(self.commands))

    def _command(
        self, message: int, kind: int, order: int, lots: int, price: int, side: int
    ) -> None:
        """Take a message that says what a client sent."""
        if kind == SUBMITTED:
            command = self.commands.new(message, order, side, price, lots)
            self.mirror.level(side, price)[order] = lots
        else:
            if kind == REDUCED:
                command = self.commands.reduce(message, order, lots)
            else:
                command = self.commands.cancel(message, order)
            self.mirror.take(side, price, order, lots)
        self.sizes.append((message, command, lots))

    def _fill(self, message: int, group: int, order: int, lots: int, price: int, side: int) -> None:
        """Take a fill; before the first of its group, send the order that made them all."""
        if group not in self.takers:
            fills = self.fills[slice(*np.searchsorted(self.fill_groups, (group, group + 1)))]
            prices = self.day.prices[fills]
            self.nameless -= 1
            command = self.commands.new(
                message,
                self.nameless,
                SELL if side == BUY else BUY,
                int(prices.min() if side == BUY else prices.max()),
                int(self.day.lots[fills].sum()),
                time_in_force=TimeInForce.IOC,
            )
            self.takers[group] = command, self.nameless
        self.trades.append((message, *self.takers[group], order, price, lots))
        self.mirror.take(side, price, order, lots)

    def _seed(self) -> None:
        """Enter what the first book shows, as it was before the messages that led to it."""
        day, end = self.day, int(self.samples[0])
        shown = [dict[int, int](), dict[int, int]()]
        for side in (BUY, SELL):
            shown[side] = {price: lots for price, lots in day.levels[end, side].tolist() if lots}
        for message in range(end + 1):
            kind, lots = int(day.types[message]), int(day.lots[message])
            side, price = int(day.sides[message]), int(day.prices[message])
            if kind <= EXECUTED:
                change = -lots if kind == SUBMITTED else lots
                shown[side][price] = shown[side].get(price, 0) + change
        for side in (BUY, SELL):
            for price, lots in shown[side].items():
                self._arrange(_AT_FIRST, 0, side, price, lots)

    def _reveal(self, sample: int, message: int, side: int) -> None:
        """Enter what has come into view on a side with a book row."""
        before, now = self.limits[sample - 1 : sample + 1, side].tolist()
        shown = {
            price: lots
            for price, lots in self.day.levels[message, side].tolist()
            if lots and not in_view(side, price, before)
        }
        prices = {*shown, *self.mirror.between(side, before, now)}
        prices |= {price for at, price in self.named.get(sample, ()) if at == side}
        for price in sorted(prices):
            unseen = in_view(side, price, before) or not in_view(side, price, now)
            self._arrange(sample, message, side, price, None if unseen else shown.get(price, 0))

    def _arrange(self, sample: int, message: int, side: int, price: int, shown: int | None) -> None:
        """Make a level what is shown; None where only the orders are known that messages name later."""
        level = self.mirror.level(side, price)
        named = self.named.get(sample, {}).get((side, price), {})
        if shown is None:
            shown = sum(level.values()) + sum(named.values())
        leaving, entering = arrange(
            level, named, lambda order: self.last_message[order] > message, shown
        )
        for order in leaving:
            self.commands.cancel(message, order, seed=True)
            del level[order]
        for order, lots in entering:
            if not order:
                self.nameless -= 1
            self.commands.new(message, order or self.nameless, side, price, lots, seed=True)
            level[order or self.nameless] = lots


_Named = dict[int, dict[tuple[int, int], dict[int, int]]]


def _named(day: Day, limits: Ints) -> _Named:
    """Find the orders that messages name though none submits them, and since when they must have rested.

    Returns
    -------
    dict
        Place of a book row among those compared, side and price, order: lots. An order stands at the row at
        which its price came into view for the last time before the first message that names it.
    """
    sample_of: Ints = np.cumsum(day.ends) - day.ends
    submitted = set(day.orders[day.types == SUBMITTED].tolist())
    visible = np.flatnonzero((day.types > SUBMITTED) & (day.types <= EXECUTED))
    found: _Named = {}
    seen: dict[int, tuple[int, int, int]] = {}
    for message in visible.tolist():
        order = int(day.orders[message])
        if order in submitted:
            continue
        side, price, lots = (int(column[message]) for column in (day.sides, day.prices, day.lots))
        if order not in seen:
            earlier = limits[: sample_of[message], side]
            unseen = np.flatnonzero(earlier > price if side == BUY else earlier < price)
            came = int(unseen[-1]) + 1 if len(unseen) else _AT_FIRST
            # At the latest it is there when the message comes.
            seen[order] = min(came, int(sample_of[message]) - 1), side, price
        came, side, price = seen[order]
        level = found.setdefault(came, {}).setdefault((side, price), {})
        level[order] = level.get(order, 0) + lots
    return found
