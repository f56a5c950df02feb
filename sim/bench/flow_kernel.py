"""The compiled loop that turns random columns into commands that make sense at their time.

A cancel names an order that rests, an aggressive order is priced at the best there is: so the loop keeps a
book. It is not the matching core but a table by price, as plain as arrays can be, because its outcome is
what the core's is compared with.

All compiled functions stand in this one file: the folder of compiled kernels is chosen by the simulator's
own sources, and within it numba looks at no file but the function's own.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.bench.columns import Columns
from sim.bench.outcome import Ints
from sim.compiled import kernel

LIMIT, CANCEL, REPLACE, IMMEDIATE, MARKET, REDUCE = range(6)
BUY, SELL = 0, 1

FILLS, TRADED, NOTIONAL = range(3)
_FACTOR = np.uint64(1_000_003)
_LOOKED_AT = 8
_RECENT = 2_000
_FEWEST = 50
_LEAST_PRICE = 1


class Shape(NamedTuple):
    """Scalars of a flow that the loop needs."""

    limit_share: float
    cancel_bound: float
    """Sums of the shares: below this a command is a cancel, and so on."""
    replace_bound: float
    aggressive_bound: float
    first_middle: int
    commands_per_step: int
    wanted_orders: int
    filling_commands: int


class Book(NamedTuple):
    """Orders by id and levels by price; order ids begin at 1, so 0 is no order."""

    side: Ints
    price: Ints
    open: Ints
    executed: Ints
    """Lots an order has traded in all."""
    earlier: Ints
    """Neighbours in the level's queue."""
    later: Ints
    first: Ints
    """Shape (2, prices): ends of each level's queue."""
    last: Ints
    best: Ints
    """Shape (2,); meaningless while a side has no levels."""
    levels: Ints
    """Shape (2,)."""
    alive: Ints
    """Resting orders in no order, and where in here each one is (-1: nowhere)."""
    place: Ints
    counts: Ints
    """Orders alive, orders issued so far that rested, filled makers of the present command."""
    issued: Ints
    filled: Ints
    totals: Ints
    """Fills, traded lots, notional."""
    checksum: npt.NDArray[np.uint64]


ALIVE, ISSUED, FILLED = range(3)


class Rows(NamedTuple):
    """Commands, a column each of shape (commands,)."""

    operation: Ints
    order: Ints
    side: Ints
    price: Ints
    lots: Ints
    """Asked open lots; 0 for a cancel."""
    executed: Ints
    """Lots that the order had traded before the command."""
    reduced_by: Ints
    """Lots that a reduction takes off."""


def new_book(orders: int, prices: int) -> Book:
    """Return an empty book for order ids up to `orders` and prices below `prices`."""

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    size = orders + 1
    return Book(
        side=zeros(size),
        price=zeros(size),
        open=zeros(size),
        executed=zeros(size),
        earlier=zeros(size),
        later=zeros(size),
        first=zeros(2, prices),
        last=zeros(2, prices),
        best=zeros(2),
        levels=zeros(2),
        alive=zeros(size),
        place=np.full(size, -1, np.int64),
        counts=zeros(3),
        issued=zeros(size),
        filled=zeros(size),
        totals=zeros(3),
        checksum=np.zeros(1, np.uint64),
    )


@kernel
def _rest(book: Book, order: int, side: int, price: int, lots: int) -> None:
    """Put an order at the end of its level's queue."""
    if price >= book.first.shape[1]:
        raise IndexError("a price left the range that was made for it")
    book.side[order] = side
    book.price[order] = price
    book.open[order] = lots
    last = book.last[side, price]
    book.earlier[order] = last
    book.later[order] = 0
    book.last[side, price] = order
    if last:
        book.later[last] = order
        return
    book.first[side, price] = order
    best = book.best[side]
    if not book.levels[side] or (price > best if side == BUY else price < best):
        book.best[side] = price
    book.levels[side] += 1


@kernel
def _unlink(book: Book, order: int) -> None:
    """Take an order out of its level's queue; an emptied best level gives way to the next."""
    side, price = book.side[order], book.price[order]
    earlier, later = book.earlier[order], book.later[order]
    if earlier:
        book.later[earlier] = later
    else:
        book.first[side, price] = later
    if later:
        book.earlier[later] = earlier
    else:
        book.last[side, price] = earlier
    if earlier or later:
        return
    book.levels[side] -= 1
    if book.levels[side] and price == book.best[side]:
        step = -1 if side == BUY else 1
        while not book.first[side, price]:
            price += step
        book.best[side] = price


@kernel
def _is_born(book: Book, order: int) -> None:
    book.place[order] = book.counts[ALIVE]
    book.alive[book.counts[ALIVE]] = order
    book.counts[ALIVE] += 1


@kernel
def _is_gone(book: Book, order: int) -> None:
    """Take an order off the living; the last of them moves to its place."""
    book.counts[ALIVE] -= 1
    moved = book.alive[book.counts[ALIVE]]
    place = book.place[order]
    book.alive[place] = moved
    book.place[moved] = place
    book.place[order] = -1


@kernel
def _take(book: Book, order: int, side: int, price: int, lots: int) -> int:
    """Trade with the other side up to a price, 0 for any; returns the lots that are left."""
    other = 1 - side
    while lots and book.levels[other]:
        best = book.best[other]
        if price and (best > price if side == BUY else best < price):
            break
        maker = book.first[other, best]
        fill = min(lots, book.open[maker])
        lots -= fill
        book.open[maker] -= fill
        book.executed[maker] += fill
        book.executed[order] += fill
        book.totals[FILLS] += 1
        book.totals[TRADED] += fill
        book.totals[NOTIONAL] += fill * best
        book.checksum[0] = book.checksum[0] * _FACTOR + np.uint64(
            maker * 8191 + order * 127 + best * 31 + fill
        )
        if not book.open[maker]:
            _unlink(book, maker)
            book.filled[book.counts[FILLED]] = maker
            book.counts[FILLED] += 1
    return lots


@kernel
def _chosen(book: Book, pick: float, recent: bool) -> int:
    """Choose a resting order: one issued lately, if asked and found, else any."""
    order: int = book.alive[int(pick * book.counts[ALIVE])]
    issued = book.counts[ISSUED]
    if recent:
        for back in range(_LOOKED_AT):
            age = int(pick * min(_RECENT, issued) + back) % issued
            late = book.issued[issued - 1 - age]
            if book.place[late] >= 0:
                order = late
                break
    return order


@kernel
def _operation(book: Book, shape: Shape, kind: float, index: int) -> int:
    """Choose what a command does; the share of limit orders leans towards the wanted number."""
    alive = book.counts[ALIVE]
    lean = (shape.wanted_orders - alive) / shape.wanted_orders * 0.1
    lean = max(-0.05, min(0.05, lean))
    if index < shape.filling_commands or alive < _FEWEST or kind < shape.limit_share + lean:
        return LIMIT
    if kind < shape.cancel_bound:
        return CANCEL
    if kind < shape.replace_bound:
        return REPLACE
    return IMMEDIATE if kind < shape.aggressive_bound else MARKET


@kernel
def _amend(book: Book, rows: Rows, columns: Columns, index: int, order: int, middle: int) -> None:
    """Take lots off an order in place, or give it another price and other lots."""
    side, price, lots = book.side[order], book.price[order], book.open[order]
    rows.order[index] = order
    rows.side[index] = side
    rows.executed[index] = book.executed[order]
    if columns.reduces[index] and lots > 1:
        left = 1 + int(columns.pick[index] * 1e6) % (lots - 1)
        book.open[order] = left
        rows.operation[index] = REDUCE
        rows.price[index] = price
        rows.lots[index] = left
        rows.reduced_by[index] = lots - left
        return
    _unlink(book, order)
    _is_gone(book, order)
    towards = -1 if side == BUY else 1
    new_price = max(_LEAST_PRICE, middle + towards * columns.depth_ticks[index])
    if new_price == price:
        new_price = max(_LEAST_PRICE, price + towards)
    new_lots = columns.passive_lots[index]
    rows.operation[index] = REPLACE
    rows.price[index] = new_price
    rows.lots[index] = new_lots
    left = _take(book, order, side, new_price, new_lots)
    if left:
        _rest(book, order, side, new_price, left)
        _is_born(book, order)


@kernel
def _enter(
    book: Book, rows: Rows, columns: Columns, index: int, order: int, operation: int, middle: int
) -> None:
    """Enter a new order: passive, aggressive or market."""
    side = columns.side[index]
    towards = -1 if side == BUY else 1
    if operation == LIMIT:
        price = max(_LEAST_PRICE, middle + towards * columns.depth_ticks[index])
        lots = columns.passive_lots[index]
    elif operation == IMMEDIATE:
        best = book.best[1 - side] if book.levels[1 - side] else middle
        price = max(_LEAST_PRICE, best - towards * columns.ticks_through[index])
        lots = columns.aggressive_lots[index]
        if not columns.immediate[index]:
            operation = LIMIT
    else:
        price = 0
        lots = columns.market_lots[index]
    rows.operation[index] = operation
    rows.order[index] = order
    rows.side[index] = side
    rows.price[index] = price
    rows.lots[index] = lots
    left = _take(book, order, side, price, lots)
    if left and operation == LIMIT:
        _rest(book, order, side, price, left)
        _is_born(book, order)
        book.issued[book.counts[ISSUED]] = order
        book.counts[ISSUED] += 1


@kernel
def run_flow(book: Book, rows: Rows, columns: Columns, shape: Shape) -> None:
    """Make the first commands of a flow, as many as the rows are long."""
    middle = shape.first_middle
    lowest, highest = shape.first_middle // 4, shape.first_middle * 4
    next_order = 1
    for index in range(len(rows.order)):
        if index % shape.commands_per_step == 0:
            middle += columns.step_ticks[index]
        if columns.jumps[index]:
            jumped = int(middle * (1.0 + columns.jump[index]))
            middle = max(lowest, min(highest, jumped))
        operation = _operation(book, shape, columns.kind[index], index)
        if operation in (CANCEL, REPLACE):
            order = _chosen(book, columns.pick[index], columns.recent[index])
            if operation == CANCEL:
                rows.operation[index] = CANCEL
                rows.order[index] = order
                rows.side[index] = book.side[order]
                rows.price[index] = book.price[order]
                _unlink(book, order)
                _is_gone(book, order)
            else:
                _amend(book, rows, columns, index, order, middle)
        else:
            _enter(book, rows, columns, index, next_order, operation, middle)
            next_order += 1
        for place in range(book.counts[FILLED]):
            _is_gone(book, book.filled[place])
        book.counts[FILLED] = 0
